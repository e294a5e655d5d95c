/** Snapshot: a search that is under way, as plain data. */
import type { Cursor } from './cursor.js'
import type { Knowledge } from './knowledge.js'

/** How far a search is and what it has learned: all that it needs to go on later, but the states. */
export interface Standing extends Cursor {
  /** What the search has learned of the machine: a row means nothing without it. */
  readonly knowledge: Knowledge
  /** How many steps were taken. */
  readonly transitions: number
}

/** All that a search has done, as plain data, to go on with it later. */
export interface Snapshot extends Standing {
  /** The rows of all states, and the state that each was reached from. */
  readonly rows: Int32Array
  /** The number of the state that each was reached from; -1 for the initial one. */
  readonly parents: Int32Array
}
