/**
 * LRU: the pages that reclaim may take back, on lists by node: those of files and those of programs, each used lately or not
 * (mm/swap.c, struct lruvec, 6.1). A page gets on a list when somebody who can do without it adds it; new ones go to the front of
 * the inactive list, reclaim takes from its end.
 */

import { PageError } from '../pages/page-error.js'
import { InvariantError, Kind, NO_PAGE, type PageFrames } from '../pages/page-frames.js'
import { ZONES } from '../pages/zone.js'
import type { Zones } from '../pages/zones.js'

/** Part of a file; the others are memory of programs, which has to be swapped out. */
export const PG_FILE = 0x01
/** On the active list. */
export const PG_ACTIVE = 0x02
/** Used since reclaim last looked. */
export const PG_REFERENCED = 0x04
/** To be written before it can be freed. */
export const PG_DIRTY = 0x08
/** Being written. */
export const PG_WRITEBACK = 0x10
/** Reclaim has met it while it could not be freed. */
export const PG_RECLAIM = 0x20
/** The filesystem has data of its own at the page: only it can release it, for requests with `__GFP_FS`. */
export const PG_PRIVATE = 0x40

/** It was active once: when it comes back it belongs to the working set. */
export const PG_WORKINGSET = 0x80

/** The lists of a node, in the kernel's order (enum lru_list). */
const LRU_LISTS = ['inactive_anon', 'active_anon', 'inactive_file', 'active_file'] as const
/** Pages without a file that are not known to be used. */
export const INACTIVE_ANON = 0
/** Pages without a file that were used lately. */
export const ACTIVE_ANON = 1
/** Pages of files that are not known to be used: reclaim begins here. */
export const INACTIVE_FILE = 2
/** Pages of files that were used lately. */
export const ACTIVE_FILE = 3
const LISTS = 4

/** How many lists the page frames have to have for it. */
export function lruLists(nodes: number): number {
  return nodes * LISTS
}

/** What is known beside the pages: a copy. */
export type LruState = Int32Array

/**
 * The pages that reclaim may take, in the order in which it looks at them: four lists for each node (struct lruvec).
 */
export class Lru {
  readonly #zones: Zones
  readonly #frames: PageFrames
  readonly #lists: number
  /** Pages by node, zone and list. */
  readonly #pages: Int32Array
  /** Pages by node and list: reclaim asks for them all the time. */
  readonly #sums: Int32Array

  constructor(zones: Zones) {
    this.#zones = zones
    this.#frames = zones.frames
    this.#lists = zones.frames.newList()
    for (let i = 1; i < zones.nodes * LISTS; i++) zones.frames.newList()
    this.#pages = new Int32Array(zones.nodes * ZONES.length * LISTS)
    this.#sums = new Int32Array(zones.nodes * LISTS)
  }

  /**
   * Puts a block in use where reclaim finds it. From now on it can be freed any time.
   * @param flags any of PG_FILE, PG_DIRTY, PG_ACTIVE, PG_PRIVATE, PG_WORKINGSET
   * @throws PageError for what is not the first page of a block in use.
   */
  add(page: number, flags: number): void {
    const frames = this.#frames
    if (frames.kind(page) !== Kind.USED) {
      throw new PageError(`page ${page} is not the first of a block in use: no LRU list takes it`)
    }
    frames.state[page] = Kind.LRU | frames.order(page)
    frames.flags[page] = flags
    this.#link(page)
  }

  /**
   * Takes a page off its list: whoever added it frees it, or needs it for good.
   * @throws PageError for a page that is on none.
   */
  remove(page: number): void {
    this.#assertListed(page)
    this.#unlink(page)
    this.#frames.state[page] = Kind.USED | this.#frames.order(page)
    this.#frames.flags[page] = 0
  }

  /**
   * Another page takes a page's place: it gets its flags, and comes to the front of the list that they mean (folio_migrate_flags,
   * putback_lru_page). The first is in use, and on no list.
   * @throws PageError when the first is on no list, or the other is not the first of a block in use.
   */
  migrate(from: number, to: number): void {
    const flags = this.flags(from)
    this.add(to, flags)
    this.remove(from)
  }

  /**
   * Somebody used the page: the second time it becomes active (mark_page_accessed).
   * @returns true if it has become active
   * @throws PageError for a page that is on no list.
   */
  markAccessed(page: number): boolean {
    const flags = this.flags(page)
    if ((flags & PG_REFERENCED) === 0) this.#frames.flags[page] = flags | PG_REFERENCED
    else if ((flags & PG_ACTIVE) === 0) {
      this.setFlags(page, (flags & ~PG_REFERENCED) | PG_ACTIVE)
      return true
    }
    return false
  }

  /** @throws PageError for a page that is on no list. */
  flags(page: number): number {
    this.#assertListed(page)
    return this.#frames.flags[page] as number
  }

  /**
   * Sets all flags of a page; it moves to the front of the list that they mean.
   * @throws PageError for a page that is on no list.
   */
  setFlags(page: number, flags: number): void {
    const moves = ((this.flags(page) ^ flags) & (PG_FILE | PG_ACTIVE)) !== 0
    if (moves) this.#unlink(page)
    this.#frames.flags[page] = flags
    if (moves) this.#link(page)
  }

  /**
   * A page has been written. If reclaim has met it meanwhile it is the next to go (folio_end_writeback).
   * @throws PageError for a page that is on no list.
   */
  endWriteback(page: number): void {
    const flags = this.flags(page)
    const wanted = (flags & PG_RECLAIM) !== 0
    this.setFlags(page, flags & ~(PG_WRITEBACK | PG_RECLAIM | (wanted ? PG_ACTIVE : 0)))
    if (!wanted) return
    this.#frames.remove(page)
    this.#frames.addTail(this.#list(page), page)
  }

  /** Puts a page at the front of its list again. */
  rotate(page: number): void {
    this.#frames.remove(page)
    this.#frames.add(this.#list(page), page)
  }

  /** The page at the end of a list, which is next to go; {@link NO_PAGE} when the list is empty. */
  last(node: number, list: number): number {
    return this.#frames.last(this.#lists + node * LISTS + list)
  }

  /** Pages on a list of a node. */
  pages(node: number, list: number): number {
    return this.#sums[node * LISTS + list] as number
  }

  /** Pages of one zone on a list. */
  pagesOf(node: number, zone: number, list: number): number {
    return this.#pages[(node * ZONES.length + zone) * LISTS + list] as number
  }

  /** What is known beside the pages. */
  save(): LruState {
    return this.#pages.slice()
  }

  /** Puts it back. */
  load(state: LruState): void {
    this.#pages.set(state)
    this.#sums.fill(0)
    for (const [index, pages] of state.entries()) {
      const sum = Math.floor(index / (ZONES.length * LISTS)) * LISTS + (index % LISTS)
      this.#sums[sum] = (this.#sums[sum] as number) + pages
    }
  }

  /** @throws InvariantError when lists, flags and counters disagree, or a page is marked as listed and on no list. */
  validate(): void {
    const counted = new Int32Array(this.#pages.length)
    const frames = this.#frames
    let listed = 0
    for (let list = 0; list < this.#zones.nodes * LISTS; list++) {
      listed += frames.check(this.#lists + list, (page) => {
        if (frames.kind(page) !== Kind.LRU || this.#list(page) !== this.#lists + list) {
          throw new InvariantError(page, `it is on LRU list ${LRU_LISTS[list % LISTS]}, wrongly`)
        }
        const counter = this.#counter(page)
        counted[counter] = (counted[counter] as number) + (1 << frames.order(page))
      })
    }
    for (const [index, pages] of counted.entries()) {
      if (pages !== this.#pages[index]) {
        const list = LRU_LISTS[index % LISTS]
        throw new InvariantError(
          NO_PAGE,
          `${list} has ${pages} pages, ${this.#pages[index]} counted`,
        )
      }
    }
    for (let page = 0; page < frames.pages; page++) if (frames.kind(page) === Kind.LRU) listed--
    if (listed !== 0) throw new InvariantError(NO_PAGE, `${-listed} LRU pages are on no list`)
  }

  #assertListed(page: number): void {
    if (this.#frames.kind(page) !== Kind.LRU) throw new PageError(`page ${page} is on no LRU list`)
  }

  #link(page: number): void {
    this.#frames.add(this.#list(page), page)
    this.#count(page, 1 << this.#frames.order(page))
  }

  #unlink(page: number): void {
    this.#frames.remove(page)
    this.#count(page, -(1 << this.#frames.order(page)))
  }

  #count(page: number, pages: number): void {
    const { node, index } = this.#zones.zoneOf(page)
    const kind = this.#kind(page)
    const counter = (node * ZONES.length + index) * LISTS + kind
    const sum = node * LISTS + kind
    this.#pages[counter] = (this.#pages[counter] as number) + pages
    this.#sums[sum] = (this.#sums[sum] as number) + pages
  }

  #counter(page: number): number {
    const { node, index } = this.#zones.zoneOf(page)
    return (node * ZONES.length + index) * LISTS + this.#kind(page)
  }

  #list(page: number): number {
    return this.#lists + this.#zones.zoneOf(page).node * LISTS + this.#kind(page)
  }

  #kind(page: number): number {
    const flags = this.#frames.flags[page] as number
    return (
      ((flags & PG_FILE) !== 0 ? INACTIVE_FILE : INACTIVE_ANON) +
      ((flags & PG_ACTIVE) !== 0 ? 1 : 0)
    )
  }
}
