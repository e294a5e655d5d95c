/**
 * Retry: whether a request that got nothing has hope (mm/page_alloc.c, should_reclaim_retry and should_compact_retry,
 * 6.1.192).
 */
import {
  COMPACT_PRIO_SYNC_FULL,
  COMPACT_PRIO_SYNC_LIGHT,
  COMPACT_SKIPPED,
  COMPACT_SUCCESS,
} from '../compaction/compact-result.js'
import { gfpMigratetype } from '../gfp/migratetype.js'
import { gfpZoneIndex } from '../gfp/zone.js'
import { PAGE_ALLOC_COSTLY_ORDER } from '../pages/per-cpu-pages.js'
import { zoneWatermarkOk } from '../pages/watermark.js'
import type { Zones } from '../pages/zones.js'
import { MAX_RECLAIM_RETRIES } from '../reclaim/throttle.js'
import type { Vmscan } from '../reclaim/vmscan.js'
import { COMPACT_RETRY, COMPACT_RETRY_HARDER } from './steps.js'

/** So often a block may be made and lost to others, before compaction tries harder; a quarter for costly orders. */
const MAX_COMPACT_RETRIES = 16

/** Where a request looks for its block. */
interface Wanted {
  readonly gfp: number
  readonly node: number
  readonly order: number
  /** A bit per node that would help; by default all. */
  readonly nodemask?: number | undefined
  /** The alloc flags of the last search: which reserves would help. */
  readonly allocFlags: number
}

export class RetryPolicy {
  readonly #zones: Zones
  readonly #vmscan: Vmscan

  constructor(zones: Zones, vmscan: Vmscan) {
    this.#zones = zones
    this.#vmscan = vmscan
  }

  /**
   * Returns true if another round of reclaim makes sense: the request would fit if all that can be reclaimed were free, and not too
   * many rounds in a row were in vain.
   * @param failures rounds of reclaim in vain, in a row
   */
  shouldReclaimRetry(wanted: Wanted, failures: number): boolean {
    const { gfp, node, order, nodemask, allocFlags } = wanted
    if (failures > MAX_RECLAIM_RETRIES) return this.unreserveHighatomic(wanted, true)
    const highest = gfpZoneIndex(gfp)
    return this.#zones.zonelist(gfp, node, nodemask).some((zone) => {
      const hoped = {
        freePages: zone.freePages + this.#vmscan.reclaimable(zone),
        reservedHighatomic: zone.reservedHighatomic,
        freeCma: zone.freeCma,
        cma: zone.cma,
        lists: (size: number) => zone.lists(size),
      }
      const mark = zone.watermarks.min + zone.boost
      return zoneWatermarkOk(hoped, order, mark, zone.lowmemReserve[highest] ?? 0, allocFlags)
    })
  }

  /** The rounds in vain after one more; small requests begin to count anew with each round that freed something. */
  failuresAfter(failures: number, progress: boolean, order: number): number {
    return progress && order <= PAGE_ALLOC_COSTLY_ORDER ? 0 : failures + 1
  }

  /**
   * Decides whether a request for a block goes on though compaction made none, as hard as before or harder (should_compact_retry).
   * @param possible returns true if reclaim could give compaction the room that it lacked
   * @returns the answer to `should-compact-retry`, and how often it has made a block in vain since it last tried harder
   */
  afterCompaction(
    attempt: {
      readonly order: number
      readonly result: number
      readonly priority: number
      readonly retries: number
    },
    possible: () => boolean,
  ): { readonly answer: number; readonly retries: number } {
    const { order, result, priority } = attempt
    const costly = order > PAGE_ALLOC_COSTLY_ORDER
    const retries = attempt.retries + (result === COMPACT_SUCCESS ? 1 : 0)
    if (result === COMPACT_SKIPPED) return { answer: possible() ? COMPACT_RETRY : 0, retries }
    // A block was made, and somebody else took it: that may happen a few times.
    const vain = result !== COMPACT_SUCCESS
    const most = costly ? MAX_COMPACT_RETRIES / 4 : MAX_COMPACT_RETRIES
    if (!vain && retries <= most) return { answer: COMPACT_RETRY, retries }
    const hardest = costly ? COMPACT_PRIO_SYNC_LIGHT : COMPACT_PRIO_SYNC_FULL
    return priority > hardest
      ? { answer: COMPACT_RETRY_HARDER, retries: 0 }
      : { answer: 0, retries }
  }

  /**
   * Gives what is set aside for atomic requests to this one (unreserve_highatomic_pageblock).
   * @returns true if a block was given back
   */
  unreserveHighatomic(wanted: Omit<Wanted, 'order' | 'allocFlags'>, force: boolean): boolean {
    const { gfp, node, nodemask } = wanted
    const migratetype = gfpMigratetype(gfp)
    return this.#zones
      .zonelist(gfp, node, nodemask)
      .some((zone) => zone.unreserveHighatomic(migratetype, force))
  }
}
