/**
 * Borrow: how a request gets a block when its migratetype has run out of them (mm/page_alloc.c, __rmqueue_fallback of 6.1.192 and
 * try_to_claim_block of 6.18). Either way a whole pageblock changes its migratetype if enough of it is free or alike, so that pages that stay
 * and pages that move are kept apart.
 */
import { ALLOC_NOFRAGMENT } from '../gfp/alloc-flags.js'
import { MIGRATE_HIGHATOMIC, MIGRATE_MOVABLE } from '../gfp/migratetype.js'
import { type Fallback, findSuitableFallback, mayClaim } from './fallback.js'
import { Order } from './order.js'
import { NO_PAGE } from './page-frames.js'

const PAGEBLOCK = 1 << Order.PAGEBLOCK

/** A block that was taken from another migratetype's list (the tracepoint mm_page_alloc_extfrag). */
export interface FallbackEvent {
  /** The first page of the block. */
  readonly page: number
  /** The order that was asked for. */
  readonly order: number
  /** The order of the block that was found. */
  readonly found: number
  /** The migratetype that was asked for. */
  readonly wanted: number
  /** The migratetype whose list the block was on. */
  readonly from: number
  /** The whole pageblock changed its migratetype. */
  readonly changed: boolean
}

/** A block of another migratetype that may do. */
type Candidate = Pick<FallbackEvent, 'order' | 'found' | 'wanted' | 'from'>

/** A request for a block of a migratetype that has none. */
export interface Borrower {
  readonly order: number
  readonly migratetype: number
  /** One matters: ALLOC_NOFRAGMENT takes whole pageblocks only. */
  readonly allocFlags: number
}

/** What is free or can move in a pageblock. */
export interface PageblockContents {
  /** How many of its pages are free. */
  readonly free: number
  /** How many others can move. */
  readonly movable: number
}

/** Free blocks of all migratetypes. */
export interface FreeBlocks {
  /** A bit per migratetype that has free blocks of this order. */
  lists(order: number): number
  /** The first free block of an order and migratetype. */
  firstFree(order: number, migratetype: number): number
  allocSmallest(order: number, migratetype: number): number
  pageblockMigratetype(page: number): number
  setPageblockMigratetype(page: number, migratetype: number): void
  pageblockContents(page: number): PageblockContents
  /** Moves a free block to a migratetype's lists. */
  move(page: number, order: number, migratetype: number): void
  /** Moves all free blocks of a pageblock to a migratetype's lists; says what it has. */
  moveFreeOfBlock(page: number, migratetype: number): PageblockContents
  /** A block has been taken. */
  onFallback: ((event: FallbackEvent) => void) | null
  /** Returns true if the zone has all of the pageblock that a page is in: only then its blocks move together. */
  hasWholePageblock(page: number): boolean
  /** A part of a pageblock is to serve another migratetype. */
  onMixing: ((allocFlags: number) => void) | null
}

/** Makes a block of another migratetype usable and takes it, or the part of it that is wanted (__rmqueue_fallback, 6.1). */
export function steal(blocks: FreeBlocks, borrower: Borrower): number {
  const { order, migratetype: wanted, allocFlags } = borrower
  const least = wholeOnly(borrower) ? Order.PAGEBLOCK : order
  // The largest block first: a request that steals once need not steal again soon.
  for (let size: number = Order.HIGHEST; size >= least; size--) {
    const found = fallbackOf(blocks, size, wanted)
    if (found.migratetype < 0) continue
    // What will not keep the pageblock had better take the smallest block.
    const smallest = !found.steal && wanted === MIGRATE_MOVABLE && size > order
    const candidate = smallest
      ? smallestOther(blocks, order, wanted)
      : { order, found: size, wanted, from: found.migratetype }
    if (candidate === undefined) return NO_PAGE
    const event = makeUsable(blocks, candidate, allocFlags)
    blocks.onFallback?.(event)
    return blocks.allocSmallest(order, wanted)
  }
  return NO_PAGE
}

/** Claims a pageblock, or takes what is wanted of the smallest block (__rmqueue_claim and __rmqueue_steal, 6.18). */
export function claimOrSteal(blocks: FreeBlocks, borrower: Borrower): number {
  const { order, migratetype: wanted, allocFlags } = borrower
  const least = wholeOnly(borrower) ? Order.PAGEBLOCK : order
  for (let size: number = Order.HIGHEST; size >= least; size--) {
    // Blocks of lower orders are not worth a pageblock to movable pages.
    if (!mayClaim(size, wanted)) break
    const from = fallbackOf(blocks, size, wanted).migratetype
    if (from < 0) continue
    const page = claim(blocks, { order, found: size, wanted, from }, allocFlags)
    if (page !== NO_PAGE) return page
  }
  if ((allocFlags & ALLOC_NOFRAGMENT) !== 0) return NO_PAGE
  const candidate = smallestOther(blocks, order, wanted)
  if (candidate === undefined) return NO_PAGE
  const page = blocks.allocSmallest(order, candidate.from)
  tell(blocks, candidate, page)
  return page
}

function wholeOnly({ order, allocFlags }: Borrower): boolean {
  return (allocFlags & ALLOC_NOFRAGMENT) !== 0 && order < Order.PAGEBLOCK
}

function fallbackOf(blocks: FreeBlocks, size: number, wanted: number): Fallback {
  // A list that is not empty is all that the number of free blocks is asked for.
  const lists = blocks.lists(size)
  return findSuitableFallback({ free: lists, lists }, size, wanted, false)
}

function smallestOther(blocks: FreeBlocks, order: number, wanted: number): Candidate | undefined {
  for (let size = order; size <= Order.HIGHEST; size++) {
    const from = fallbackOf(blocks, size, wanted).migratetype
    if (from >= 0) return { order, found: size, wanted, from }
  }
  return undefined
}

/** Moves the first block of a list to the wanted migratetype's: the block alone, or its pageblock with all that is free in it (steal_suitable_fallback). */
function makeUsable(blocks: FreeBlocks, candidate: Candidate, allocFlags: number): FallbackEvent {
  const { found, wanted, from } = candidate
  const page = blocks.firstFree(found, from)
  const type = blocks.pageblockMigratetype(page)
  let changed = false
  if (type === MIGRATE_HIGHATOMIC) blocks.move(page, found, wanted)
  else if (found >= Order.PAGEBLOCK) {
    setMigratetypes(blocks, { page, order: found, migratetype: wanted })
    blocks.move(page, found, wanted)
    changed = true
  } else {
    blocks.onMixing?.(allocFlags)
    if (!mayClaim(found, wanted) || !blocks.hasWholePageblock(page)) {
      blocks.move(page, found, wanted)
    } else {
      changed = isWorthIt(blocks.moveFreeOfBlock(page, wanted), wanted, type)
      if (changed) blocks.setPageblockMigratetype(page, wanted)
    }
  }
  return { ...candidate, page, changed }
}

/** Turns a pageblock over to a migratetype and takes a block of it, if it is large enough or half of it is free or alike (try_to_claim_block). */
function claim(blocks: FreeBlocks, candidate: Candidate, allocFlags: number): number {
  const { order, found, from, wanted } = candidate
  const first = blocks.firstFree(found, from)
  if (found >= Order.PAGEBLOCK) {
    setMigratetypes(blocks, { page: first, order: found, migratetype: wanted })
    blocks.move(first, found, wanted)
  } else {
    blocks.onMixing?.(allocFlags)
    if (!blocks.hasWholePageblock(first)) return NO_PAGE
    if (!isWorthIt(blocks.pageblockContents(first), wanted, from)) return NO_PAGE
    blocks.moveFreeOfBlock(first, wanted)
    blocks.setPageblockMigratetype(first, wanted)
  }
  const page = blocks.allocSmallest(order, wanted)
  tell(blocks, candidate, page)
  return page
}

function tell(blocks: FreeBlocks, candidate: Candidate, page: number): void {
  const changed = blocks.pageblockMigratetype(page) === candidate.wanted
  blocks.onFallback?.({ ...candidate, page, changed })
}

/** Half of the pageblock is free, or in use for pages of the kind that wants it. */
function isWorthIt({ free, movable }: PageblockContents, wanted: number, from: number): boolean {
  let alike = 0
  if (wanted === MIGRATE_MOVABLE) alike = movable
  else if (from === MIGRATE_MOVABLE) alike = PAGEBLOCK - free - movable
  return free + alike >= PAGEBLOCK >> 1
}

function setMigratetypes(
  blocks: FreeBlocks,
  block: { readonly page: number; readonly order: number; readonly migratetype: number },
): void {
  const { page, order, migratetype } = block
  for (let at = page; at < page + (1 << order); at += PAGEBLOCK) {
    blocks.setPageblockMigratetype(at, migratetype)
  }
}
