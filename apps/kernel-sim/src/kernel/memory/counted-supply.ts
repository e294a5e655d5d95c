/**
 * Counted supply: so many pages and no more (mm/page_alloc.c, Linux 6.12). An allocation tries, wakes kswapd, reclaims, tries
 * again, asks the OOM killer, and so on until somebody has freed a page, but for requests that may fail:
 *
 * - without `__GFP_DIRECT_RECLAIM` (GFP_ATOMIC, GFP_NOWAIT) it fails at once; with `__GFP_HIGH` it takes a page of the reserve first
 *   (`__zone_watermark_ok`);
 * - after reclaim it gets back what the processors have on lists of their own (`drain_all_pages`), where something does that;
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
  type Field,
  type Machine,
  Misuse,
  type Operation,
  type Row,
  type Steps,
} from '@scopemask/checker/machine'
import type { Pressure } from '../cause.js'
import { KernelOperation } from '../operation.js'
import type { OomKiller } from './oom-killer.js'
import { NONE, Sparing, TAKEN } from './sparing.js'
import type { Reclaimer, Supply } from './supply.js'

/** What a request that has come to an end came to. */
const ALLOCATED = 1
const FAILED = 2

const RESULTS = ['none is left', 'taken']

/** How much there is at first. */
export interface PageCounts {
  readonly free: number
  /** Pages that only requests with `__GFP_HIGH` get. */
  readonly reserve: number
  /** Pages that each processor has on its list. */
  readonly onCpus: readonly number[]
}

export class CountedSupply implements Supply {
  readonly isCounted = true
  readonly pressure: Pressure
  readonly #add: Operation
  readonly #drainPages: Operation[]
  readonly #slowpath: (gfp: number) => Steps<number>

  constructor(machine: Machine, counts: PageCounts, reclaimer: Reclaimer, oomKiller: OomKiller) {
    const object = machine.object('free pages')
    const free = machine.field(object, 'count', counts.free)
    const kept = machine.object('reserve')
    const reserve = machine.field(kept, 'count', counts.reserve)
    const take = new Sparing({
      name: 'rmqueue',
      object,
      results: RESULTS,
      take: (row) => takeOne(free, row),
    })
    this.pressure = take.pressure
    const takeReserve = new KernelOperation({
      name: 'rmqueue_reserve',
      object: kept,
      results: RESULTS,
      attempt: (row) => (takeOne(reserve, row) ? TAKEN : NONE),
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
    this.#drainPages = counts.onCpus.map((pages, cpu) => {
      const list = machine.object(`pages of CPU ${cpu}`)
      const listed = machine.field(list, 'count', pages)
      return new KernelOperation({
        name: 'free_pcppages_bulk',
        object,
        operands: [list],
        wakes: true,
        attempt: (row) => {
          free.set(row, free.get(row) + listed.get(row))
          listed.set(row, 0)
          return 0
        },
      })
    })
    this.#slowpath = machine.procedure(
      '__alloc_pages_slowpath',
      (gfp: number) => round(gfp, { take: take.operation, takeReserve, oomKiller }, reclaimer),
      { loop: true },
    ) as (gfp: number) => Steps<number>
  }

  *alloc(gfp: number): Steps<boolean> {
    return (yield* this.#slowpath(gfp)) === ALLOCATED
  }

  *free(): Steps<void> {
    yield* this.#add
  }

  *drain(cpu: number): Steps<void> {
    const operation = this.#drainPages[cpu]
    if (operation === undefined) {
      throw new Misuse(
        `CPU ${cpu} has no list of pages: give limitMemory a number of pages for it in onCpus`,
      )
    }
    yield* operation
  }
}

function takeOne(count: Field, row: Row): boolean {
  const left = count.get(row)
  if (left > 0) count.set(row, left - 1)
  return left > 0
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
  { reclaim, wakeKswapd, drain }: Reclaimer,
): Steps<number | undefined> {
  const has = (flag: number): boolean => (gfp & flag) !== 0
  if ((yield* take) === TAKEN) return ALLOCATED
  yield* wakeKswapd(gfp)
  if (has(__GFP_HIGH) && (yield* takeReserve) === TAKEN) return ALLOCATED
  if (!has(__GFP_DIRECT_RECLAIM)) return FAILED
  yield* reclaim(gfp)
  if ((yield* take) === TAKEN) return ALLOCATED
  if (drain !== null) {
    yield* drain()
    if ((yield* take) === TAKEN) return ALLOCATED
  }
  if (has(__GFP_NORETRY | __GFP_RETRY_MAYFAIL) && !has(__GFP_NOFAIL)) return FAILED
  if (has(__GFP_FS)) yield* oomKiller.outOfMemory()
  return undefined
}
