/**
 * Page isolation: takes whole pageblocks out of the reach of requests, so that what is in them can be moved away (mm/page_isolation.c,
 * 6.1.192). Whoever wants one range of pages, and no other, begins with it.
 *
 * A block in use that crosses the end of the range is in the way here; the kernel would move a huge page. And a pageblock at the end of a zone that is
 * not whole is isolated as others are, where 6.1 leaves what is free in it on its lists, and counted (move_freepages_block): a request could still get it.
 */

import { ZONE_NORMAL } from '../gfp/zone.js'
import { MIGRATE_CMA, MIGRATE_ISOLATE } from './cma-migratetypes.js'
import { PAGEBLOCK_ORDER } from './fallback.js'
import { Order } from './order.js'
import { Kind } from './page-frames.js'
import type { Zone } from './zone.js'

const PAGEBLOCK = 1 << PAGEBLOCK_ORDER

/** Pages of one zone: from `start` on, up to `end`, which is not part of it. */
export interface PageRange {
  readonly start: number
  readonly end: number
}

/**
 * Isolates the pageblocks that a range lies in (start_isolate_page_range).
 * @param migratetype MIGRATE_MOVABLE or MIGRATE_CMA: what the range is wanted as
 * @returns false when something in it cannot move; then nothing is isolated
 */
export function startIsolatePageRange(zone: Zone, range: PageRange, migratetype: number): boolean {
  const { start, end } = blocksOf(range)
  if (!isolateSingle(zone, { block: start, boundary: start }, migratetype)) return false
  const last = end - PAGEBLOCK
  if (start === last) {
    if (splitAt(zone, end)) return true
    zone.buddy.unisolatePageblock(start, migratetype)
    return false
  }
  if (!isolateSingle(zone, { block: last, boundary: end }, migratetype)) {
    zone.buddy.unisolatePageblock(start, migratetype)
    return false
  }
  for (let block = start + PAGEBLOCK; block < last; block += PAGEBLOCK) {
    if (isolate(zone, block, range, migratetype)) continue
    undoIsolatePageRange(zone, { start, end: block }, migratetype)
    zone.buddy.unisolatePageblock(last, migratetype)
    return false
  }
  return true
}

/** Gives the pageblocks of a range a migratetype again: what is free in them can be had (undo_isolate_page_range). */
export function undoIsolatePageRange({ buddy }: Zone, range: PageRange, migratetype: number): void {
  const { start, end } = blocksOf(range)
  for (let block = start; block < end; block += PAGEBLOCK) {
    if (buddy.pageblockMigratetype(block) !== MIGRATE_ISOLATE) continue
    buddy.unisolatePageblock(block, migratetype)
  }
}

/** Returns true if all pages of a range are isolated and free (test_pages_isolated). */
export function testPagesIsolated({ buddy }: Zone, { start, end }: PageRange): boolean {
  const { frames } = buddy
  for (let page = start; page < end; page += 1 << frames.order(page)) {
    if (buddy.pageblockMigratetype(page) !== MIGRATE_ISOLATE) return false
    if (frames.kind(page) !== Kind.FREE) return false
  }
  return true
}

/**
 * Returns true if something in a part of a pageblock is known not to move (has_unmovable_pages).
 * @param migratetype what the pages are wanted as: a CMA area has nothing but what can move
 */
function hasUnmovablePages(
  { buddy, index }: Pick<Zone, 'buddy' | 'index'>,
  { start, end }: PageRange,
  migratetype: number,
): boolean {
  const { frames } = buddy
  if (buddy.pageblockMigratetype(start) === MIGRATE_CMA) return migratetype !== MIGRATE_CMA
  // What is in ZONE_MOVABLE can move.
  if (index > ZONE_NORMAL) return false
  for (let page = start; page < end; ) {
    const head = frames.head(page)
    if (frames.isUsed(head) && !isOnLru(frames.kind(head))) return true
    page = head + (1 << frames.order(head))
  }
  return false
}

/** Returns true for what migration finds on an LRU list, that of the unevictable pages included (PageLRU). */
function isOnLru(kind: number): boolean {
  return kind === Kind.LRU || kind === Kind.UNEVICTABLE
}

/** isolate_single_pageblock: a pageblock at the end of the range, and what crosses the boundary there. */
function isolateSingle(
  zone: Zone,
  { block, boundary }: { readonly block: number; readonly boundary: number },
  migratetype: number,
): boolean {
  const range = { start: block, end: Math.min(block + PAGEBLOCK, zone.start + zone.managed) }
  if (!isolate(zone, block, range, migratetype)) return false
  if (splitAt(zone, boundary)) return true
  zone.buddy.unisolatePageblock(block, migratetype)
  return false
}

/** set_migratetype_isolate. */
function isolate(zone: Zone, block: number, range: PageRange, migratetype: number): boolean {
  const { buddy } = zone
  // Somebody else is at it.
  if (buddy.pageblockMigratetype(block) === MIGRATE_ISOLATE) return false
  const start = Math.max(block, range.start)
  const end = Math.min(block + PAGEBLOCK, range.end)
  if (hasUnmovablePages(zone, { start, end }, migratetype)) return false
  buddy.isolatePageblock(block)
  return true
}

/** Splits the free block that crosses a boundary of pageblocks. Returns false when it is in use. */
function splitAt(zone: Zone, boundary: number): boolean {
  if (boundary <= zone.start || boundary >= zone.start + zone.managed) return true
  const { frames } = zone.buddy
  const head = boundary & -(1 << Order.HIGHEST)
  if (head === boundary || frames.order(head) < Order.HIGHEST) return true
  if (frames.kind(head) !== Kind.FREE) return false
  zone.buddy.splitFree(head, boundary)
  return true
}

/** The pageblocks that a range lies in. */
function blocksOf({ start, end }: PageRange): PageRange {
  return { start: start & -PAGEBLOCK, end: (end + PAGEBLOCK - 1) & -PAGEBLOCK }
}
