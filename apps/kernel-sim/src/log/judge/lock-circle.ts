/**
 * Lock circle: the circle that lockdep reports as steps, and, where memory reclaim is part of it, its two sides: who allocates while holding
 * something, and what reclaim takes.
 */
import { type Frame, parseFrame } from '../../lockdep/frame.js'
import type { LockdepFound } from '../report/report.js'
import type { LogStack } from '../report/stack-lines.js'

/** A lock was taken, at this stack, while another one was held. */
export interface Step {
  readonly holds: string
  readonly takes: string
  readonly stack: LogStack
  /** The line that names the lock. */
  readonly line: number
}

export interface ReclaimSides {
  /** Allocates, and so may reclaim, while it holds a lock. */
  readonly allocation: Step
  /** Takes a lock inside of reclaim. */
  readonly entry: Step
  /** What was taken under the lock of the entry, up to the lock that the allocation holds. */
  readonly between: readonly Step[]
  /** True if the task that reports is the one that allocates: only its held locks are listed. */
  readonly allocatesNow: boolean
}

/** The pseudo-lock that stands for reclaim which may enter the filesystem. */
export const FS_RECLAIM = 'fs_reclaim'

/** The steps of a circle in their order: each takes what the next one holds. */
export function stepsOf({ splat, chainLines }: LockdepFound): Step[] {
  const links = splat.chain.map(({ depth, lock, stack }, i) => ({
    depth,
    name: lock.name,
    line: chainLines[i]?.at ?? 0,
    stack: { frames: stack, lines: chainLines[i]?.stack ?? [] },
  }))
  links.sort((a, b) => a.depth - b.depth)
  return links.map(({ name, line, stack, depth }, i) => {
    const below = i === 0 ? links.at(-1) : links[i - 1]
    const known = below !== undefined && (i === 0 ? links.length > 1 : below.depth === depth - 1)
    return { holds: known ? below.name : '?', takes: name, stack, line }
  })
}

/** The two sides of reclaim in a circle; undefined where reclaim is not part of it, or one side is missing. */
export function reclaimSidesOf(found: LockdepFound): ReclaimSides | undefined {
  const steps = stepsOf(found)
  const at = steps.findIndex(({ takes }) => takes === FS_RECLAIM)
  if (at < 0 || steps.length < 2) return usageSidesOf(found) ?? inversionSidesOf(found)
  const around = Array.from(
    { length: steps.length },
    (_, i) => steps[(at + i) % steps.length] as Step,
  )
  const [allocation, entry, ...between] = around as [Step, Step, ...Step[]]
  return { allocation, entry, between, allocatesNow: at === 0 }
}

function stepAt(
  { holds, takes }: Pick<Step, 'holds' | 'takes'>,
  frames: readonly Frame[],
  line: number,
): Step {
  return { holds, takes, stack: { frames, lines: frames.map(() => line) }, line }
}

/** The frames below a line of the usages that reports about interrupts list. */
function stackBelow(details: readonly string[], heading: RegExp): Frame[] {
  const at = details.findIndex((line) => heading.test(line))
  const frames: Frame[] = []
  for (const line of at < 0 ? [] : details.slice(at + 1)) {
    const frame = parseFrame(line)
    if (frame === null) break
    frames.push(frame)
  }
  return frames
}

/** Before 4.14, over more than one lock: the first is taken in reclaim, and the last is held while somebody allocates. */
function inversionSidesOf({ splat, first, last }: LockdepFound): ReclaimSides | undefined {
  const { irq, lock, other, otherIsSafe, order, backtrace, details = [] } = splat
  if (irq !== 'RECLAIM_FS' || lock === undefined) return undefined
  const now = (backtrace?.stack ?? []).filter((frame) => typeof frame !== 'string')
  const inReclaim = stackBelow(details, /IN-RECLAIM_FS|which became RECLAIM_FS-irq-safe/)
  const allocating = stackBelow(details, /RECLAIM_FS-ON|which became RECLAIM_FS-irq-unsafe/)
  const allocates = (holds: string, frames: readonly Frame[], line: number) =>
    stepAt({ holds, takes: FS_RECLAIM }, frames, line)
  const reclaims = (takes: string, frames: readonly Frame[], line: number) =>
    stepAt({ holds: FS_RECLAIM, takes }, frames, line)
  if (order !== undefined) {
    return {
      allocation: allocates(order.unsafe.name, allocating, first),
      entry: reclaims(order.safe.name, inReclaim, first),
      between: [],
      allocatesNow: false,
    }
  }
  if (other === undefined) return undefined
  // The lock has just been taken in reclaim, or has just been held while the task allocates.
  return otherIsSafe
    ? {
        allocation: allocates(lock.name, now, last),
        entry: reclaims(other.name, inReclaim, first),
        between: [],
        allocatesNow: true,
      }
    : {
        allocation: allocates(other.name, allocating, first),
        entry: reclaims(lock.name, now, last),
        between: [],
        allocatesNow: false,
      }
}

/** Before 4.14 reclaim was a usage, as interrupts are: a lock is taken in reclaim, and held while somebody allocates. */
function usageSidesOf({ splat, first, last }: LockdepFound): ReclaimSides | undefined {
  const { usages, registered, backtrace, lock } = splat
  if (usages === undefined || registered === undefined || lock === undefined) return undefined
  if (!usages.every((usage) => usage.includes('RECLAIM_FS'))) return undefined
  const now = (backtrace?.stack ?? []).filter((frame) => typeof frame !== 'string')
  const before = { stack: { frames: registered, lines: registered.map(() => first) }, line: first }
  const current = { stack: { frames: now, lines: now.map(() => last) }, line: last }
  const inReclaimNow = usages[1].startsWith('IN-')
  const [allocates, reclaims] = inReclaimNow ? [before, current] : [current, before]
  return {
    allocation: { holds: lock.name, takes: FS_RECLAIM, ...allocates },
    entry: { holds: FS_RECLAIM, takes: lock.name, ...reclaims },
    between: [],
    allocatesNow: !inReclaimNow,
  }
}
