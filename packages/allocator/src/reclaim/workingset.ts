/**
 * Workingset: tells whether a page that comes back was thrown out too early (mm/workingset.c, 6.1.192). Each node has an age that
 * grows with every eviction and every activation. What is left in the place of an evicted page is the age at that time, a shadow;
 * when the page is read again the difference says how many more pages the inactive list would have needed to keep it. If the active
 * list is at least so long, the page competes with active ones and starts as one.
 */
import {
  ACTIVE_ANON,
  ACTIVE_FILE,
  INACTIVE_ANON,
  INACTIVE_FILE,
  type Lru,
  PG_ACTIVE,
  PG_WORKINGSET,
} from './lru.js'
import type { ScanCost } from './scan-cost.js'

/** The age of a node is its first counter; those of files follow, then those of programs, in this order. */
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
  /** Is told that a page of the working set had to be read again. */
  readonly costs?: ScanCost
  /** Pages of swap space that are free: without any, pages of programs stay. By default 0. */
  readonly swapPages?: () => number
}

/** The shadows of evicted pages, which say on their way back how long they were away (mm/workingset.c, 6.1). */
export class Workingset {
  readonly #lru: Lru
  /** By node and counter. */
  readonly #counters: Float64Array
  readonly #options: WorkingsetOptions

  constructor(lru: Lru, nodes: number, options: WorkingsetOptions = {}) {
    this.#lru = lru
    this.#options = options
    this.#counters = new Float64Array(nodes * COUNTERS)
  }

  /** A page of a node has been used twice and becomes active (workingset_activation). */
  activation(node: number): void {
    this.#count(node, AGE)
  }

  /**
   * A page is evicted (workingset_eviction).
   * @param flags those of the page
   * @returns the shadow to leave in its place: 0 or more
   */
  evict(node: number, flags: number): number {
    const shadow = 2 * this.#get(node, AGE) + ((flags & PG_WORKINGSET) === 0 ? 0 : 1)
    this.#count(node, AGE)
    return shadow
  }

  /**
   * A page is read again, from its file or from swap (workingset_refault).
   * @param shadow from {@link evict}, of the same node
   * @param file it is a page of a file; by default it is
   * @returns the flags that the page starts with: PG_ACTIVE and PG_WORKINGSET, or none of them
   */
  refault(node: number, shadow: number, file = true): number {
    const distance = this.#get(node, AGE) - Math.floor(shadow / 2)
    const kind = file ? 0 : ANON
    this.#count(node, REFAULT + kind)
    if (distance > this.#size(node, file)) return 0
    this.#count(node, AGE)
    this.#count(node, ACTIVATE + kind)
    if (shadow % 2 === 0) return PG_ACTIVE
    this.#count(node, RESTORE + kind)
    // The lruvec of the root is that of the node.
    this.#options.costs?.note([node], file, 1)
    return PG_ACTIVE | PG_WORKINGSET
  }

  /**
   * Returns true if refaults have been activated since reclaim last looked: a new working set is being established.
   * @param file of pages of files; by default of those
   */
  changing(node: number, file = true): boolean {
    const kind = file ? 0 : ANON
    return this.#get(node, ACTIVATE + kind) !== this.#get(node, SEEN + kind)
  }

  /** Reclaim has looked (snapshot_refaults). */
  look(node: number): void {
    for (const kind of [0, ANON]) {
      this.#counters[node * COUNTERS + SEEN + kind] = this.#get(node, ACTIVATE + kind)
    }
  }

  /** The pages that one that comes back competes with: the active ones, and those of the other kind as far as they can be reclaimed. */
  #size(node: number, file: boolean): number {
    let pages = this.#lru.pages(node, ACTIVE_FILE)
    if (!file) pages += this.#lru.pages(node, INACTIVE_FILE)
    if ((this.#options.swapPages?.() ?? 0) === 0) return pages
    pages += this.#lru.pages(node, ACTIVE_ANON)
    return file ? pages + this.#lru.pages(node, INACTIVE_ANON) : pages
  }

  /** How often what happened since the machine was started. */
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

  #get(node: number, counter: number): number {
    return this.#counters[node * COUNTERS + counter] as number
  }

  #count(node: number, counter: number): void {
    this.#counters[node * COUNTERS + counter] = this.#get(node, counter) + 1
  }
}
