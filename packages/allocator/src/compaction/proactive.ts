/**
 * Proactive: how much of the free memory is in blocks too small to be a huge page, and when kcompactd does something about it without
 * being asked (mm/compaction.c, fragmentation_score_node and fragmentation_score_wmark; mm/vmstat.c, extfrag_for_order, 6.1.192).
 */
import { MAX_ORDER } from '../pages/watermark.js'
import type { Zone } from '../pages/zone.js'

/** Of a huge page (COMPACTION_HPAGE_ORDER). */
const HUGE_PAGE_ORDER = 9
/** The sysctl compaction_proactiveness, as it is by default. */
const PROACTIVENESS = 20
/** It ends at the low watermark, and begins above the high one: per cent. */
const LOW = Math.max(100 - PROACTIVENESS, 5)
const HIGH = Math.min(LOW + 10, 100)

/** Returns true if a node is so fragmented that it is compacted without being asked (should_proactive_compact_node). */
export function compactsProactively(zones: readonly Zone[]): boolean {
  return fragmentationScore(zones) > HIGH
}

/** Returns true if a zone has been compacted enough (__compact_finished). */
export function compactedEnough(zone: Zone): boolean {
  return zoneScore(zone) <= LOW
}

/** The score of a node: 0 when all of its free memory is in large blocks, 99 or 100 when none is. @param zones those of the node */
export function fragmentationScore(zones: readonly Zone[]): number {
  const pages = zones.reduce((sum, { managed }) => sum + managed, 0)
  return zones.reduce(
    (sum, zone) => sum + Math.floor((zone.managed * zoneScore(zone)) / (pages + 1)),
    0,
  )
}

function zoneScore({ buddy }: Zone): number {
  let free = 0
  let large = 0
  for (let order = 0; order < MAX_ORDER; order++) {
    const pages = buddy.freeBlocks(order) << order
    free += pages
    if (order >= HUGE_PAGE_ORDER) large += pages
  }
  return free === 0 ? 0 : Math.floor(((free - large) * 100) / free)
}
