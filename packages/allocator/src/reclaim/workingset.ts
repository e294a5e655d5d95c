/**
 * Workingset: tells whether a page that comes back was thrown out too early (mm/workingset.c, 6.1.192). Each node has an age that
 * grows with every eviction and every activation. What is left in the place of an evicted page is the age at that time, a shadow;
 * when the page is read again the difference says how many more pages the inactive list would have needed to keep it. If the active
 * list is at least so long, the page competes with active ones and starts as one.
 */
import { ACTIVE_FILE, type Lru, PG_ACTIVE, PG_WORKINGSET } from './lru.js'

/** Counters of a node, in this order. */
const AGE = 0
const REFAULT = 1
const ACTIVATE = 2
const RESTORE = 3
/** The activations that reclaim has seen (lruvec->refaults). */
const SEEN = 4
const COUNTERS = 5

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
}

/** The shadows of evicted pages, which say on their way back how long they were away (mm/workingset.c, 6.1). */
export class Workingset {
  readonly #lru: Lru
  /** By node and counter. */
  readonly #counters: Float64Array

  constructor(lru: Lru, nodes: number) {
    this.#lru = lru
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
   * A page of a file is read again (workingset_refault).
   * @param shadow from {@link evict}, of the same node
   * @returns the flags that the page starts with: PG_ACTIVE and PG_WORKINGSET, or none of them
   */
  refault(node: number, shadow: number): number {
    const distance = this.#get(node, AGE) - Math.floor(shadow / 2)
    this.#count(node, REFAULT)
    if (distance > this.#lru.pages(node, ACTIVE_FILE)) return 0
    this.#count(node, AGE)
    this.#count(node, ACTIVATE)
    if (shadow % 2 === 0) return PG_ACTIVE
    this.#count(node, RESTORE)
    return PG_ACTIVE | PG_WORKINGSET
  }

  /** Returns true if refaults have been activated since reclaim last looked: a new working set is being established. */
  changing(node: number): boolean {
    return this.#get(node, ACTIVATE) !== this.#get(node, SEEN)
  }

  /** Reclaim has looked (snapshot_refaults). */
  look(node: number): void {
    this.#counters[node * COUNTERS + SEEN] = this.#get(node, ACTIVATE)
  }

  /** How often what happened since the machine was started. */
  counters(node: number): WorkingsetCounters {
    return {
      workingset_refault_file: this.#get(node, REFAULT),
      workingset_activate_file: this.#get(node, ACTIVATE),
      workingset_restore_file: this.#get(node, RESTORE),
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
