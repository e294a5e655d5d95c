/**
 * Suitable: decides if it makes sense to compact a zone (mm/compaction.c, compaction_suitable and compaction_zonelist_suitable, and
 * mm/vmstat.c, fragmentation_index, 6.1.192).
 */
import { ALLOC_CMA, ALLOC_WMARK_MASK } from '../gfp/alloc-flags.js'
import { PAGE_ALLOC_COSTLY_ORDER } from '../pages/per-cpu-pages.js'
import { MAX_ORDER, withFreePages, zoneWatermarkOk } from '../pages/watermark.js'
import type { Zone } from '../pages/zone.js'
import { COMPACT_CONTINUE, COMPACT_SKIPPED, COMPACT_SUCCESS } from './compact-result.js'

/** The sysctl extfrag_threshold: below it a lack of memory is to blame, not fragments. */
const EXTFRAG_THRESHOLD = 500

/** The block that is wanted. */
export interface WantedBlock {
  readonly order: number
  readonly allocFlags: number
  /** The index of the highest zone that the request could use. */
  readonly highest: number
  /**
   * Free pages count only as far as they are whole pageblocks, and the zone is to have so many of these: what kcompactd does for vm.defrag_mode
   * (a211c6550efc, since 6.15).
   */
  readonly inBlocks?: boolean
}

/** The free pages that compaction needs to move pages to (compact_gap). */
export function compactGap(order: number): number {
  return 2 << order
}

/**
 * Returns COMPACT_SUCCESS where there is such a block already, COMPACT_SKIPPED where there is too little room to make one, or the lack
 * of it is not due to fragments; else COMPACT_CONTINUE.
 */
export function compactionSuitable(zone: Zone, wanted: WantedBlock): number {
  const result = suitable(zone, wanted, zone.freePages)
  if (result !== COMPACT_CONTINUE || wanted.order <= PAGE_ALLOC_COSTLY_ORDER) return result
  const index = fragmentationIndex(zone, wanted.order)
  return index >= 0 && index <= EXTFRAG_THRESHOLD ? COMPACT_SKIPPED : result
}

/** Returns true if the zone would be suitable were part of what can be reclaimed free: the larger the block, the less counts. */
export function suitableOnceReclaimed(
  zone: Zone,
  wanted: WantedBlock,
  reclaimable: number,
): boolean {
  const available = Math.floor(reclaimable / wanted.order) + zone.freePages
  return suitable(zone, wanted, available) === COMPACT_CONTINUE
}

/** __compaction_suitable. */
function suitable(zone: Zone, wanted: WantedBlock, available: number): number {
  const { order, allocFlags, highest, inBlocks } = wanted
  const { min, low, high } = zone.watermarks
  const reserve = zone.lowmemReserve[highest] ?? 0
  const mark = ([min, low, high][allocFlags & ALLOC_WMARK_MASK] ?? min) + zone.boost
  const counted = inBlocks === true ? withFreePages(zone, zone.freeInPageblocks) : zone
  if (zoneWatermarkOk(counted, order, mark, reserve, allocFlags)) return COMPACT_SUCCESS
  const room = (order > PAGE_ALLOC_COSTLY_ORDER ? low : min) + zone.boost + compactGap(order)
  const hoped = withFreePages(zone, available)
  return zoneWatermarkOk(hoped, 0, room, reserve, ALLOC_CMA) ? COMPACT_CONTINUE : COMPACT_SKIPPED
}

/**
 * Returns why a request fails, in thousandths: towards 0 for want of memory, towards 1000 because of fragments; -1000 when it need
 * not fail.
 * @param order of the request
 */
export function fragmentationIndex({ buddy }: Zone, order: number): number {
  let pages = 0
  let blocks = 0
  for (let size = 0; size < MAX_ORDER; size++) {
    const free = buddy.freeBlocks(size)
    if (free > 0 && size >= order) return -1000
    blocks += free
    pages += free << size
  }
  if (blocks === 0) return 0
  return 1000 - Math.floor((1000 + Math.floor((pages * 1000) / (1 << order))) / blocks)
}
