/**
 * Pageblock use: what pageblocks are used for, which decides whether large blocks can come about: where a page that stays lies among pages that move,
 * moving these makes no room. The kernel counts them with page_owner (mm/page_owner.c, pagetypeinfo_showmixedcount, 6.1), by what each request said.
 */
import { PAGEBLOCK_ORDER } from '../pages/fallback.js'
import { Kind } from '../pages/page-frames.js'
import type { Zone } from '../pages/zone.js'

const PAGEBLOCK = 1 << PAGEBLOCK_ORDER

/** Numbers of pageblocks. One at the end of a zone may have fewer pages. */
export interface PageblockUse {
  /** All of their pages are free, on the free lists. */
  readonly free: number
  /** They have pages that can move (on LRU lists), or that a CPU keeps, and none in use that stays. */
  readonly movable: number
  /** They have pages that stay, and none that moves. */
  readonly staying: number
  /** They have both. */
  readonly mixed: number
}

/** Looks at all pages of these zones. */
export function pageblockUse(zones: readonly Zone[]): PageblockUse {
  const use = { free: 0, movable: 0, staying: 0, mixed: 0 }
  for (const zone of zones) {
    const end = zone.start + zone.managed
    for (let block = zone.start; block < end; block += PAGEBLOCK) {
      use[useOf(zone, block, Math.min(block + PAGEBLOCK, end))]++
    }
  }
  return use
}

function useOf({ buddy }: Zone, block: number, end: number): keyof PageblockUse {
  const { frames } = buddy
  let moves = false
  let stays = false
  let kept = false
  for (let page = block; page < end; ) {
    // A block of order 10 begins in the pageblock before.
    const head = frames.head(page)
    const kind = frames.kind(head)
    const isListed = kind === Kind.LRU || kind === Kind.UNEVICTABLE || kind === Kind.ISOLATED
    if (isListed) moves = true
    else if (kind === Kind.PER_CPU) kept = true
    else if (kind !== Kind.FREE) stays = true
    page = head + (1 << frames.order(head))
  }
  if (moves) return stays ? 'mixed' : 'movable'
  if (stays) return 'staying'
  return kept ? 'movable' : 'free'
}
