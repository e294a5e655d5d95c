/**
 * Generations: the lists of the multi-generational LRU (MGLRU; mm/vmscan.c and include/linux/mm_inline.h from lru_gen_add_folio on, struct
 * lru_gen_struct of include/linux/mmzone.h, 6.1.192). Pages of an lruvec lie in up to four generations, by when they were last known to be
 * used. Aging makes a new youngest one; eviction takes from the oldest one, and when that is empty the next is the oldest. Files and memory
 * of programs have the youngest one in common, and an oldest one each.
 *
 * Pages that are read through a file descriptor do not move when they are used: they only rise in tiers, by the logarithm of how often. Whether
 * a tier is worth protecting is what refaults say: if a share of its evicted pages came back that is larger than that of the first tier, its pages
 * are moved on instead of evicted.
 *
 * What is not here: the birth times of generations, with min_ttl_ms, since the allocator has no clock; and the generations of memory cgroups,
 * which came with 6.3 (shrink_many): reclaim goes through all groups, as 6.1 does.
 */
import { InvariantError, Kind, NO_PAGE, type PageFrames } from '../pages/page-frames.js'
import { ZONES } from '../pages/zone.js'
import type { Zones } from '../pages/zones.js'
import { INACTIVE_FILE, type LruCounts } from './lru-counts.js'
import {
  PG_ACTIVE,
  PG_DIRTY,
  PG_FILE,
  PG_RECLAIM,
  PG_REFERENCED,
  PG_SWAPCACHE,
  PG_WORKINGSET,
  PG_WRITEBACK,
} from './lru-flags.js'

/** Eviction leaves so many generations (MIN_NR_GENS): the youngest two count as active. */
export const MIN_NR_GENS = 2
/** There are never more of one type (MAX_NR_GENS). */
export const MAX_NR_GENS = 4
/** By how often a page was used, logarithmically (MAX_NR_TIERS). */
export const MAX_NR_TIERS = 4
/** Pages are taken in batches of so many (MIN_LRU_BATCH, the bits of a long). */
export const MIN_LRU_BATCH = 64
/** Nobody looks at more pages at once (MAX_LRU_BATCH). */
export const MAX_LRU_BATCH = MIN_LRU_BATCH * 64

/** Memory of programs (LRU_GEN_ANON). */
export const GEN_ANON = 0
/** Pages of files (LRU_GEN_FILE). */
export const GEN_FILE = 1
/** A type of pages: 0 are those of programs, 1 those of files. */
export type GenType = 0 | 1
const TYPES = 2

/** Uses beyond the second, of which so many bits are kept (LRU_REFS_WIDTH). */
export const LRU_REFS_WIDTH = 2
const MOST_REFS = (1 << LRU_REFS_WIDTH) - 1
/** Of a page's byte: its generation and one, 0 when it is on no list; then its uses. */
const GEN_MASK = 0x07
const REFS_SHIFT = 3
const REFS_MASK = MOST_REFS << REFS_SHIFT
/** What counts the uses of a page, beside its own bits (LRU_REFS_FLAGS). */
export const LRU_REFS_FLAGS: number = PG_REFERENCED | PG_WORKINGSET

const LISTS_OF_LRUVEC = MAX_NR_GENS * TYPES * ZONES.length

/** How many lists the page frames have to have for so many lruvecs. */
export function generationLists(lruvecs: number): number {
  return lruvecs * LISTS_OF_LRUVEC
}

/** What is known of the generations beside their lists: a copy. */
export interface LruGenState {
  /** By page: generation and uses. */
  readonly bits: Uint8Array
  /** By lruvec: the youngest generation. */
  readonly maxSeq: Int32Array
  /** By lruvec and type: the oldest generation. */
  readonly minSeq: Int32Array
  /** By lruvec, generation, type and zone. */
  readonly sizes: Int32Array
  /** By lruvec, type and tier, one behind the other: what the averages and the present generation have of evicted and refaulted pages. */
  readonly tiers: Float64Array
}

/** The generations of all lruvecs of a machine. */
export class LruGen {
  readonly #zones: Zones
  readonly #frames: PageFrames
  readonly #counts: LruCounts
  readonly #lruvecs: number
  readonly #lists: number
  readonly #bits: Uint8Array
  readonly #maxSeq: Int32Array
  readonly #minSeq: Int32Array
  readonly #sizes: Int32Array
  /** Five counters for each lruvec, type and tier: see the constants below. */
  readonly #tiers: Float64Array

  constructor(zones: Zones, counts: LruCounts, lruvecs: number) {
    this.#zones = zones
    this.#frames = zones.frames
    this.#counts = counts
    this.#lruvecs = lruvecs
    const lists = generationLists(lruvecs)
    this.#lists = lists === 0 ? 0 : zones.frames.newList()
    for (let i = 1; i < lists; i++) zones.frames.newList()
    this.#bits = new Uint8Array(zones.frames.pages)
    this.#maxSeq = new Int32Array(lruvecs).fill(MIN_NR_GENS + 1)
    this.#minSeq = new Int32Array(lruvecs * TYPES)
    this.#sizes = new Int32Array(lists)
    this.#tiers = new Float64Array(lruvecs * TYPES * MAX_NR_TIERS * COUNTERS)
  }

  /** The youngest generation of an lruvec (max_seq): it grows by one with each aging. */
  maxSeq(lruvec: number): number {
    return this.#maxSeq[lruvec] as number
  }

  /** The oldest generation of a type (min_seq). */
  minSeq(lruvec: number, type: GenType): number {
    return this.#minSeq[lruvec * TYPES + type] as number
  }

  /** How many generations a type has: 2 to 4 (get_nr_gens). */
  generations(lruvec: number, type: GenType): number {
    return this.maxSeq(lruvec) - this.minSeq(lruvec, type) + 1
  }

  /** Pages of a type in a generation. */
  size(lruvec: number, seq: number, type: GenType): number {
    let pages = 0
    for (let zone = 0; zone < ZONES.length; zone++) {
      pages += this.#sizes[this.#place(lruvec, seq % MAX_NR_GENS, type, zone)] as number
    }
    return pages
  }

  /** The generation that a page is in, by its place among the four; -1 when it is on no list (folio_lru_gen). */
  gen(page: number): number {
    return ((this.#bits[page] as number) & GEN_MASK) - 1
  }

  /** How often a page was used beyond the first time, 0 to 4 (folio_lru_refs). */
  refs(page: number): number {
    const workingset = ((this.#frames.flags[page] as number) & PG_WORKINGSET) !== 0 ? 1 : 0
    return (((this.#bits[page] as number) & REFS_MASK) >> REFS_SHIFT) + workingset
  }

  /** Forgets how often a page was used. */
  clearRefs(page: number): void {
    this.#bits[page] = (this.#bits[page] as number) & ~REFS_MASK
  }

  /** A page counts as one that was used as often as can be counted: it has come back too soon (lru_gen_refault). */
  maximizeRefs(page: number): void {
    this.#bits[page] = (this.#bits[page] as number) | REFS_MASK
  }

  /** Somebody used a page through a file descriptor: it stays where it is, and may rise a tier (folio_inc_refs). */
  used(page: number): void {
    const { flags } = this.#frames
    const known = flags[page] as number
    if ((known & PG_REFERENCED) === 0) flags[page] = known | PG_REFERENCED
    else if ((known & PG_WORKINGSET) === 0) flags[page] = known | PG_WORKINGSET
    else {
      const bits = this.#bits[page] as number
      if ((bits & REFS_MASK) !== REFS_MASK) this.#bits[page] = bits + (1 << REFS_SHIFT)
    }
  }

  /**
   * Puts a page into the generation that its flags mean (lru_gen_add_folio): the youngest if it is active; the one before if it cannot be evicted
   * at once; else the oldest or the one after it.
   * @param reclaiming it is to go first: into the oldest generation, at its end
   */
  add(page: number, reclaiming: boolean): void {
    const lruvec = this.#lruvec(page)
    const flags = this.#frames.flags[page] as number
    const type = typeOf(flags)
    const max = this.maxSeq(lruvec)
    const min = this.minSeq(lruvec, type)
    const late =
      (type === GEN_ANON && (flags & PG_SWAPCACHE) === 0) ||
      ((flags & PG_RECLAIM) !== 0 && (flags & (PG_DIRTY | PG_WRITEBACK)) !== 0)
    let seq = min + 1
    if ((flags & PG_ACTIVE) !== 0) seq = max
    else if (late) seq = max - 1
    else if (reclaiming || min + MIN_NR_GENS >= max) seq = min
    const gen = seq % MAX_NR_GENS
    this.#bits[page] = ((this.#bits[page] as number) & ~GEN_MASK) | (gen + 1)
    this.#frames.flags[page] = flags & ~PG_ACTIVE
    const { index: zone } = this.#zones.zoneOf(page)
    const list = this.#place(lruvec, gen, type, zone)
    if (reclaiming) this.#frames.addTail(this.#lists + list, page)
    else this.#frames.add(this.#lists + list, page)
    this.#resize(list, 1 << this.#frames.order(page))
  }

  /**
   * Takes a page off its list (lru_gen_del_folio). It is marked active if its generation counts as that, unless reclaim takes it.
   * Does nothing for a page that reclaim has taken already.
   */
  remove(page: number, reclaiming: boolean): void {
    const gen = this.gen(page)
    if (gen < 0) return
    const lruvec = this.#lruvec(page)
    const { flags } = this.#frames
    const known = flags[page] as number
    const list = this.#place(lruvec, gen, typeOf(known), this.#zones.zoneOf(page).index)
    this.#bits[page] = (this.#bits[page] as number) & ~GEN_MASK
    if (!reclaiming && this.#isActive(lruvec, gen)) flags[page] = known | PG_ACTIVE
    this.#frames.remove(page)
    this.#resize(list, -(1 << this.#frames.order(page)))
  }

  /** A page is not on any list, and will not be put back: nothing is known of it any more. */
  forget(page: number): void {
    this.#bits[page] = 0
  }

  /**
   * Moves a page on from the oldest generation of its type (folio_inc_gen); how often it was used is forgotten. A page in another generation
   * stays there.
   * @param reclaiming it was met while it could not be evicted: see PG_RECLAIM
   * @returns its generation, by its place
   */
  moveOn(page: number, reclaiming: boolean): number {
    const lruvec = this.#lruvec(page)
    const { flags } = this.#frames
    const known = flags[page] as number
    const type = typeOf(known)
    const old = this.minSeq(lruvec, type) % MAX_NR_GENS
    const gen = this.gen(page)
    if (gen !== old) return gen
    const next = (old + 1) % MAX_NR_GENS
    flags[page] = (known & ~LRU_REFS_FLAGS) | (reclaiming ? PG_RECLAIM : 0)
    this.#promote(page, lruvec, next)
    return next
  }

  /** Moves a page to the front of the list of its generation, or to the end (list_move, list_move_tail). */
  place(page: number, atEnd: boolean): void {
    const lruvec = this.#lruvec(page)
    const type = typeOf(this.#frames.flags[page] as number)
    const { index } = this.#zones.zoneOf(page)
    const list = this.#lists + this.#place(lruvec, this.gen(page), type, index)
    this.#frames.remove(page)
    if (atEnd) this.#frames.addTail(list, page)
    else this.#frames.add(list, page)
  }

  /** The page at the end of the oldest generation of a type in a zone: eviction looks at it next. {@link NO_PAGE} when it is empty. */
  oldest(lruvec: number, type: GenType, zone: number): number {
    const gen = this.minSeq(lruvec, type) % MAX_NR_GENS
    return this.#frames.last(this.#lists + this.#place(lruvec, gen, type, zone))
  }

  /**
   * The oldest generation that has pages becomes the oldest (try_to_inc_min_seq); two always remain.
   * @param canSwap memory of programs can be evicted: then files do not get ahead of it
   * @returns true if one has changed
   */
  tryToIncMinSeq(lruvec: number, canSwap: boolean): boolean {
    let anon = this.minSeq(lruvec, GEN_ANON)
    let file = this.#populated(lruvec, GEN_FILE)
    if (canSwap) {
      anon = Math.min(this.#populated(lruvec, GEN_ANON), file)
      file = Math.max(anon, this.minSeq(lruvec, GEN_FILE))
    }
    let changed = false
    if (anon !== this.minSeq(lruvec, GEN_ANON)) {
      this.#setMinSeq(lruvec, GEN_ANON, anon)
      changed = true
    }
    if (file !== this.minSeq(lruvec, GEN_FILE)) {
      this.#setMinSeq(lruvec, GEN_FILE, file)
      changed = true
    }
    return changed
  }

  /**
   * Aging: a new youngest generation (inc_max_seq). Where a type has four already, what is left of its oldest one moves on, to the end of the next; but
   * memory of programs that cannot be evicted is left where it is, and is in the youngest one with that.
   */
  incMaxSeq(lruvec: number, canSwap: boolean): void {
    for (const type of [GEN_FILE, GEN_ANON] as const) {
      if (this.generations(lruvec, type) !== MAX_NR_GENS) continue
      if (type === GEN_FILE || canSwap) this.#emptyOldest(lruvec, type)
      this.#setMinSeq(lruvec, type, this.minSeq(lruvec, type) + 1)
    }
    const max = this.maxSeq(lruvec)
    // The one before the youngest does not count as active any more; the new one does, if memory of programs is in it already.
    const before = (max - 1) % MAX_NR_GENS
    const next = (max + 1) % MAX_NR_GENS
    for (let place = 0; place < TYPES * ZONES.length; place++) {
      const zone = place % ZONES.length
      const type = place < ZONES.length ? GEN_ANON : GEN_FILE
      const size = (gen: number): number =>
        this.#sizes[this.#place(lruvec, gen, type, zone)] as number
      const delta = size(before) - size(next)
      this.#counts.add(lruvec, zone, type * INACTIVE_FILE, delta)
      this.#counts.add(lruvec, zone, type * INACTIVE_FILE + 1, -delta)
    }
    this.#maxSeq[lruvec] = max + 1
  }

  /**
   * Promotes what has been used since the last time, before a new youngest generation is made: the walk of page tables (walk_mm, folio_update_gen).
   * The kernel goes over the page tables of all processes; here the pages of older generations are asked.
   * @param takeAccessed returns true if a page has been used, and forgets it
   * @returns how many pages were looked at
   */
  promoteAccessed(lruvec: number, takeAccessed: (page: number) => boolean): number {
    let walked = 0
    for (let list = 0; list < LISTS_OF_LRUVEC; list++) {
      const head = this.#lists + lruvec * LISTS_OF_LRUVEC + list
      for (let page = this.#frames.last(head); page !== NO_PAGE; ) {
        const before = this.#frames.previous[page] as number
        walked++
        // It is only marked, as in the kernel: whoever evicts meets it, and puts it on the list that it belongs to.
        if (takeAccessed(page)) this.promote(page)
        page = before >= this.#frames.pages ? NO_PAGE : before
      }
    }
    return walked
  }

  /** A page has been used by whoever has it mapped: it belongs to the youngest generation (folio_update_gen). It stays on its list. */
  promote(page: number): void {
    const lruvec = this.#lruvec(page)
    const { flags } = this.#frames
    flags[page] = (flags[page] as number) & ~LRU_REFS_FLAGS
    this.#promote(page, lruvec, this.maxSeq(lruvec) % MAX_NR_GENS)
  }

  /** A page is evicted: its tier is counted (lru_gen_eviction). */
  countEvicted(lruvec: number, type: GenType, tier: number, pages: number): void {
    this.#addTier(lruvec, type, tier, EVICTED, pages)
  }

  /** A page was moved on instead, since its tier is protected (sort_folio). */
  countProtected(lruvec: number, type: GenType, tier: number, pages: number): void {
    this.#addTier(lruvec, type, tier, PROTECTED, pages)
  }

  /** A page came back that was evicted from the generation that is still the oldest (lru_gen_refault). */
  countRefaulted(lruvec: number, type: GenType, tier: number, pages: number): void {
    this.#addTier(lruvec, type, tier, REFAULTED, pages)
  }

  /** Pages of a tier that came back, of the generations so far, the older the less (ctrl_pos.refaulted). */
  refaulted(lruvec: number, type: GenType, tier: number): number {
    return this.#tier(lruvec, type, tier, AVG_REFAULTED) + this.#tier(lruvec, type, tier, REFAULTED)
  }

  /** Pages of a tier that were evicted or protected (ctrl_pos.total). */
  total(lruvec: number, type: GenType, tier: number): number {
    return (
      this.#tier(lruvec, type, tier, AVG_TOTAL) +
      this.#tier(lruvec, type, tier, EVICTED) +
      this.#tier(lruvec, type, tier, PROTECTED)
    )
  }

  /** What is known beside the lists. */
  save(): LruGenState {
    return {
      bits: this.#bits.slice(),
      maxSeq: this.#maxSeq.slice(),
      minSeq: this.#minSeq.slice(),
      sizes: this.#sizes.slice(),
      tiers: this.#tiers.slice(),
    }
  }

  /** Puts it back. */
  load(state: LruGenState): void {
    this.#bits.set(state.bits)
    this.#maxSeq.set(state.maxSeq)
    this.#minSeq.set(state.minSeq)
    this.#sizes.set(state.sizes)
    this.#tiers.set(state.tiers)
  }

  /**
   * Proves that each page is in the generation that it says, and that sizes and generations are right.
   * @param counted is given the pages of each kind of list
   * @returns how many blocks are on lists
   * @throws InvariantError for what is wrong
   */
  validate(counted: Int32Array): number {
    const sizes = new Int32Array(this.#sizes.length)
    let blocks = 0
    for (let list = 0; list < this.#sizes.length; list++) {
      if (this.#frames.isEmpty(this.#lists + list)) continue
      const listed = list % LISTS_OF_LRUVEC
      blocks += this.#frames.check(this.#lists + list, (page) => {
        const lruvec = this.#lruvec(page)
        const type = typeOf(this.#frames.flags[page] as number)
        const { index: zone } = this.#zones.zoneOf(page)
        const gen = this.gen(page)
        const right =
          this.#frames.kind(page) === Kind.LRU &&
          gen >= 0 &&
          ((this.#frames.flags[page] as number) & PG_ACTIVE) === 0 &&
          Math.floor(list / LISTS_OF_LRUVEC) === lruvec &&
          // What page tables say of a page is only marked until eviction meets it.
          listed % (TYPES * ZONES.length) === type * ZONES.length + zone
        if (!right) throw new InvariantError(page, `it is on a list of generations, wrongly`)
        const pages = 1 << this.#frames.order(page)
        const place = this.#place(lruvec, gen, type, zone)
        sizes[place] = (sizes[place] as number) + pages
        const at = this.#counts.place(lruvec, zone, this.#kindOf(lruvec, gen, type))
        counted[at] = (counted[at] as number) + pages
      })
    }
    for (const [list, pages] of sizes.entries()) {
      if (pages === this.#sizes[list]) continue
      const why = `a generation has ${pages} pages, ${this.#sizes[list]} counted`
      throw new InvariantError(NO_PAGE, why)
    }
    for (let lruvec = 0; lruvec < this.#lruvecs; lruvec++) this.#assertGenerations(lruvec)
    return blocks
  }

  /** seq_is_valid. */
  #assertGenerations(lruvec: number): void {
    const file = this.generations(lruvec, GEN_FILE)
    const anon = this.generations(lruvec, GEN_ANON)
    if (file >= MIN_NR_GENS && file <= anon && anon <= MAX_NR_GENS) return
    const why = `lruvec ${lruvec} has ${anon} generations of programs' pages and ${file} of files'`
    throw new InvariantError(NO_PAGE, why)
  }

  /** The oldest generation from the present one on that has pages, as far as two remain. */
  #populated(lruvec: number, type: GenType): number {
    let seq = this.minSeq(lruvec, type)
    while (seq + MIN_NR_GENS <= this.maxSeq(lruvec) && this.#isEmpty(lruvec, seq, type)) seq++
    return seq
  }

  /** Returns true if no page is on the lists of a generation; those that are only marked for another one are on them. */
  #isEmpty(lruvec: number, seq: number, type: GenType): boolean {
    for (let zone = 0; zone < ZONES.length; zone++) {
      const list = this.#place(lruvec, seq % MAX_NR_GENS, type, zone)
      if (!this.#frames.isEmpty(this.#lists + list)) return false
    }
    return true
  }

  /** inc_min_seq, for what is left of the oldest generation: to the end of the next, so that nothing gets younger than what is there. */
  #emptyOldest(lruvec: number, type: GenType): void {
    for (let zone = 0; zone < ZONES.length; zone++) {
      for (;;) {
        const page = this.oldest(lruvec, type, zone)
        if (page === NO_PAGE) break
        this.moveOn(page, false)
        this.place(page, true)
      }
    }
  }

  /** The oldest generation of a type is another: what was counted of it goes into the averages, which are halved (reset_ctrl_pos). */
  #setMinSeq(lruvec: number, type: GenType, seq: number): void {
    for (let tier = 0; tier < MAX_NR_TIERS; tier++) {
      const at = this.#tierAt(lruvec, type, tier)
      const tiers = this.#tiers
      tiers[at + AVG_REFAULTED] = Math.floor(this.refaulted(lruvec, type, tier) / 2)
      tiers[at + AVG_TOTAL] = Math.floor(this.total(lruvec, type, tier) / 2)
      tiers.fill(0, at + REFAULTED, at + COUNTERS)
    }
    this.#minSeq[lruvec * TYPES + type] = seq
  }

  /** A page belongs to another generation (lru_gen_update_size): it is counted there, and stays on its list. */
  #promote(page: number, lruvec: number, gen: number): void {
    const old = this.gen(page)
    const type = typeOf(this.#frames.flags[page] as number)
    const { index: zone } = this.#zones.zoneOf(page)
    const pages = 1 << this.#frames.order(page)
    this.#bits[page] = gen + 1
    this.#resize(this.#place(lruvec, old, type, zone), -pages)
    this.#resize(this.#place(lruvec, gen, type, zone), pages)
  }

  /** A generation grows or shrinks in a zone, and with it what it counts as. @param place from {@link LruGen.#place} */
  #resize(place: number, pages: number): void {
    this.#sizes[place] = (this.#sizes[place] as number) + pages
    const zone = place % ZONES.length
    const type = Math.floor(place / ZONES.length) % TYPES === GEN_FILE ? GEN_FILE : GEN_ANON
    const gen = Math.floor(place / (ZONES.length * TYPES)) % MAX_NR_GENS
    const lruvec = Math.floor(place / LISTS_OF_LRUVEC)
    this.#counts.add(lruvec, zone, this.#kindOf(lruvec, gen, type), pages)
  }

  /** What a generation counts as, among the lists that others know. */
  #kindOf(lruvec: number, gen: number, type: GenType): number {
    return type * INACTIVE_FILE + (this.#isActive(lruvec, gen) ? 1 : 0)
  }

  /** Returns true if a page is in a generation that counts as active. */
  isActive(page: number): boolean {
    return this.#isActive(this.#lruvec(page), this.gen(page))
  }

  /** lru_gen_is_active. */
  #isActive(lruvec: number, gen: number): boolean {
    const max = this.maxSeq(lruvec)
    return gen === max % MAX_NR_GENS || gen === (max - 1) % MAX_NR_GENS
  }

  #lruvec(page: number): number {
    const { node } = this.#zones.zoneOf(page)
    return this.#frames.memcgOf(page) * this.#zones.nodes + node
  }

  #place(lruvec: number, gen: number, type: GenType, zone: number): number {
    return ((lruvec * MAX_NR_GENS + gen) * TYPES + type) * ZONES.length + zone
  }

  #tierAt(lruvec: number, type: GenType, tier: number): number {
    return ((lruvec * TYPES + type) * MAX_NR_TIERS + tier) * COUNTERS
  }

  #tier(lruvec: number, type: GenType, tier: number, counter: number): number {
    return this.#tiers[this.#tierAt(lruvec, type, tier) + counter] as number
  }

  #addTier(lruvec: number, type: GenType, tier: number, counter: number, pages: number): void {
    const at = this.#tierAt(lruvec, type, tier) + counter
    this.#tiers[at] = (this.#tiers[at] as number) + pages
  }
}

/** The counters of a tier: averages of the generations before, and what was counted of the present one. */
const AVG_REFAULTED = 0
const AVG_TOTAL = 1
const REFAULTED = 2
const EVICTED = 3
const PROTECTED = 4
const COUNTERS = 5

/** The tier of a page that was used so often beyond the first time (lru_tier_from_refs): order_base_2(refs + 1). */
export function tierOf(refs: number): number {
  return 32 - Math.clz32(refs)
}

/** The type of a page with these flags. */
export function typeOf(flags: number): GenType {
  return (flags & PG_FILE) !== 0 ? GEN_FILE : GEN_ANON
}
