/**
 * LRU: the pages that reclaim may take back, on lists by node: those of files and those of programs, each used lately or not
 * (mm/swap.c, struct lruvec, 6.1). A page gets on a list when somebody who can do without it adds it; new ones go to the front of
 * the inactive list, reclaim takes from its end. Each memory cgroup has lists of its own on each node: an lruvec, which is a number here.
 * The lruvecs of the root are those of the nodes, by their numbers.
 */

import { PageError } from '../pages/page-error.js'
import { InvariantError, Kind, NO_PAGE, type PageFrames } from '../pages/page-frames.js'
import { HIGHEST_ZONE } from '../pages/zone.js'
import type { Zones } from '../pages/zones.js'
import { INACTIVE_ANON, INACTIVE_FILE, LISTS, LRU_LISTS, LruCounts } from './lru-counts.js'
import {
  PG_ACTIVE,
  PG_FILE,
  PG_RECLAIM,
  PG_REFERENCED,
  PG_WORKINGSET,
  PG_WRITEBACK,
} from './lru-flags.js'
import { generationLists, LruGen, type LruGenState } from './lru-gen.js'

/** What is counted of a node beside its lists: pages that nobody reclaims, and pages that somebody works on, without and with a file. */
const UNEVICTABLE = 0
const ISOLATED_ANON = 1
const ISOLATED_FILE = 2
const OTHERS = 3

/** How lists are ordered, and for how many groups. */
export interface LruOptions {
  /** How many memory cgroups there can be beside the root. */
  readonly groups: number
  /** Pages are in generations, instead of on active and inactive lists: see lru-gen.ts. */
  readonly lruGen: boolean
}

/** How many lists the page frames have to have for it. */
export function lruLists(nodes: number, { groups, lruGen }: LruOptions): number {
  const lruvecs = nodes * (groups + 1)
  return lruGen ? generationLists(lruvecs) : lruvecs * LISTS
}

/** What is known beside the pages: a copy. */
export interface LruState {
  /** Pages by lruvec, zone and list. */
  readonly listed: Int32Array
  /** Pages of nodes that are on no list: unevictable, isolated without and with a file. */
  readonly unlisted: Int32Array
  /** What is known of generations; null where there are none. */
  readonly generations: LruGenState | null
  /** By page: whoever has it mapped has used it; null as long as nobody has said so of any page. */
  readonly accessed: Uint8Array | null
}

/**
 * The pages that reclaim may take, in the order in which it looks at them: four lists for each lruvec (struct lruvec).
 */
export class Lru {
  /** The generations, where pages are in those; null where they are on active and inactive lists. */
  readonly generations: LruGen | null
  readonly #zones: Zones
  readonly #frames: PageFrames
  readonly #nodes: number
  readonly #lists: number
  readonly #lruvecs: number
  readonly #counts: LruCounts
  /** Pages by node that are on no list. */
  readonly #others: Int32Array
  /** The accessed bits of page tables, by page. */
  #accessed: Uint8Array | null = null

  constructor(zones: Zones, { groups, lruGen }: LruOptions = { groups: 0, lruGen: false }) {
    this.#zones = zones
    this.#frames = zones.frames
    this.#nodes = zones.nodes
    this.#lruvecs = zones.nodes * (groups + 1)
    this.#counts = new LruCounts(this.#lruvecs, zones.nodes)
    this.generations = lruGen ? new LruGen(zones, this.#counts, this.#lruvecs) : null
    const lists = lruGen ? 0 : this.#lruvecs * LISTS
    this.#lists = lists === 0 ? 0 : zones.frames.newList()
    for (let i = 1; i < lists; i++) zones.frames.newList()
    this.#others = new Int32Array(zones.nodes * OTHERS)
  }

  /** The lruvec of a memory cgroup on a node. */
  lruvec(group: number, node: number): number {
    return group * this.#nodes + node
  }

  /** The lruvec that a page is in: that of its memory cgroup, on its node. */
  lruvecOf(page: number): number {
    return this.lruvec(this.#frames.memcgOf(page), this.#zones.zoneOf(page).node)
  }

  /**
   * Puts a block in use where reclaim finds it, and may free it any time. Whoever frees it himself calls {@link remove} first.
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
    this.generations?.forget(page)
    if (this.#accessed !== null) this.#accessed[page] = 0
    // It has come back too soon, which is what makes a new page one of the working set: see workingset.ts.
    if ((flags & PG_WORKINGSET) !== 0) this.generations?.maximizeRefs(page)
    this.#link(page)
  }

  /**
   * Puts a page where reclaim finds it that a fault has made: its program is about to use it, so generations have it as the youngest
   * (folio_add_lru).
   * @param flags as of {@link Lru.add}
   * @throws PageError as add() does.
   */
  addFaulted(page: number, flags: number): void {
    this.add(page, this.generations === null ? flags : flags | PG_ACTIVE)
  }

  /**
   * Takes a page off its list: whoever added it frees it, or needs it for good. One that is isolated goes too: whoever has isolated it finds it
   * gone.
   * @throws PageError for a page that is on none.
   */
  remove(page: number): void {
    const frames = this.#frames
    const kind = frames.kind(page)
    if (kind === Kind.UNEVICTABLE) this.#countOther(page, UNEVICTABLE, -1)
    else if (kind === Kind.ISOLATED) this.#countOther(page, this.#isolatedAs(page), -1)
    else {
      this.#assertListed(page)
      this.#unlink(page)
    }
    frames.state[page] = Kind.USED | frames.order(page)
    frames.flags[page] = 0
    this.generations?.forget(page)
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
   * Somebody works on a page, and takes it off its list meanwhile (folio_isolate_lru). Its owner still has it, with its flags. Where many pages
   * are isolated, reclaim waits.
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
    this.add(to, this.#isActive(from) ? flags | PG_ACTIVE : flags)
    this.generations?.clearRefs(to)
    this.remove(from)
    if (memcg !== null) memcg[from] = 0
  }

  /**
   * Somebody used the page through a file descriptor: the second time it becomes active (mark_page_accessed). Generations only count it.
   * @returns true if it has become active
   * @throws PageError for a page that is on no list.
   */
  markAccessed(page: number): boolean {
    const flags = this.flags(page)
    if (this.generations !== null) {
      this.generations.used(page)
      return false
    }
    if ((flags & PG_REFERENCED) === 0) this.#frames.flags[page] = flags | PG_REFERENCED
    else if ((flags & PG_ACTIVE) === 0) {
      this.setFlags(page, (flags & ~PG_REFERENCED) | PG_ACTIVE)
      return true
    }
    return false
  }

  /** A program used a page that it has mapped: the CPU says so in the page table, and reclaim finds it there when it looks. */
  access(page: number): void {
    this.#accessed ??= new Uint8Array(this.#frames.pages)
    this.#accessed[page] = 1
  }

  /** Returns true if a page has been used by whoever has it mapped, and forgets it (folio_referenced). */
  takeAccessed(page: number): boolean {
    if (this.#accessed === null || this.#accessed[page] === 0) return false
    this.#accessed[page] = 0
    return true
  }

  /** Returns true if anybody has ever used a mapped page: else there is no need to look. */
  get anyAccessed(): boolean {
    return this.#accessed !== null
  }

  /**
   * The flags of a page. In generations none is active: which ones count as that, their ages say.
   * @throws PageError for a page that is on no list, and is not isolated from one.
   */
  flags(page: number): number {
    if (this.#frames.kind(page) !== Kind.ISOLATED) this.#assertListed(page)
    return this.#frames.flags[page] as number
  }

  /**
   * Sets all flags of a page; it moves to the front of the list that they mean, which for PG_ACTIVE is that of the youngest generation.
   * @throws PageError for a page that is on no list.
   */
  setFlags(page: number, flags: number): void {
    const changed = this.flags(page) ^ flags
    const listed = this.#frames.kind(page) === Kind.LRU && !this.#isTaken(page)
    const moves = (changed & (PG_FILE | PG_ACTIVE)) !== 0 && listed
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
    if (!wanted || this.#frames.kind(page) === Kind.ISOLATED) return
    if (this.generations !== null) {
      this.generations.remove(page, true)
      this.generations.add(page, true)
      return
    }
    this.#frames.remove(page)
    this.#frames.addTail(this.#list(page), page)
  }

  /** Puts a page at the front of its list again: it was isolated for a while (folio_putback_lru). */
  rotate(page: number): void {
    if (this.generations !== null) {
      this.generations.remove(page, false)
      this.generations.add(page, false)
      return
    }
    this.#frames.remove(page)
    this.#frames.add(this.#list(page), page)
  }

  /** The page at the end of a list, which is next to go; {@link NO_PAGE} when the list is empty. */
  last(lruvec: number, list: number): number {
    return this.#frames.last(this.#lists + lruvec * LISTS + list)
  }

  /** Pages of a node on lists of this kind, of all memory cgroups. */
  pages(node: number, list: number): number {
    return this.#counts.ofNode(node, list)
  }

  /** Pages of one zone on lists of this kind, of all memory cgroups. */
  pagesOf(node: number, zone: number, list: number): number {
    return this.#counts.ofZone(node, zone, list)
  }

  /** Pages on one list (lruvec_lru_size). @param highest of zones up to this one only */
  size(lruvec: number, list: number, highest: number = HIGHEST_ZONE): number {
    return this.#counts.ofLruvec(lruvec, list, highest)
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
    return {
      listed: this.#counts.save(),
      unlisted: this.#others.slice(),
      generations: this.generations?.save() ?? null,
      accessed: this.#accessed?.slice() ?? null,
    }
  }

  /**
   * Puts it back.
   * @throws RangeError for what a memory without generations has saved, or one with them, and this one is of the other kind
   */
  load({ listed, unlisted, generations, accessed }: LruState): void {
    if ((generations === null) !== (this.generations === null)) {
      throw new RangeError('a snapshot of generations fits only a memory with generations')
    }
    this.#counts.load(listed)
    this.#others.set(unlisted)
    if (generations !== null) this.generations?.load(generations)
    this.#accessed = accessed?.slice() ?? null
  }

  /** @throws InvariantError when lists, flags and counters disagree, or a page is marked as listed and on no list. */
  validate(): void {
    const counted = this.#counts.empty()
    const others = new Int32Array(this.#others.length)
    const frames = this.#frames
    let listed = this.generations?.validate(counted) ?? this.#validateLists(counted)
    for (let page = 0; page < frames.pages; page++) {
      const kind = frames.kind(page)
      if (kind === Kind.LRU) listed--
      if (kind !== Kind.UNEVICTABLE && kind !== Kind.ISOLATED) continue
      const what = kind === Kind.UNEVICTABLE ? UNEVICTABLE : this.#isolatedAs(page)
      const other = this.#zones.zoneOf(page).node * OTHERS + what
      others[other] = (others[other] as number) + (1 << frames.order(page))
    }
    if (listed !== 0) throw new InvariantError(NO_PAGE, `${-listed} LRU pages are on no list`)
    this.#counts.assertIs(counted)
    for (const [index, pages] of others.entries()) {
      if (pages === this.#others[index]) continue
      const what = OTHER_NAMES[index % OTHERS] ?? ''
      throw new InvariantError(
        NO_PAGE,
        `${what} has ${pages} pages, ${this.#others[index]} counted`,
      )
    }
  }

  /** Goes through the active and inactive lists. Returns how many blocks are on them. */
  #validateLists(counted: Int32Array): number {
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
    return listed
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
    if (this.generations !== null) {
      this.generations.add(page, false)
      return
    }
    this.#frames.add(this.#list(page), page)
    this.#count(page, 1 << this.#frames.order(page))
  }

  #unlink(page: number): void {
    if (this.generations !== null) {
      this.generations.remove(page, false)
      return
    }
    this.#frames.remove(page)
    this.#count(page, -(1 << this.#frames.order(page)))
  }

  #count(page: number, pages: number): void {
    const { node, index } = this.#zones.zoneOf(page)
    const lruvec = this.#frames.memcgOf(page) * this.#nodes + node
    this.#counts.add(lruvec, index, this.#kind(page), pages)
  }

  /** Returns true for a page of a generation that reclaim has in its hands just now. */
  #isTaken(page: number): boolean {
    return this.generations !== null && this.generations.gen(page) < 0
  }

  /** Returns true if a page is on an active list, or in a generation that counts as that. */
  #isActive(page: number): boolean {
    if (this.generations !== null) return this.generations.isActive(page)
    return ((this.#frames.flags[page] as number) & PG_ACTIVE) !== 0
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
    return this.#counts.place(lruvec, index, this.#kind(page))
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
