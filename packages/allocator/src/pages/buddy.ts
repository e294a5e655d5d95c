/**
 * Buddy: the free blocks of one zone, by order and migratetype (mm/page_alloc.c, 6.1.192). A block has 2^order pages and is
 * aligned to its size; its buddy is the other half of the block of the next order. Freeing merges buddies, so
 * two free buddies never exist side by side.
 */

import { ALLOC_CMA } from '../gfp/alloc-flags.js'
import { MIGRATE_MOVABLE } from '../gfp/migratetype.js'
import type { FallbackRule } from './allocator-rules.js'
import { claimOrSteal, type FallbackEvent, type PageblockContents, steal } from './borrow.js'
import { MIGRATE_CMA, MIGRATE_ISOLATE } from './cma-migratetypes.js'
import { Order } from './order.js'
import { PageError } from './page-error.js'
import { InvariantError, Kind, NO_PAGE, PageFrames } from './page-frames.js'
import { MAX_ORDER } from './watermark.js'

/** Migratetypes that the hot loops know. (Why an enum: see order.ts.) */
enum Types {
  /** Those below it help each other out, and their blocks merge (MIGRATE_PCPTYPES). */
  MERGEABLE = 3,
  /** Free pages of this one, and of the one above it, count in their own way: CMA and ISOLATE. */
  CMA = 4,
  /** There are so many, and each has a list of every order (MIGRATE_TYPES). */
  COUNT = 6,
}
/** The lists that a buddy system needs. */
export const BUDDY_LISTS = MAX_ORDER * Types.COUNT

const PAGEBLOCK = 1 << Order.PAGEBLOCK
/** Free blocks stay on the lists that they are on. */
const STAYS = -1

/** What a {@link Buddy} knows beside its pages, to be put back later. */
export interface BuddyState {
  /** How many pages are free. */
  readonly free: number
  /** How many of them are in CMA areas. */
  readonly freeCma: number
  /** The migratetype of each pageblock. */
  readonly blocks: Uint8Array
  /** A pageblock has become part of the reserve for atomic requests, or has been given up. */
  readonly converted: boolean
}

/**
 * The free blocks of a range of pages by order and migratetype (the free_area of struct zone). Lists are LIFO, as the
 * kernel's, so that the same requests get the same pages.
 */
export class Buddy {
  /** Its first page. */
  readonly start: number
  /** How many pages it has. */
  readonly pages: number
  /** What each page is: shared with the other zones. */
  readonly frames: PageFrames
  /** Is told of each fallback. */
  onFallback: ((event: FallbackEvent) => void) | null = null
  /** Is told when a part of a pageblock is to serve another migratetype, whether that succeeds or not, and of the alloc flags of the request. */
  onMixing: ((allocFlags: number) => void) | null = null
  /** How other migratetypes help out. */
  fallback: FallbackRule = 'steal'
  /** Names an owner in errors. */
  readonly #owner: (owner: number) => string
  // These are private by type only: with `#` the hot loops take 6% longer (V8 of Node 20).
  private freeCount = 0
  private cmaCount = 0
  #converted = false
  /** The list of order 0 and migratetype 0; the others follow, by order, and within an order by migratetype. */
  private readonly firstList: number
  /** The migratetype of each pageblock. */
  private readonly blockTypes: Uint8Array

  /**
   * @param pages how many pages the zone has, 1 to 2^30; all are free and movable.
   * @param frames the pages of the machine; by default the zone is alone
   * @param start its first page, a multiple of 1024
   * @param owner names an owner in errors
   * @throws RangeError for other numbers.
   */
  constructor(
    pages: number,
    frames: PageFrames = new PageFrames(pages, BUDDY_LISTS),
    start = 0,
    owner: (owner: number) => string = (number) => `#${number}`,
  ) {
    if (!Number.isInteger(pages) || pages < 1 || pages > 2 ** 30) {
      throw new RangeError(`a zone has 1 to 2^30 pages, not ${pages}`)
    }
    if (start % (1 << Order.HIGHEST) !== 0) {
      throw new RangeError(`a zone begins at a multiple of 1024 pages, not at ${start}`)
    }
    this.start = start
    this.pages = pages
    this.frames = frames
    this.#owner = owner
    this.firstList = frames.newList()
    for (let i = 1; i < BUDDY_LISTS; i++) frames.newList()
    this.blockTypes = new Uint8Array(Math.ceil(pages / PAGEBLOCK)).fill(MIGRATE_MOVABLE)
    const end = start + pages
    for (let page = start; page < end; ) {
      let order: number = Order.HIGHEST
      while ((page & ((1 << order) - 1)) !== 0 || page + (1 << order) > end) order--
      frames.state[page] = Kind.FREE | order
      frames.addTail(this.list(order, MIGRATE_MOVABLE), page)
      page += 1 << order
    }
    this.freeCount = pages
  }

  /** How many pages are free: NR_FREE_PAGES. Those of isolated pageblocks do not count. */
  get freePages(): number {
    return this.freeCount
  }

  /** How many of them are in CMA areas: NR_FREE_CMA_PAGES. */
  get freeCma(): number {
    return this.cmaCount
  }

  /** How many blocks of an order are free, of one migratetype or of all: they are counted. */
  freeBlocks(order: number, migratetype?: number): number {
    const list = this.firstList + order * Types.COUNT
    if (migratetype !== undefined) return this.frames.length(list + migratetype)
    let blocks = 0
    for (let type = 0; type < Types.COUNT; type++) blocks += this.frames.length(list + type)
    return blocks
  }

  /** A bit per migratetype that has free blocks of this order. */
  lists(order: number): number {
    const { next } = this.frames
    const list = this.firstList + order * Types.COUNT
    let lists = 0
    for (let type = 0; type < Types.COUNT; type++) {
      if (next[list + type] !== list + type) lists |= 1 << type
    }
    return lists
  }

  /**
   * Returns true if a block of this order or a larger one is free, of a migratetype that serves everyone; false for what is not an
   * order.
   */
  hasRoomFor(order: number): boolean {
    if (order >>> 0 !== order) return false
    const { next } = this.frames
    const end = this.firstList + BUDDY_LISTS
    for (let list = this.firstList + order * Types.COUNT; list < end; list += Types.COUNT) {
      if (next[list] !== list || next[list + 1] !== list + 1 || next[list + 2] !== list + 2) {
        return true
      }
    }
    return false
  }

  /** The migratetype of the pageblock that a page is in. */
  pageblockMigratetype(page: number): number {
    return this.blockTypes[(page - this.start) >> Order.PAGEBLOCK] as number
  }

  /** Turns a pageblock over to a migratetype. Its free blocks stay on their lists. */
  setPageblockMigratetype(page: number, migratetype: number): void {
    this.blockTypes[(page - this.start) >> Order.PAGEBLOCK] = migratetype
  }

  /** How many pageblocks there are of each migratetype. */
  pageblocks(): number[] {
    const counts = new Array<number>(Types.COUNT).fill(0)
    for (const type of this.blockTypes) counts[type] = (counts[type] as number) + 1
    return counts
  }

  /** The order of the block in use that begins with this page, -1 when none does. */
  allocatedOrder(page: number): number {
    const isHere = page >= this.start && page < this.start + this.pages
    return isHere && this.frames.isUsed(page) ? this.frames.order(page) : -1
  }

  /**
   * Takes a block: of its migratetype, or of another when that has run out (__rmqueue).
   *
   * @param order 0 to 10
   * @param migratetype unmovable, movable, reclaimable or highatomic
   * @param allocFlags of these, two matter. ALLOC_NOFRAGMENT: other migratetypes give whole pageblocks only. ALLOC_CMA: pages of CMA areas
   * will do
   * @returns the first page, or {@link NO_PAGE}
   */
  alloc(order: number, migratetype: number, allocFlags = 0): number {
    if ((allocFlags & ALLOC_CMA) !== 0) return this.allocWithCma(order, migratetype, allocFlags)
    const page = this.allocSmallest(order, migratetype)
    return page < 0 ? this.borrow(order, migratetype, allocFlags) : page
  }

  private borrow(order: number, migratetype: number, allocFlags: number): number {
    const borrow = this.fallback === 'claim' ? claimOrSteal : steal
    return borrow(this, { order, migratetype, allocFlags })
  }

  /** Takes the smallest block that fits, of this migratetype only, and gives back the rest (__rmqueue_smallest). */
  allocSmallest(order: number, migratetype: number): number {
    const { frames } = this
    const { next, state } = frames
    let list = this.firstList + order * Types.COUNT + migratetype
    for (let size = order; size <= Order.HIGHEST; size++, list += Types.COUNT) {
      const page = next[list] as number
      if (page === list) continue
      frames.removeFirst(list)
      while (size > order) {
        size--
        list -= Types.COUNT
        state[page + (1 << size)] = Kind.FREE | size
        frames.add(list, page + (1 << size))
      }
      state[page] = Kind.USED | order
      this.freeCount -= 1 << order
      return page
    }
    return NO_PAGE
  }

  /**
   * Gives a block back, and merges it with its buddies as far as they are free (free_pages).
   * @throws PageError when it is not the first page of a block in use, or of another order.
   */
  free(page: number, order: number): void {
    this.assertUsed(page, order)
    this.release(page, order)
  }

  /** Returns true if a block in use of this order begins with a page of the zone. */
  isUsed(page: number, order: number): boolean {
    // A number below 0 is far above the last page, or order, once it is taken as unsigned. There is no such state for half an order.
    return (
      this.frames.state[page] === Kind.USED + order &&
      order >>> 0 <= Order.HIGHEST &&
      (page - this.start) >>> 0 < this.pages
    )
  }

  /** @throws PageError when the page is not the first of a block in use of this order. */
  assertUsed(page: number, order: number): void {
    if (!this.isUsed(page, order)) throw this.misused(page, order)
  }

  /**
   * Merges a block that is on no list with its buddies, as far as they are free (__free_one_page).
   * @internal
   */
  release(page: number, order: number): void {
    const { frames } = this
    const { state } = frames
    const type = this.blockTypes[(page - this.start) >> Order.PAGEBLOCK] as number
    if (type < Types.CMA) this.freeCount += 1 << order
    else this.count(type, 1 << order)
    let first = page
    let size = order
    state[page] = 0
    while (size < Order.HIGHEST) {
      const buddy = first ^ (1 << size)
      if (state[buddy] !== (Kind.FREE | size)) break
      if (size >= Order.PAGEBLOCK && !this.mergeable(first, buddy, size)) break
      frames.remove(buddy)
      state[buddy] = 0
      first &= buddy
      size++
    }
    state[first] = Kind.FREE | size
    // Two pageblocks that merge may be of two migratetypes: the one that was freed last decides.
    const list = this.list(size, type)
    // If the block that it would be part of has a free buddy, it had better stay until it merges (buddy_merge_likely).
    const above = size + 1
    const likely =
      size < Order.PAGEBLOCK &&
      state[(first & -(1 << above)) ^ (1 << above)] === (Kind.FREE | above)
    if (likely) frames.addTail(list, first)
    else frames.add(list, first)
  }

  /**
   * Reserves a pageblock for high-order atomic requests, or turns it over to others again; its free blocks move to that
   * migratetype's lists, if the zone has all of it (move_freepages_block). Of a pageblock at the end of a zone that is not whole only what is freed
   * from now on gets there.
   * @returns how many pages moved
   */
  convertPageblock(page: number, migratetype: number): number {
    this.#converted = true
    this.setPageblockMigratetype(page, migratetype)
    return this.hasWholePageblock(page) ? this.moveFreeOfBlock(page, migratetype).free : 0
  }

  /**
   * Takes a free block off its list, as single pages in use (__isolate_free_page). A pageblock of which that is half or more becomes
   * movable, as what is moved there will be. Whether the zone can spare the block is the caller's business.
   * @param page the first of a free block
   * @returns how many pages it has
   */
  isolate(page: number): number {
    const { frames } = this
    const order = frames.order(page)
    const pages = 1 << order
    frames.remove(page)
    frames.state.fill(Kind.USED, page, page + pages)
    this.count(this.pageblockMigratetype(page), -pages)
    if (order >= Order.PAGEBLOCK - 1) {
      for (let at = page; at < page + pages; at += PAGEBLOCK) {
        if (this.pageblockMigratetype(at) >= Types.MERGEABLE) continue
        this.setPageblockMigratetype(at, MIGRATE_MOVABLE)
      }
    }
    return pages
  }

  /** Nobody gets a page of a pageblock from now on, and its free pages do not count (set_migratetype_isolate). */
  isolatePageblock(page: number): void {
    const type = this.pageblockMigratetype(page)
    this.setPageblockMigratetype(page, MIGRATE_ISOLATE)
    this.count(type, -this.moveFreeOfBlock(page, MIGRATE_ISOLATE).free)
  }

  /** A pageblock that is isolated gets a migratetype again, and its free pages count (unset_migratetype_isolate). */
  unisolatePageblock(page: number, migratetype: number): void {
    const { frames } = this
    const order = frames.order(page)
    const buddy = page ^ (1 << order)
    const merges =
      frames.kind(page) === Kind.FREE &&
      order >= Order.PAGEBLOCK &&
      order < Order.HIGHEST &&
      frames.state[buddy] === (Kind.FREE | order) &&
      this.pageblockMigratetype(buddy) !== MIGRATE_ISOLATE
    this.setPageblockMigratetype(page, migratetype)
    if (merges) {
      // What could not merge with a pageblock that was isolated does now.
      frames.remove(page)
      this.release(page, order)
    } else this.count(migratetype, this.moveFreeOfBlock(page, migratetype).free)
  }

  /**
   * Splits the free block that crosses a boundary of pageblocks, so that each part gets on the list of its own pageblock (split_free_page).
   * @param page the first of a free block
   * @param boundary a page inside it
   */
  splitFree(page: number, boundary: number): void {
    const { frames } = this
    const order = frames.order(page)
    const end = page + (1 << order)
    this.count(this.pageblockMigratetype(page), -(1 << order))
    frames.remove(page)
    let left = boundary - page
    for (let at = page; at < end; ) {
      const aligned = at === 0 ? order : 31 - Math.clz32(at & -at)
      const size = Math.min(aligned, 31 - Math.clz32(left))
      this.release(at, size)
      at += 1 << size
      left -= 1 << size
      if (left === 0) left = end - at
    }
  }

  /** The first free block of an order and migratetype, {@link NO_PAGE} for none. */
  firstFree(order: number, migratetype: number): number {
    return this.frames.first(this.list(order, migratetype))
  }

  /** What is known beside the pages: a copy. */
  save(): BuddyState {
    return {
      free: this.freeCount,
      freeCma: this.cmaCount,
      blocks: this.blockTypes.slice(),
      converted: this.#converted,
    }
  }

  /** Puts it back. */
  load(state: BuddyState): void {
    this.freeCount = state.free
    this.cmaCount = state.freeCma
    this.blockTypes.set(state.blocks)
    this.#converted = state.converted
  }

  /**
   * Proves the invariants: every page is in exactly one block, blocks are aligned, no two free buddies lie side by side,
   * the lists have the free blocks and no others, and the counters count them.
   * @throws InvariantError that names the first page for which one fails.
   */
  validate(): void {
    const { frames } = this
    const { state } = frames
    const blocks = new Array<number>(MAX_ORDER).fill(0)
    const end = this.start + this.pages
    let free = 0
    let freeCma = 0
    for (let page = this.start; page < end; ) {
      const order = frames.order(page)
      const kind = frames.kind(page)
      const size = 1 << order
      if (kind === 0) throw new InvariantError(page, 'it is in no block')
      if ((page & (size - 1)) !== 0 || page + size > end) {
        throw new InvariantError(page, `no block of order ${order} can begin there`)
      }
      for (let inside = page + 1; inside < page + size; inside++) {
        if (state[inside] !== 0) throw new InvariantError(inside, 'it is in two blocks')
      }
      if (kind === Kind.FREE) {
        const type = this.pageblockMigratetype(page)
        if (type !== MIGRATE_ISOLATE) free += size
        if (type === MIGRATE_CMA) freeCma += size
        if (order > Order.PAGEBLOCK && !this.mergeable(page, page + PAGEBLOCK, Order.PAGEBLOCK)) {
          this.#assertOneType(page, type)
        }
        blocks[order] = (blocks[order] as number) + 1
        const buddy = page ^ size
        if (state[buddy] === (Kind.FREE | order) && this.#mustHaveMerged(page, buddy, order)) {
          throw new InvariantError(page, `it and its buddy ${buddy} are both free`)
        }
      }
      page += size
    }
    if (free !== this.freeCount) {
      throw new InvariantError(this.start, `${free} pages are free, and ${this.freeCount} counted`)
    }
    if (freeCma !== this.cmaCount) {
      throw new InvariantError(
        this.start,
        `${freeCma} pages of CMA areas are free, and ${this.cmaCount} counted`,
      )
    }
    for (let order = 0; order <= Order.HIGHEST; order++) {
      let listed = 0
      for (let type = 0; type < Types.COUNT; type++) {
        listed += this.#checkList(order, type)
      }
      if (listed !== blocks[order]) {
        throw new InvariantError(
          this.start,
          `${blocks[order]} blocks of order ${order} are free, and ${listed} listed`,
        )
      }
    }
  }

  /** Takes a block for a request that pages of CMA areas will do for, too: those come first while they are more than half of what is free. */
  private allocWithCma(order: number, migratetype: number, allocFlags: number): number {
    let page = NO_PAGE
    if (this.cmaCount > Math.floor(this.freeCount / 2)) page = this.#allocCma(order)
    if (page === NO_PAGE) page = this.allocSmallest(order, migratetype)
    if (page === NO_PAGE) page = this.#allocCma(order)
    return page === NO_PAGE ? this.alloc(order, migratetype, allocFlags & ~ALLOC_CMA) : page
  }

  /** __rmqueue_cma_fallback. */
  #allocCma(order: number): number {
    const page = this.allocSmallest(order, MIGRATE_CMA)
    if (page !== NO_PAGE) this.cmaCount -= 1 << order
    return page
  }

  /** Counts pages that have become free, or are not any more (__mod_zone_freepage_state). */
  private count(type: number, pages: number): void {
    if (type === MIGRATE_ISOLATE) return
    this.freeCount += pages
    if (type === MIGRATE_CMA) this.cmaCount += pages
  }

  /** A CMA area, or what is isolated, does not end inside a block. */
  #assertOneType(page: number, type: number): void {
    const other = this.pageblockMigratetype(page + PAGEBLOCK)
    if (Math.max(type, other) < Types.CMA) return
    throw new InvariantError(page, `it begins a block of migratetypes ${type} and ${other}`)
  }

  /** A free list has blocks of its order; those of CMA and ISOLATE have the blocks of such pageblocks, and no others have. */
  #checkList(order: number, type: number): number {
    const { frames } = this
    const list = this.list(order, type)
    const blocks = frames.checkBlocks(list, Kind.FREE | order, 'a free list')
    for (
      let page = frames.next[list] as number;
      page !== list;
      page = frames.next[page] as number
    ) {
      const own = this.pageblockMigratetype(page)
      if (own === type || (own < Types.CMA && type < Types.CMA)) continue
      throw new InvariantError(page, `of migratetype ${own}, it is on the free list of ${type}`)
    }
    return blocks
  }

  /** @internal */
  hasWholePageblock(page: number): boolean {
    return (page | (PAGEBLOCK - 1)) < this.start + this.pages
  }

  /** @internal */
  pageblockContents(page: number): PageblockContents {
    return this.#contents(page, STAYS)
  }

  /** @internal */
  moveFreeOfBlock(page: number, migratetype: number): PageblockContents {
    return this.#contents(page, migratetype)
  }

  /** What a pageblock has, and where its free blocks go: to the lists of a migratetype, or {@link STAYS}. */
  #contents(page: number, migratetype: number): PageblockContents {
    const begin = page & -PAGEBLOCK
    const end = Math.min(begin + PAGEBLOCK, this.start + this.pages)
    let free = 0
    let movable = 0
    for (let at = begin; at < end; ) {
      // A block that began in an earlier pageblock has no order here.
      const order = this.frames.order(at)
      const kind = this.frames.kind(at)
      if (kind === Kind.FREE) {
        if (migratetype !== STAYS) this.move(at, order, migratetype)
        free += 1 << order
      } else if (kind === Kind.LRU || kind === Kind.UNEVICTABLE) movable += 1 << order
      at += 1 << order
    }
    return { free, movable }
  }

  /** @internal */
  move(page: number, order: number, migratetype: number): void {
    this.frames.remove(page)
    this.frames.addTail(this.list(order, migratetype), page)
  }

  private list(order: number, migratetype: number): number {
    return this.firstList + order * Types.COUNT + migratetype
  }

  /** What is reserved for atomic requests, part of a CMA area or isolated does not become part of a larger block that is not. */
  private mergeable(page: number, buddy: number, order: number): boolean {
    if (order < Order.PAGEBLOCK) return true
    if (order === Order.HIGHEST) return false
    const one = this.pageblockMigratetype(page)
    const other = this.pageblockMigratetype(buddy)
    return one === other || (one < Types.MERGEABLE && other < Types.MERGEABLE)
  }

  /**
   * Returns true if two free buddies may not lie side by side. A whole pageblock that the reserve has given up does not merge with a
   * free one beside it until either is freed again: moving it to another list is all that is done (move_freepages_block, in 6.1 and 6.18).
   */
  #mustHaveMerged(page: number, buddy: number, order: number): boolean {
    if (this.#converted && order >= Order.PAGEBLOCK) return false
    return this.mergeable(page, buddy, order)
  }

  private misused(page: number, order: number): PageError {
    const last = this.start + this.pages - 1
    if (!Number.isInteger(page) || page < this.start || page > last) {
      return new PageError(
        `page ${page} freed with order ${order} is not in this zone, which has pages ${this.start} to ${last}`,
      )
    }
    if (!Number.isInteger(order) || order < 0 || order > Order.HIGHEST) {
      return new PageError(`page ${page} freed with order ${order}: orders are 0 to 10`)
    }
    const { frames } = this
    const head = frames.head(page)
    const kind = frames.kind(head)
    const size = frames.order(head)
    const owner = this.#owner(frames.owner[head] as number)
    const what = `page ${page} freed with order ${order}`
    if (kind === Kind.LRU)
      return new PageError(`${what} is on an LRU list (order ${size}, owner ${owner})`)
    if (kind === Kind.UNEVICTABLE)
      return new PageError(`${what} is kept in memory (order ${size}, owner ${owner})`)
    if (kind === Kind.ISOLATED)
      return new PageError(`${what} is isolated (order ${size}, owner ${owner})`)
    if (kind === Kind.SLAB)
      return new PageError(`${what} is part of a slab (order ${size}, owner ${owner})`)
    if (kind !== Kind.USED) {
      return new PageError(
        `${what} is free already: freed twice? (order ${size}, last owner ${owner})`,
      )
    }
    if (head !== page) {
      return new PageError(
        `${what} is inside a block that begins with page ${head} (order ${size}, owner ${owner})`,
      )
    }
    return new PageError(`${what} was allocated with order ${size} (owner ${owner})`)
  }
}
