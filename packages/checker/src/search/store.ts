/**
 * Store: states that are kept elsewhere than in memory. What a search finds is collected, and held against all states only now and then: when a
 * level ends, or when there is no room to collect more ("delayed duplicate detection"). Until then nobody knows which of it is new, so a
 * search that has a store cannot look a state up. In Node there is one on disk: see node/disk/.
 */
import type { Row } from '../machine/layout.js'

/** States that are kept elsewhere. What is not said here is as in StateTable. */
export interface Store {
  /** How many states there are, without those that may be among what is collected. */
  readonly size: number
  /** How many rows are collected. */
  readonly pending: number
  /** How many words a row has. */
  readonly words: number
  /** The memory that it holds, in bytes. */
  readonly bytes: number
  /** How many states it can hold. */
  readonly capacity: number
  /** The rows of all states. Only while there are few of them: they have to fit into memory. */
  readonly contents: {
    /** The rows, one after the other. */
    readonly rows: Int32Array
  }
  /** The bytes that it would hold elsewhere, at most, once so many rows more are collected and all are settled. */
  storedFor(rows: number): number
  /** Forgets all states; from now on rows have so many words. */
  clear(words: number): void
  /** Collects a successor of a state; -1 is the parent of the first state. */
  stage(row: Row, parent: number): void
  /** Does what is to be done with rows that are collected, but for settling them. */
  flush(): void
  /** Holds what is collected against all states. What is new becomes states, in the order in which it was found. */
  settle(): void
  /** Copies a state into `row`. */
  read(state: number, row: Row): void
  /** The state that one was found from; -1 for the first. */
  parent(state: number): number
  /** Takes back the states, and what was collected, as they were when they were saved; how that is done is the store's own matter. */
  restore(): void
  /** Takes over a new layout of rows. */
  repack(words: number, convert: (from: Int32Array, count: number, to: Int32Array) => void): void
}
