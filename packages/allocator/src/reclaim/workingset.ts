/**
 * Workingset: tells whether a page that comes back was thrown out too early (mm/workingset.c, 6.1.192). Each lruvec has an age that
 * grows with every eviction and every activation. What is left in the place of an evicted page is the age at that time, a shadow;
 * when the page is read again the difference says how many more pages the inactive list would have needed to keep it. If the active
 * list is at least so long, the page competes with active ones and starts as one. The lruvec that counts is that of the memory cgroup whose
 * limit the page was evicted for; the root's, for what kswapd and requests evict.
 *
 * With generations (lru-gen.ts) a shadow has the generation that a page was evicted from, and how often it was used. It tells something only as long as
 * that is still the oldest generation: then its tier is told that one of its pages came back (lru_gen_eviction, lru_gen_refault).
 */

import type { MemCgroup } from '../memcg/mem-cgroup.js'
import type { MemCgroups } from '../memcg/mem-cgroups.js'
import type { Lru } from './lru.js'
import { ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE } from './lru-counts.js'
import { PG_ACTIVE, PG_WORKINGSET } from './lru-flags.js'
import { GEN_ANON, GEN_FILE, LRU_REFS_WIDTH, type LruGen, tierOf, typeOf } from './lru-gen.js'
import type { LruvecStats } from './lruvec-stats.js'
import type { ScanCost } from './scan-cost.js'

/** The age of an lruvec is its first counter; those of files follow, then those of programs, in this order. */
const AGE = 0
const REFAULT = 1
const ACTIVATE = 2
const RESTORE = 3
/** The activations that reclaim has seen (lruvec->refaults). */
const SEEN = 4
/** From a counter of files to that of programs. */
const ANON = 4
const COUNTERS = 9

/** What is known: a copy. */
export type WorkingsetState = Float64Array

/** The counters of a node, by the names of /proc/vmstat. */
export interface WorkingsetCounters {
  /** Evicted pages of files that came back. */
  readonly workingset_refault_file: number
  /** Those of them that became active at once, since they had not been away for long. */
  readonly workingset_activate_file: number
  /** Those of them that had been active before. */
  readonly workingset_restore_file: number
  /** The same of pages of programs, which come back from swap. */
  readonly workingset_refault_anon: number
  /** Those of them that became active at once. */
  readonly workingset_activate_anon: number
  /** Those of them that had been active before. */
  readonly workingset_restore_anon: number
}

/** What a working set is judged by, beside the lists. */
export interface WorkingsetOptions {
  /** The memory cgroups, and what is summed over them. */
  readonly groups: MemCgroups
  readonly stats: LruvecStats
  /** Is told that a page of the working set had to be read again. */
  readonly costs: ScanCost
  /** Pages of swap space that are free: without any, pages of programs stay. */
  readonly swapPages: () => number
}

/** A page that is read again. */
export interface Refault {
  /** Of the page: the one that it was evicted from. */
  readonly node: number
  /** What {@link Workingset.evict} returned. */
  readonly shadow: number
  /** It is a page of a file; by default it is. */
  readonly file?: boolean
  /** The number of its memory cgroup; by default the root's. */
  readonly group?: number
}

/** There are so many shadows: whoever keeps them where page numbers are has them below -1, in 32 bits. */
const SHADOWS = 2 ** 31 - 2

/** The shadows of evicted pages, which say on their way back how long they were away (mm/workingset.c, 6.1). */
export class Workingset {
  readonly #lru: Lru
  /** By lruvec and counter. */
  readonly #counters: Float64Array
  readonly #options: WorkingsetOptions
  readonly #nodes: number
  readonly #groups: number
  /** How many ages shadows tell apart. */
  readonly #ages: number
  /** How many generations shadows tell apart. */
  readonly #seqs: number

  /** @internal */
  constructor(lru: Lru, nodes: number, options: WorkingsetOptions) {
    this.#lru = lru
    this.#options = options
    this.#nodes = nodes
    this.#groups = options.groups.most + 1
    this.#ages = Math.floor(SHADOWS / (this.#groups * 2))
    this.#seqs = Math.floor(SHADOWS / (this.#groups << (LRU_REFS_WIDTH + 1)))
    this.#counters = new Float64Array(nodes * this.#groups * COUNTERS)
  }

  /** A page of an lruvec becomes active, since it was used twice or since reclaim says so (workingset_age_nonresident). */
  activation(lruvec: number): void {
    this.#count(lruvec, AGE)
  }

  /**
   * A page is evicted (workingset_eviction).
   * @param flags those of the page, which is on its list, or was until now
   * @param target the memory cgroup whose limit it is evicted for; null for none
   * @returns the shadow to leave in its place: 0 or more
   */
  evict(page: number, flags: number, target: MemCgroup | null = null): number {
    const lruvec = this.#lru.lruvecOf(page)
    const { generations } = this.#lru
    if (generations !== null) return this.#evictGen(generations, lruvec, { page, flags })
    const group = target?.number ?? 0
    const evicting = this.#lru.lruvec(group, lruvec % this.#nodes)
    const age = this.#get(evicting, AGE) % this.#ages
    this.#count(evicting, AGE)
    return (2 * age + ((flags & PG_WORKINGSET) === 0 ? 0 : 1)) * this.#groups + group
  }

  /**
   * A page is read again, from its file or from swap (workingset_refault).
   * @returns the flags that the page starts with: PG_ACTIVE and PG_WORKINGSET, or none of them
   */
  refault({ node, shadow, file = true, group = 0 }: Refault): number {
    const { generations } = this.#lru
    if (generations !== null) return this.#refaultGen(generations, { node, shadow, file, group })
    const { groups, stats, costs } = this.#options
    const evictor = groups.find(shadow % this.#groups)
    // The group that evicted it is gone, and nothing is known of it.
    if (evictor === undefined) return 0
    const entry = Math.floor(shadow / this.#groups)
    const age = this.#get(this.#lru.lruvec(evictor.number, node), AGE) % this.#ages
    const distance = (age - (entry >> 1) + this.#ages) % this.#ages
    const lruvec = this.#lru.lruvec(group, node)
    const kind = file ? 0 : ANON
    this.#count(lruvec, REFAULT + kind)
    if (distance > this.#size(evictor, node, file)) return 0
    this.#count(lruvec, AGE)
    this.#count(lruvec, ACTIVATE + kind)
    if (entry % 2 === 0) return PG_ACTIVE
    this.#count(lruvec, RESTORE + kind)
    costs.note(stats.upwards(groups.get(group), node), file, 1)
    return PG_ACTIVE | PG_WORKINGSET
  }

  /** Pages of a tier were moved on instead of evicted: generations count them as activated (sort_folio). */
  protected(lruvec: number, file: boolean, pages: number): void {
    this.#count(lruvec, ACTIVATE + (file ? 0 : ANON), pages)
  }

  /** lru_gen_eviction. */
  #evictGen(
    gens: LruGen,
    lruvec: number,
    { page, flags }: { readonly page: number; readonly flags: number },
  ): number {
    const type = typeOf(flags)
    const refs = gens.refs(page)
    gens.countEvicted(lruvec, type, tierOf(refs), 1)
    const seq = gens.minSeq(lruvec, type) % this.#seqs
    const token = (seq << LRU_REFS_WIDTH) + Math.max(refs - 1, 0)
    return (2 * token + (refs > 0 ? 1 : 0)) * this.#groups + Math.floor(lruvec / this.#nodes)
  }

  /** lru_gen_refault. */
  #refaultGen(gens: LruGen, refault: Required<Refault>): number {
    const { node, shadow, file, group } = refault
    // It belongs to another group now, which knows nothing of that generation.
    if (shadow % this.#groups !== group) return 0
    const entry = Math.floor(shadow / this.#groups)
    const type = file ? GEN_FILE : GEN_ANON
    const lruvec = this.#lru.lruvec(group, node)
    const seq = gens.minSeq(lruvec, type) % this.#seqs
    if (entry >> (LRU_REFS_WIDTH + 1) !== seq) return 0
    const refs = ((entry >> 1) & ((1 << LRU_REFS_WIDTH) - 1)) + (entry & 1)
    const kind = file ? 0 : ANON
    gens.countRefaulted(lruvec, type, tierOf(refs), 1)
    this.#count(lruvec, REFAULT + kind)
    // A page of a program comes back in a fault: hotter pages have pushed it out. One of a file was used too often to be evicted.
    if (file && refs < (1 << LRU_REFS_WIDTH) - 1) return 0
    this.#count(lruvec, RESTORE + kind)
    return PG_WORKINGSET
  }

  /**
   * Returns true if refaults have been activated since reclaim last looked: a new working set is being established.
   * @param file of pages of files; by default of those
   */
  changing(lruvec: number, file = true): boolean {
    const kind = file ? 0 : ANON
    return this.#get(lruvec, ACTIVATE + kind) !== this.#get(lruvec, SEEN + kind)
  }

  /** Reclaim has looked (snapshot_refaults). */
  look(lruvec: number): void {
    for (const kind of [0, ANON]) {
      this.#counters[lruvec * COUNTERS + SEEN + kind] = this.#get(lruvec, ACTIVATE + kind)
    }
  }

  /** The pages that one that comes back competes with: the active ones, and those of the other kind as far as they can be reclaimed. */
  #size(evictor: MemCgroup, node: number, file: boolean): number {
    const { stats, swapPages } = this.#options
    let pages = stats.pages(evictor, node, ACTIVE_FILE)
    if (!file) pages += stats.pages(evictor, node, INACTIVE_FILE)
    if (evictor.swapRoom(swapPages()) <= 0) return pages
    pages += stats.pages(evictor, node, ACTIVE_ANON)
    return file ? pages + stats.pages(evictor, node, INACTIVE_ANON) : pages
  }

  /** How often what happened on a node since the machine was started: that is what the root's lruvec counts. */
  counters(node: number): WorkingsetCounters {
    return {
      workingset_refault_file: this.#get(node, REFAULT),
      workingset_activate_file: this.#get(node, ACTIVATE),
      workingset_restore_file: this.#get(node, RESTORE),
      workingset_refault_anon: this.#get(node, REFAULT + ANON),
      workingset_activate_anon: this.#get(node, ACTIVATE + ANON),
      workingset_restore_anon: this.#get(node, RESTORE + ANON),
    }
  }

  /** What is known. */
  save(): WorkingsetState {
    return this.#counters.slice()
  }

  /** Puts it back. */
  load(state: WorkingsetState): void {
    this.#counters.set(state)
  }

  #get(lruvec: number, counter: number): number {
    return this.#counters[lruvec * COUNTERS + counter] as number
  }

  /** Counts for a group and those above it. */
  #count(lruvec: number, counter: number, by = 1): void {
    this.#add(lruvec, counter, by)
    // Most machines have no groups, and those above the root are none.
    if (lruvec < this.#nodes) return
    const { stats } = this.#options
    const { parent } = stats.groupOf(lruvec)
    if (parent === null) return
    for (const each of stats.upwards(parent, stats.nodeOf(lruvec))) this.#add(each, counter, by)
  }

  #add(lruvec: number, counter: number, by: number): void {
    this.#counters[lruvec * COUNTERS + counter] = this.#get(lruvec, counter) + by
  }
}
