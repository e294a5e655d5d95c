/**
 * Counted supply: so many pages and no more (mm/page_alloc.c, Linux 6.12). An allocation tries, wakes kswapd, reclaims, tries
 * again, asks the OOM killer, and so on until somebody has freed a page, but for requests that may fail:
 *
 * - without `__GFP_DIRECT_RECLAIM` (GFP_ATOMIC, GFP_NOWAIT) it fails at once; with `__GFP_HIGH` it takes a page of the reserve first
 *   (`__zone_watermark_ok`);
 * - with `__GFP_NORETRY` it fails after the first reclaim, with `__GFP_RETRY_MAYFAIL` when reclaim has found nothing, and neither
 *   asks the OOM killer; with `__GFP_NOFAIL` it never fails;
 * - without `__GFP_FS` the OOM killer does nothing (`out_of_memory`): somebody else may still be able to reclaim.
 *
 * One pass of reclaim stands for all priorities: what blocks in one blocks in the first.
 */
import {
  __GFP_DIRECT_RECLAIM,
  __GFP_FS,
  __GFP_HIGH,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
} from '@scopemask/allocator'
import type { Machine, Operation, Steps } from '@scopemask/checker/machine'
import type { Variable } from '../data/variable.js'
import type { OomKiller } from './oom-killer.js'
import type { Reclaimer, Supply } from './supply.js'

/** What a request that has come to an end came to. */
const ALLOCATED = 1
const FAILED = 2

export class CountedSupply implements Supply {
  readonly pressure = null
  readonly #free: Variable
  readonly #slowpath: (gfp: number) => Steps<number>

  /** @param reserve pages that only requests with `__GFP_HIGH` get. */
  constructor(
    machine: Machine,
    { free, reserve }: { readonly free: Variable; readonly reserve: Variable },
    reclaimer: Reclaimer,
    oomKiller: OomKiller,
  ) {
    this.#free = free
    const take = free.takeOne('rmqueue')
    const takeReserve = reserve.takeOne('rmqueue_reserve')
    this.#slowpath = machine.procedure(
      '__alloc_pages_slowpath',
      (gfp: number) => round(gfp, take, takeReserve, reclaimer, oomKiller),
      { loop: true },
    ) as (gfp: number) => Steps<number>
  }

  *alloc(gfp: number): Steps<boolean> {
    return (yield* this.#slowpath(gfp)) === ALLOCATED
  }

  *free(): Steps<void> {
    yield* this.#free.add(1)
  }
}

/** One round of the slow path. */
function* round(
  gfp: number,
  take: Operation,
  takeReserve: Operation,
  { reclaim, wakeKswapd }: Reclaimer,
  oomKiller: OomKiller,
): Steps<number | undefined> {
  const has = (flag: number): boolean => (gfp & flag) !== 0
  if ((yield* take) === 1) return ALLOCATED
  yield* wakeKswapd(gfp)
  if (has(__GFP_HIGH) && (yield* takeReserve) === 1) return ALLOCATED
  if (!has(__GFP_DIRECT_RECLAIM)) return FAILED
  yield* reclaim(gfp)
  if ((yield* take) === 1) return ALLOCATED
  if (has(__GFP_NORETRY | __GFP_RETRY_MAYFAIL) && !has(__GFP_NOFAIL)) return FAILED
  if (has(__GFP_FS)) yield* oomKiller.outOfMemory()
  return undefined
}
