/**
 * Buddy: the free blocks of one zone, by order and migratetype (mm/page_alloc.c, 6.1). A block has 2^order pages and is
 * aligned to its size; its buddy is the other half of the block of the next order. Freeing merges buddies, so
 * two free buddies never exist side by side.
 *
 * There is no object per page: a page is an index into typed arrays. Lists are doubly linked through the first page of each
 * block; 10 bytes a page in all.
 */
import { ALLOC_NOFRAGMENT } from '../gfp/alloc-flags.js'
import { MIGRATE_HIGHATOMIC, MIGRATE_MOVABLE } from '../gfp/migratetype.js'
import { findSuitableFallback, PAGEBLOCK_ORDER } from './fallback.js'
import { NO_PAGE } from './slow-path.js'
import { MAX_ORDER } from './watermark.js'

/** Lists by migratetype: unmovable, movable, reclaimable, highatomic. */
const MIGRATE_TYPES = 4

/** What a page is, in the upper bits of its state; the order of its block is in the lower four. */
const INSIDE = 0
const FREE = 0x10
const ALLOCATED = 0x20
const ORDER = 0x0f
const NONE = -1

/** Somebody freed, or asked for, what is not a block. Nothing has changed. */
export class PageError extends Error {
  /** @internal */
  constructor(message: string) {
    super(message)
    this.name = 'PageError'
  }
}

/** All that a {@link Buddy} knows, to be put back later. */
export interface BuddySnapshot {
  readonly next: Int32Array
  readonly previous: Int32Array
  readonly state: Uint8Array
  readonly list: Uint8Array
  readonly heads: Int32Array
  readonly counts: Int32Array
  readonly blocks: Uint8Array
}

/** A block that was taken from another migratetype's list. */
export interface FallbackEvent {
  readonly page: number
  /** The order that was asked for, and that of the block found. */
  readonly order: number
  readonly found: number
  readonly wanted: number
  readonly from: number
  /** Whether the whole pageblock changed its migratetype. */
  readonly changed: boolean
}

export class Buddy {
  /** How many pages the zone has. */
  readonly pages: number
  /** Is told of each fallback. */
  onFallback: ((event: FallbackEvent) => void) | null = null
  /** How many pages are free. */
  #free = 0
  readonly #next: Int32Array
  readonly #previous: Int32Array
  /** For the first page of a block: FREE or ALLOCATED, and its order. */
  readonly #state: Uint8Array
  /** For the first page of a free block: the migratetype of the list that it is on. */
  readonly #list: Uint8Array
  readonly #heads = new Int32Array(MAX_ORDER * MIGRATE_TYPES).fill(NONE)
  /** Free blocks by order and migratetype. */
  readonly #counts = new Int32Array(MAX_ORDER * MIGRATE_TYPES)
  /** The migratetype of each pageblock. */
  readonly #blocks: Uint8Array

  /**
   * @param pages how many pages the zone has, 1 to 2^30; all are free and movable.
   * @throws RangeError for another number.
   */
  constructor(pages: number) {
    if (!Number.isInteger(pages) || pages < 1 || pages > 2 ** 30) {
      throw new RangeError(`a zone has 1 to 2^30 pages, not ${pages}`)
    }
    this.pages = pages
    this.#next = new Int32Array(pages).fill(NONE)
    this.#previous = new Int32Array(pages).fill(NONE)
    this.#state = new Uint8Array(pages)
    this.#list = new Uint8Array(pages)
    this.#blocks = new Uint8Array(Math.ceil(pages / (1 << PAGEBLOCK_ORDER))).fill(MIGRATE_MOVABLE)
    for (let page = 0; page < pages; ) {
      let order = MAX_ORDER - 1
      while ((page & ((1 << order) - 1)) !== 0 || page + (1 << order) > pages) order--
      this.#add(page, order, MIGRATE_MOVABLE)
      page += 1 << order
    }
    this.#free = pages
  }

  /** How many pages are free: NR_FREE_PAGES. */
  get freePages(): number {
    return this.#free
  }

  /** How many blocks of an order are free, of one migratetype or of all. */
  freeBlocks(order: number, migratetype?: number): number {
    if (migratetype !== undefined) return this.#counts[order * MIGRATE_TYPES + migratetype] ?? 0
    let blocks = 0
    for (let type = 0; type < MIGRATE_TYPES; type++) {
      blocks += this.#counts[order * MIGRATE_TYPES + type] as number
    }
    return blocks
  }

  /** A bit per migratetype that has free blocks of this order, for the watermarks. */
  lists(order: number): number {
    let lists = 0
    for (let type = 0; type < MIGRATE_TYPES; type++) {
      if (this.#heads[order * MIGRATE_TYPES + type] !== NONE) lists |= 1 << type
    }
    return lists
  }

  /** The migratetype of the pageblock that a page is in. */
  pageblockMigratetype(page: number): number {
    return this.#blocks[page >> PAGEBLOCK_ORDER] as number
  }

  /** Turns a pageblock over to a migratetype. Its free blocks stay on their lists. */
  setPageblockMigratetype(page: number, migratetype: number): void {
    this.#blocks[page >> PAGEBLOCK_ORDER] = migratetype
  }

  /** The order of the block in use that begins with this page, -1 when none does. */
  allocatedOrder(page: number): number {
    const state = this.#state[page] ?? INSIDE
    return (state & ALLOCATED) !== 0 ? state & ORDER : -1
  }

  /**
   * Takes a block: of its migratetype, or of another when that has run out (__rmqueue).
   *
   * @param order 0 to 10
   * @param migratetype unmovable, movable, reclaimable or highatomic
   * @param allocFlags of these, ALLOC_NOFRAGMENT matters: other migratetypes give whole pageblocks only
   * @returns the first page, or {@link NO_PAGE}
   */
  alloc(order: number, migratetype: number, allocFlags = 0): number {
    const page = this.#smallest(order, migratetype)
    if (page !== NONE) return page
    if (!this.#fallback(order, migratetype, allocFlags)) return NO_PAGE
    return this.#smallest(order, migratetype)
  }

  /**
   * Gives a block back, and merges it with its buddies as far as they are free (__free_one_page).
   * @throws PageError when it is not the first page of a block in use, or of another order.
   */
  free(page: number, order: number): void {
    const state = this.#state[page]
    if (state === undefined || state !== (ALLOCATED | order)) throw this.#wrongFree(page, order)
    const states = this.#state
    this.#free += 1 << order
    let first = page
    let size = order
    states[first] = INSIDE
    while (size < MAX_ORDER - 1) {
      const buddy = first ^ (1 << size)
      if (buddy + (1 << size) > this.pages || states[buddy] !== (FREE | size)) break
      this.#remove(buddy, size)
      states[buddy] = INSIDE
      first &= buddy
      size++
    }
    this.#add(first, size, this.pageblockMigratetype(first))
  }

  /** All that is known, for {@link restore}: a copy, 10 bytes a page. */
  snapshot(): BuddySnapshot {
    return {
      next: this.#next.slice(),
      previous: this.#previous.slice(),
      state: this.#state.slice(),
      list: this.#list.slice(),
      heads: this.#heads.slice(),
      counts: this.#counts.slice(),
      blocks: this.#blocks.slice(),
    }
  }

  /**
   * Puts everything back as it was.
   * @throws RangeError for a snapshot of a zone of another size.
   */
  restore(snapshot: BuddySnapshot): void {
    if (snapshot.state.length !== this.pages) {
      throw new RangeError(
        `a snapshot of ${snapshot.state.length} pages does not fit a zone of ${this.pages}`,
      )
    }
    this.#next.set(snapshot.next)
    this.#previous.set(snapshot.previous)
    this.#state.set(snapshot.state)
    this.#list.set(snapshot.list)
    this.#heads.set(snapshot.heads)
    this.#counts.set(snapshot.counts)
    this.#blocks.set(snapshot.blocks)
    this.#free = 0
    for (const [index, count] of this.#counts.entries()) {
      this.#free += count * (1 << Math.floor(index / MIGRATE_TYPES))
    }
  }

  /**
   * Proves the invariants: every page is in exactly one block, blocks are aligned, no two free buddies lie side by side,
   * the lists have the free blocks and no others, and the counters count them.
   * @throws Error that names the first page for which one fails.
   */
  validate(): void {
    let free = 0
    const counts = new Int32Array(MAX_ORDER * MIGRATE_TYPES)
    for (let page = 0; page < this.pages; ) {
      const state = this.#state[page] as number
      const order = state & ORDER
      const kind = state & ~ORDER
      const size = 1 << order
      if (kind !== FREE && kind !== ALLOCATED) throw broken(page, 'it is in no block')
      if ((page & (size - 1)) !== 0) throw broken(page, `a block of order ${order} begins there`)
      for (let inside = page + 1; inside < page + size; inside++) {
        if (this.#state[inside] !== INSIDE) throw broken(inside, 'it is in two blocks')
      }
      if (kind === FREE) {
        free += size
        const index = order * MIGRATE_TYPES + (this.#list[page] as number)
        counts[index] = (counts[index] as number) + 1
        const buddy = page ^ size
        if (order < MAX_ORDER - 1 && this.#state[buddy] === state) {
          throw broken(page, `it and its buddy ${buddy} are both free`)
        }
      }
      page += size
    }
    if (free !== this.#free) throw broken(0, `${free} pages are free, and ${this.#free} counted`)
    for (const [index, count] of counts.entries()) {
      const order = Math.floor(index / MIGRATE_TYPES)
      if (count !== this.#counts[index]) {
        throw broken(
          0,
          `${count} blocks of order ${order} are free, ${this.#counts[index]} counted`,
        )
      }
      let listed = 0
      let before = NONE
      let page = this.#heads[index] as number
      while (page !== NONE) {
        if (this.#state[page] !== (FREE | order)) throw broken(page, 'it is listed, and not free')
        if (this.#list[page] !== index % MIGRATE_TYPES) throw broken(page, 'it is on a wrong list')
        if (this.#previous[page] !== before) throw broken(page, 'its list does not lead back')
        if (++listed > count) throw broken(page, 'its list is longer than it should be')
        before = page
        page = this.#next[page] as number
      }
      if (listed !== count)
        throw broken(0, `${listed} blocks of order ${order} listed, not ${count}`)
    }
  }

  /** Takes the smallest block that fits from one migratetype's lists, and gives back the rest (__rmqueue_smallest). */
  #smallest(order: number, migratetype: number): number {
    const heads = this.#heads
    for (let size = order; size < MAX_ORDER; size++) {
      const page = heads[size * MIGRATE_TYPES + migratetype] as number
      if (page === NONE) continue
      this.#remove(page, size)
      for (let half = size; half > order; ) {
        half--
        this.#add(page + (1 << half), half, migratetype)
      }
      this.#state[page] = ALLOCATED | order
      this.#free -= 1 << order
      return page
    }
    return NONE
  }

  /** Moves a block of another migratetype to this one's lists (__rmqueue_fallback). */
  #fallback(order: number, migratetype: number, allocFlags: number): boolean {
    const whole = (allocFlags & ALLOC_NOFRAGMENT) !== 0 && order < PAGEBLOCK_ORDER
    const least = whole ? PAGEBLOCK_ORDER : order
    // The largest block first: a request that steals once need not steal again soon.
    for (let size = MAX_ORDER - 1; size >= least; size--) {
      const { migratetype: from, steal } = findSuitableFallback(
        size,
        migratetype,
        false,
        this.lists(size),
      )
      if (from < 0) continue
      if (!steal && migratetype === MIGRATE_MOVABLE && size > order) {
        // It will not keep the pageblock, so it had better take the smallest.
        return this.#fallbackSmallest(order, migratetype)
      }
      this.#steal(order, size, from, migratetype, steal)
      return true
    }
    return false
  }

  #fallbackSmallest(order: number, migratetype: number): boolean {
    for (let size = order; size < MAX_ORDER; size++) {
      const lists = this.lists(size)
      const { migratetype: from, steal } = findSuitableFallback(size, migratetype, false, lists)
      if (from < 0) continue
      this.#steal(order, size, from, migratetype, steal)
      return true
    }
    return false
  }

  /**
   * Makes the first block of a list usable for another migratetype: the block alone, or its pageblock with all that is
   * free in it (steal_suitable_fallback). What is movable among the pages in use is not known here and counts as nothing.
   */
  #steal(order: number, found: number, from: number, wanted: number, whole: boolean): void {
    const page = this.#heads[found * MIGRATE_TYPES + from] as number
    let changed = false
    if (this.pageblockMigratetype(page) === MIGRATE_HIGHATOMIC) this.#move(page, found, wanted)
    else if (found >= PAGEBLOCK_ORDER) {
      for (let block = page; block < page + (1 << found); block += 1 << PAGEBLOCK_ORDER) {
        this.setPageblockMigratetype(block, wanted)
      }
      changed = true
      this.#move(page, found, wanted)
    } else if (whole) {
      const moved = this.#moveFreeOfBlock(page, wanted)
      changed = moved >= 1 << (PAGEBLOCK_ORDER - 1)
      if (changed) this.setPageblockMigratetype(page, wanted)
    } else this.#move(page, found, wanted)
    this.onFallback?.({ page, order, found, wanted, from, changed })
  }

  /** Moves all free blocks of a pageblock to a migratetype's lists; returns how many pages that are. */
  #moveFreeOfBlock(page: number, migratetype: number): number {
    const begin = page & ~((1 << PAGEBLOCK_ORDER) - 1)
    const end = Math.min(begin + (1 << PAGEBLOCK_ORDER), this.pages)
    let moved = 0
    for (let at = begin; at < end; ) {
      const state = this.#state[at] as number
      const order = state & ORDER
      if ((state & FREE) !== 0) {
        this.#move(at, order, migratetype)
        moved += 1 << order
      }
      at += 1 << order
    }
    return moved
  }

  #move(page: number, order: number, migratetype: number): void {
    this.#remove(page, order)
    this.#add(page, order, migratetype)
  }

  #add(page: number, order: number, migratetype: number): void {
    const index = order * MIGRATE_TYPES + migratetype
    const head = this.#heads[index] as number
    this.#state[page] = FREE | order
    this.#list[page] = migratetype
    this.#previous[page] = NONE
    this.#next[page] = head
    if (head !== NONE) this.#previous[head] = page
    this.#heads[index] = page
    this.#counts[index] = (this.#counts[index] as number) + 1
  }

  #remove(page: number, order: number): void {
    const index = order * MIGRATE_TYPES + (this.#list[page] as number)
    const next = this.#next[page] as number
    const previous = this.#previous[page] as number
    if (previous === NONE) this.#heads[index] = next
    else this.#next[previous] = next
    if (next !== NONE) this.#previous[next] = previous
    this.#counts[index] = (this.#counts[index] as number) - 1
  }

  #wrongFree(page: number, order: number): PageError {
    const state = this.#state[page]
    if (state === undefined) {
      return new PageError(
        `page ${page} is not in this zone, which has pages 0 to ${this.pages - 1}`,
      )
    }
    if (!Number.isInteger(order) || order < 0 || order >= MAX_ORDER) {
      return new PageError(
        `page ${page} freed with order ${order}: orders are 0 to ${MAX_ORDER - 1}`,
      )
    }
    if ((state & ALLOCATED) !== 0) {
      return new PageError(
        `page ${page} freed with order ${order}, and allocated with ${state & ORDER}`,
      )
    }
    if ((state & FREE) !== 0) return new PageError(`page ${page} freed twice`)
    let first = page
    while (this.#state[first] === INSIDE) first--
    const kind = ((this.#state[first] as number) & FREE) !== 0 ? 'free block' : 'block in use'
    return new PageError(`page ${page} is inside the ${kind} that begins with page ${first}`)
  }
}

function broken(page: number, why: string): Error {
  return new Error(`buddy invariant broken at page ${page}: ${why}`)
}
