/**
 * LRU: the pages that reclaim may take back, on lists by node: those of files and those of programs, each used lately or not
 * (mm/swap.c, struct lruvec, 6.1). A page gets on a list when somebody who can do without it adds it; new ones go to the front of
 * the inactive list, reclaim takes from its end. Each memory cgroup has lists of its own on each node: an lruvec, which is a number here.
 * The lruvecs of the root are those of the nodes, by their numbers.
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
/** Of a page without a file, the same bit: it has a slot of swap space, to which it is written before it is freed. */
export const PG_SWAPCACHE = 0x40

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
/** What is counted of a node beside its lists: pages that nobody reclaims, and pages that somebody works on, without and with a file. */
const UNEVICTABLE = 0
const ISOLATED_ANON = 1
const ISOLATED_FILE = 2
const OTHERS = 3

/** How many lists the page frames have to have for it, with so many memory cgroups beside the root. */
export function lruLists(nodes: number, groups: number): number {
  return nodes * (groups + 1) * LISTS
}

/** What is known beside the pages: a copy. */
export interface LruState {
  /** Pages by lruvec, zone and list. */
  readonly listed: Int32Array
  /** Pages of nodes that are on no list: unevictable, isolated without and with a file. */
  readonly unlisted: Int32Array
}

/**
 * The pages that reclaim may take, in the order in which it looks at them: four lists for each lruvec (struct lruvec).
 */
export class Lru {
  readonly #zones: Zones
  readonly #frames: PageFrames
  readonly #nodes: number
  readonly #lists: number
  readonly #lruvecs: number
  /** Pages by lruvec, zone and list. */
  readonly #pages: Int32Array
  /** Pages by lruvec and list: reclaim asks for them all the time. */
  readonly #sums: Int32Array
  /** Of all groups: pages by node, zone and list, and by node and list. */
  readonly #zonePages: Int32Array
  readonly #nodePages: Int32Array
  /** Pages by node that are on no list. */
  readonly #others: Int32Array

  /** @param groups how many memory cgroups there can be beside the root */
  constructor(zones: Zones, groups = 0) {
    this.#zones = zones
    this.#frames = zones.frames
    this.#nodes = zones.nodes
    this.#lruvecs = zones.nodes * (groups + 1)
    this.#lists = this.#lruvecs === 0 ? 0 : zones.frames.newList()
    for (let i = 1; i < this.#lruvecs * LISTS; i++) zones.frames.newList()
    this.#pages = new Int32Array(this.#lruvecs * ZONES.length * LISTS)
    this.#sums = new Int32Array(this.#lruvecs * LISTS)
    this.#zonePages = new Int32Array(zones.nodes * ZONES.length * LISTS)
    this.#nodePages = new Int32Array(zones.nodes * LISTS)
    this.#others = new Int32Array(zones.nodes * OTHERS)
  }

  /** The lruvec of a memory cgroup on a node. */
  lruvec(group: number, node: number): number {
    return group * this.#nodes + node
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
    const frames = this.#frames
    if (frames.kind(page) === Kind.UNEVICTABLE) this.#countOther(page, UNEVICTABLE, -1)
    else {
      this.#assertListed(page)
      this.#unlink(page)
    }
    frames.state[page] = Kind.USED | frames.order(page)
    frames.flags[page] = 0
  }

  /**
   * The owner keeps a page in memory (mlock): it leaves its list, and reclaim does not meet it.
   * @throws PageError for a page that is on no list.
   */
  mlock(page: number): void {
    this.#assertListed(page)
    this.#unlink(page)
    this.#frames.state[page] = Kind.UNEVICTABLE | this.#frames.order(page)
    this.#countOther(page, UNEVICTABLE, 1)
  }

  /**
   * The owner does not any more: the page comes back to the front of its list (munlock).
   * @throws PageError for a page that is not kept in memory.
   */
  munlock(page: number): void {
    this.#assertKind(page, Kind.UNEVICTABLE, 'kept in memory')
    this.#countOther(page, UNEVICTABLE, -1)
    this.#relist(page)
  }

  /**
   * Somebody works on a page, and takes it off its list meanwhile (folio_isolate_lru). Where many pages are isolated, reclaim waits.
   * @throws PageError for a page that is on no list.
   */
  isolate(page: number): void {
    this.#assertListed(page)
    this.#unlink(page)
    this.#frames.state[page] = Kind.ISOLATED | this.#frames.order(page)
    this.#countOther(page, this.#isolatedAs(page), 1)
  }

  /**
   * The work is over: the page comes back to the front of its list (folio_putback_lru).
   * @throws PageError for a page that is not isolated.
   */
  putback(page: number): void {
    this.#assertKind(page, Kind.ISOLATED, 'isolated')
    this.#countOther(page, this.#isolatedAs(page), -1)
    this.#relist(page)
  }

  /**
   * Another page takes a page's place: it gets its flags and its memory cgroup, and comes to the front of the list that they mean
   * (folio_migrate_flags, mem_cgroup_migrate, putback_lru_page). The first is in use, and on no list.
   * @throws PageError when the first is on no list, or the other is not the first of a block in use.
   */
  migrate(from: number, to: number): void {
    const flags = this.flags(from)
    const frames = this.#frames
    const { memcg } = frames
    if (memcg !== null && frames.kind(to) === Kind.USED) memcg[to] = frames.memcgOf(from)
    this.add(to, flags)
    this.remove(from)
    if (memcg !== null) memcg[from] = 0
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
  last(lruvec: number, list: number): number {
    return this.#frames.last(this.#lists + lruvec * LISTS + list)
  }

  /** Pages of a node on lists of this kind, of all memory cgroups. */
  pages(node: number, list: number): number {
    return this.#nodePages[node * LISTS + list] as number
  }

  /** Pages of one zone on lists of this kind, of all memory cgroups. */
  pagesOf(node: number, zone: number, list: number): number {
    return this.#zonePages[(node * ZONES.length + zone) * LISTS + list] as number
  }

  /** Pages on one list (lruvec_lru_size). @param highest of zones up to this one only */
  size(lruvec: number, list: number, highest: number = ZONES.length - 1): number {
    if (highest >= ZONES.length - 1) return this.#sums[lruvec * LISTS + list] as number
    let pages = 0
    for (let zone = 0; zone <= highest; zone++) {
      pages += this.#pages[(lruvec * ZONES.length + zone) * LISTS + list] as number
    }
    return pages
  }

  /** Pages of a node that their owners keep in memory (NR_UNEVICTABLE). */
  unevictable(node: number): number {
    return this.#others[node * OTHERS + UNEVICTABLE] as number
  }

  /** Pages of a node that somebody works on (NR_ISOLATED_ANON and NR_ISOLATED_FILE). */
  isolated(node: number, file: boolean): number {
    return this.#others[node * OTHERS + (file ? ISOLATED_FILE : ISOLATED_ANON)] as number
  }

  /** What is known beside the pages. */
  save(): LruState {
    return { listed: this.#pages.slice(), unlisted: this.#others.slice() }
  }

  /** Puts it back. */
  load({ listed, unlisted }: LruState): void {
    this.#pages.set(listed)
    this.#others.set(unlisted)
    this.#sums.fill(0)
    this.#zonePages.fill(0)
    this.#nodePages.fill(0)
    for (const [index, pages] of listed.entries()) {
      const list = index % LISTS
      const zone = Math.floor(index / LISTS) % ZONES.length
      const lruvec = Math.floor(index / (LISTS * ZONES.length))
      if (pages !== 0) this.#sum(lruvec, zone, list, pages)
    }
  }

  /** @throws InvariantError when lists, flags and counters disagree, or a page is marked as listed and on no list. */
  validate(): void {
    const counted = new Int32Array(this.#pages.length)
    const others = new Int32Array(this.#others.length)
    const frames = this.#frames
    let listed = 0
    for (let list = 0; list < this.#lruvecs * LISTS; list++) {
      // Most groups have nothing, and tests validate often.
      if (frames.isEmpty(this.#lists + list)) continue
      listed += frames.check(this.#lists + list, (page) => {
        if (frames.kind(page) !== Kind.LRU || this.#list(page) !== this.#lists + list) {
          throw new InvariantError(page, `it is on LRU list ${LRU_LISTS[list % LISTS]}, wrongly`)
        }
        const counter = this.#counter(page)
        counted[counter] = (counted[counter] as number) + (1 << frames.order(page))
      })
    }
    for (let page = 0; page < frames.pages; page++) {
      const kind = frames.kind(page)
      if (kind === Kind.LRU) listed--
      if (kind !== Kind.UNEVICTABLE && kind !== Kind.ISOLATED) continue
      const what = kind === Kind.UNEVICTABLE ? UNEVICTABLE : this.#isolatedAs(page)
      const other = this.#zones.zoneOf(page).node * OTHERS + what
      others[other] = (others[other] as number) + (1 << frames.order(page))
    }
    if (listed !== 0) throw new InvariantError(NO_PAGE, `${-listed} LRU pages are on no list`)
    this.#assertCounted(counted, this.#pages, (index) => LRU_LISTS[index % LISTS] ?? '')
    this.#assertCounted(others, this.#others, (index) => OTHER_NAMES[index % OTHERS] ?? '')
  }

  #assertCounted(counted: Int32Array, kept: Int32Array, name: (index: number) => string): void {
    for (const [index, pages] of counted.entries()) {
      if (pages === kept[index]) continue
      throw new InvariantError(NO_PAGE, `${name(index)} has ${pages} pages, ${kept[index]} counted`)
    }
  }

  #assertListed(page: number): void {
    if (this.#frames.kind(page) !== Kind.LRU) throw new PageError(`page ${page} is on no LRU list`)
  }

  #assertKind(page: number, kind: Kind, what: string): void {
    if (this.#frames.kind(page) !== kind) throw new PageError(`page ${page} is not ${what}`)
  }

  #relist(page: number): void {
    this.#frames.state[page] = Kind.LRU | this.#frames.order(page)
    this.#link(page)
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
    const list = this.#kind(page)
    const lruvec = this.#frames.memcgOf(page) * this.#nodes + node
    const counter = (lruvec * ZONES.length + index) * LISTS + list
    this.#pages[counter] = (this.#pages[counter] as number) + pages
    this.#sum(lruvec, index, list, pages)
  }

  /** Adds to all the sums of {@link #pages}. */
  #sum(lruvec: number, zone: number, list: number, pages: number): void {
    const node = lruvec % this.#nodes
    const sum = lruvec * LISTS + list
    const zoneSum = (node * ZONES.length + zone) * LISTS + list
    const nodeSum = node * LISTS + list
    this.#sums[sum] = (this.#sums[sum] as number) + pages
    this.#zonePages[zoneSum] = (this.#zonePages[zoneSum] as number) + pages
    this.#nodePages[nodeSum] = (this.#nodePages[nodeSum] as number) + pages
  }

  #countOther(page: number, what: number, sign: number): void {
    const other = this.#zones.zoneOf(page).node * OTHERS + what
    const pages = sign * (1 << this.#frames.order(page))
    this.#others[other] = (this.#others[other] as number) + pages
  }

  #isolatedAs(page: number): number {
    return ((this.#frames.flags[page] as number) & PG_FILE) !== 0 ? ISOLATED_FILE : ISOLATED_ANON
  }

  #counter(page: number): number {
    const { node, index } = this.#zones.zoneOf(page)
    const lruvec = this.#frames.memcgOf(page) * this.#nodes + node
    return (lruvec * ZONES.length + index) * LISTS + this.#kind(page)
  }

  #list(page: number): number {
    const lruvec = this.#frames.memcgOf(page) * this.#nodes + this.#zones.zoneOf(page).node
    return this.#lists + lruvec * LISTS + this.#kind(page)
  }

  #kind(page: number): number {
    const flags = this.#frames.flags[page] as number
    return (
      ((flags & PG_FILE) !== 0 ? INACTIVE_FILE : INACTIVE_ANON) +
      ((flags & PG_ACTIVE) !== 0 ? 1 : 0)
    )
  }
}

/** In the order of what is counted beside the lists. */
const OTHER_NAMES = ['unevictable', 'isolated_anon', 'isolated_file'] as const
