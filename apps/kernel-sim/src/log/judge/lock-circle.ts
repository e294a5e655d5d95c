/**
 * Lock circle: the circle that lockdep reports as steps, and, where memory reclaim is part of it, its two sides: who allocates while holding
 * something, and what reclaim takes.
 */
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
  /** Whether the task that reports is the one that allocates: only its held locks are listed. */
  readonly allocatesNow: boolean
}

/** The pseudo-lock that stands for reclaim which may enter the filesystem. */
const FS_RECLAIM = 'fs_reclaim'

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
    const known = below !== undefined && (i === 0 || below.depth === depth - 1)
    return { holds: known ? below.name : '?', takes: name, stack, line }
  })
}

/** The two sides of reclaim in a circle; undefined where reclaim is not part of it, or one side is missing. */
export function reclaimSidesOf(found: LockdepFound): ReclaimSides | undefined {
  const steps = stepsOf(found)
  const at = steps.findIndex(({ takes }) => takes === FS_RECLAIM)
  if (at < 0 || steps.length < 2) return usageSidesOf(found)
  const around = Array.from(
    { length: steps.length },
    (_, i) => steps[(at + i) % steps.length] as Step,
  )
  const [allocation, entry, ...between] = around as [Step, Step, ...Step[]]
  return { allocation, entry, between, allocatesNow: at === 0 }
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
