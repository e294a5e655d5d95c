/** Cost: what a repair takes away: the allocations that may no longer enter the filesystem or start I/O; and the threads it adds. */
import type { Machine } from '@scopemask/checker/machine'
import { type Named, stackOf } from './describe.js'
import type { PartSet } from './part.js'
import type { Requests } from './requests.js'

/** An allocation that loses a flag. */
export interface Loss {
  /** The procedures, innermost first. */
  readonly stack: readonly Named[]
  readonly flag: '__GFP_FS' | '__GFP_IO'
  /** True if each of its requests does; otherwise some keep it. */
  readonly always: boolean
}

export interface Cost {
  readonly losses: readonly Loss[]
  /** Queues and rescuers that there are only for it. */
  readonly queues: number
  readonly rescuers: number
  /** How many parts it has. */
  readonly parts: number
}

/** @param before what allocations asked for without the repair, and `after` with it, by path. */
export function costOf(
  machine: Machine,
  set: PartSet,
  before: ReadonlyMap<string, Requests>,
  after: ReadonlyMap<string, Requests>,
): Cost {
  const losses = [...after].flatMap(([path, now]) => {
    const old = before.get(path)
    const stack = stackOf(machine, now.path)
    const lost: Loss[] = []
    if (now.withoutFs && (old?.withFs ?? true) && !(old?.withoutFs && now.withFs)) {
      lost.push({ stack, flag: '__GFP_FS', always: !now.withFs })
    }
    if (now.withoutIo && (old?.withIo ?? true) && !(old?.withoutIo && now.withIo)) {
      lost.push({ stack, flag: '__GFP_IO', always: !now.withIo })
    }
    return lost
  })
  const of = (kind: string) => set.parts.filter(({ place }) => place.kind === kind)
  const own = of('own-queue')
  return {
    losses,
    queues: own.length,
    rescuers: of('rescuer').length + own.filter(({ strength }) => strength === 2).length,
    parts: set.parts.length,
  }
}

/**
 * Orders costs, the cheapest first: by how many allocations lose a flag (one that keeps it for some of its requests counts half),
 * then by threads, queues, and how much there is to write.
 */
export function compareCosts(a: Cost, b: Cost): number {
  return lost(a) - lost(b) || a.rescuers - b.rescuers || a.queues - b.queues || a.parts - b.parts
}

function lost({ losses }: Cost): number {
  return losses.reduce((sum, { always }) => sum + (always ? 2 : 1), 0)
}
