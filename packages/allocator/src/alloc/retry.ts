/**
 * Retry: whether a request that got nothing has hope (mm/page_alloc.c, should_reclaim_retry and should_compact_retry, and
 * mm/compaction.c, compaction_suitable and compaction_zonelist_suitable, 6.1.192).
 */
import { gfpMigratetype } from '../gfp/migratetype.js'
import { gfpZoneIndex } from '../gfp/zone.js'
import { PAGE_ALLOC_COSTLY_ORDER } from '../pages/per-cpu-pages.js'
import { zoneWatermarkOk } from '../pages/watermark.js'
import type { Zones } from '../pages/zones.js'
import { MAX_RECLAIM_RETRIES } from '../reclaim/throttle.js'
import type { Vmscan } from '../reclaim/vmscan.js'

/** Where a request looks for its block. */
interface Wanted {
  readonly gfp: number
  readonly node: number
  readonly order: number
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
    const { gfp, node, order } = wanted
    if (failures > MAX_RECLAIM_RETRIES) return this.unreserveHighatomic(gfp, node, true)
    const highest = gfpZoneIndex(gfp)
    return this.#zones.zonelist(gfp, node).some((zone) => {
      const hoped = {
        freePages: zone.freePages + this.#vmscan.reclaimable(zone),
        reservedHighatomic: zone.reservedHighatomic,
        freeCma: 0,
        cma: false,
        lists: (size: number) => zone.lists(size),
      }
      const mark = zone.watermarks.min + zone.boost
      return zoneWatermarkOk(hoped, order, mark, zone.lowmemReserve[highest] ?? 0, 0)
    })
  }

  /** The rounds in vain after one more; small requests begin to count anew with each round that freed something. */
  failuresAfter(failures: number, progress: boolean, order: number): number {
    return progress && order <= PAGE_ALLOC_COSTLY_ORDER ? 0 : failures + 1
  }

  /** Returns true if a zone has free pages enough to make a block of them. */
  compactionSuitable({ gfp, node, order }: Wanted): boolean {
    const highest = gfpZoneIndex(gfp)
    return this.#zones.zonelist(gfp, node).some((zone) => {
      const { low, min } = zone.watermarks
      const mark = (order > PAGE_ALLOC_COSTLY_ORDER ? low : min) + (2 << order)
      return zoneWatermarkOk(zone, 0, mark, zone.lowmemReserve[highest] ?? 0, 0)
    })
  }

  /** Returns true if compaction could succeed once reclaimable pages are free. */
  compactionPossible({ gfp, node, order }: Wanted): boolean {
    return this.#zones
      .zonelist(gfp, node)
      .some(
        (zone) =>
          Math.floor(this.#vmscan.reclaimable(zone) / (order + 1)) >
          zone.watermarks.min + (2 << order),
      )
  }

  /**
   * Gives what is set aside for atomic requests to this one (unreserve_highatomic_pageblock).
   * @returns whether a block was given back
   */
  unreserveHighatomic(gfp: number, node: number, force: boolean): boolean {
    const migratetype = gfpMigratetype(gfp)
    return this.#zones
      .zonelist(gfp, node)
      .some((zone) => zone.unreserveHighatomic(migratetype, force))
  }
}
