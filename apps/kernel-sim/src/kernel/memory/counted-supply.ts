/**
 * Counted supply: so many pages and no more (mm/page_alloc.c, Linux 6.12). An allocation tries, wakes kswapd, reclaims, tries
 * again, asks the OOM killer, and so on until somebody has freed a page, but for requests that may fail:
 *
 * - without `__GFP_DIRECT_RECLAIM` (GFP_ATOMIC, GFP_NOWAIT) it fails at once; with `__GFP_HIGH` it takes a page of the reserve first
 *   (`__zone_watermark_ok`);
 * - with `__GFP_NORETRY` it fails after the first reclaim, with `__GFP_RETRY_MAYFAIL` when reclaim has found nothing, and neither
 *   asks the OOM killer; with `__GFP_NOFAIL` it never fails;
 * - without `__GFP_FS` the OOM killer does nothing (`__alloc_pages_may_oom`): somebody else may still be able to reclaim.
 */
import {
  __GFP_DIRECT_RECLAIM,
  __GFP_FS,
  __GFP_HIGH,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
} from '@scopemask/allocator'
import {
  BLOCKED,
  type Field,
  type Machine,
  type Operation,
  type Steps,
} from '@scopemask/checker/machine'
import type { Pressure } from '../cause.js'
import { KernelOperation } from '../operation.js'
import type { OomKiller } from './oom-killer.js'
import type { Reclaimer, Supply } from './supply.js'

/** What a request that has come to an end came to. */
const ALLOCATED = 1
const FAILED = 2

/** Whether there was a page. */
const NONE = 0
const TAKEN = 1
const RESULTS = ['none is left', 'taken']

/** The outcome in which a request is given a page that nobody loses: only in a search for a cause. */
const SPARED = 1

/** How much there is at first. */
export interface PageCounts {
  readonly free: number
  /** Pages that only requests with `__GFP_HIGH` get. */
  readonly reserve: number
}

export class CountedSupply implements Supply {
  readonly isCounted = true
  readonly pressure: Pressure
  readonly #add: Operation
  readonly #slowpath: (gfp: number) => Steps<number>
  #canSpare = false

  constructor(machine: Machine, counts: PageCounts, reclaimer: Reclaimer, oomKiller: OomKiller) {
    const object = machine.object('free pages')
    const free = machine.field(object, 'count', counts.free)
    const kept = machine.object('reserve')
    const reserve = machine.field(kept, 'count', counts.reserve)
    const take = new KernelOperation({
      name: 'rmqueue',
      object,
      outcomes: 2,
      results: RESULTS,
      wakes: true,
      attempt: (row, _task, outcome) => {
        if (outcome === SPARED) return this.#canSpare ? TAKEN : BLOCKED
        return takeOne(free, row)
      },
    })
    const takeReserve = new KernelOperation({
      name: 'rmqueue_reserve',
      object: kept,
      results: RESULTS,
      attempt: (row) => takeOne(reserve, row),
    })
    this.#add = new KernelOperation({
      name: 'free_pages',
      object,
      wakes: true,
      attempt: (row) => {
        free.set(row, free.get(row) + 1)
        return 0
      },
    })
    this.pressure = {
      operation: take,
      result: NONE,
      // Elsewhere memory is left open meanwhile: who tried again for ever there would hide that others wait for ever.
      allows: (outcome, isSpared) => !isSpared || outcome === SPARED,
      sparing: (search) => {
        this.#canSpare = true
        try {
          return search()
        } finally {
          this.#canSpare = false
        }
      },
    }
    this.#slowpath = machine.procedure(
      '__alloc_pages_slowpath',
      (gfp: number) => round(gfp, { take, takeReserve, oomKiller }, reclaimer),
      { loop: true },
    ) as (gfp: number) => Steps<number>
  }

  *alloc(gfp: number): Steps<boolean> {
    return (yield* this.#slowpath(gfp)) === ALLOCATED
  }

  *free(): Steps<void> {
    yield* this.#add
  }
}

function takeOne(count: Field, row: Int32Array): number {
  const left = count.get(row)
  if (left === 0) return NONE
  count.set(row, left - 1)
  return TAKEN
}

/** Where a request may find a page. */
interface Sources {
  readonly take: Operation
  readonly takeReserve: Operation
  readonly oomKiller: OomKiller
}

/** One round of the slow path. */
function* round(
  gfp: number,
  { take, takeReserve, oomKiller }: Sources,
  { reclaim, wakeKswapd }: Reclaimer,
): Steps<number | undefined> {
  const has = (flag: number): boolean => (gfp & flag) !== 0
  if ((yield* take) === TAKEN) return ALLOCATED
  yield* wakeKswapd(gfp)
  if (has(__GFP_HIGH) && (yield* takeReserve) === TAKEN) return ALLOCATED
  if (!has(__GFP_DIRECT_RECLAIM)) return FAILED
  yield* reclaim(gfp)
  if ((yield* take) === TAKEN) return ALLOCATED
  if (has(__GFP_NORETRY | __GFP_RETRY_MAYFAIL) && !has(__GFP_NOFAIL)) return FAILED
  if (has(__GFP_FS)) yield* oomKiller.outOfMemory()
  return undefined
}
