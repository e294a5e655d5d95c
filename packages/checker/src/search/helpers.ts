/** Helpers: those who search together with a search, and what they have to know of it. */
import type { Machine } from '../machine/machine.js'
import type { Symmetry } from '../reduce/symmetry.js'
import type { Expander } from './expander.js'
import type { Round } from './round.js'
import type { StateTable } from './state-table.js'
import type { Stepper } from './stepper.js'

/** A search as far as those who help it have to know it. */
export interface Searching {
  /** The machine that is searched. */
  readonly machine: Machine
  /** What follows a state. */
  readonly stepper: Stepper
  /** Renames states to their representatives; null when the search does not. */
  readonly symmetry: Symmetry | null
  /** Expands pieces of a round for whoever searches. */
  readonly expander: Expander
  /** The states found so far. */
  readonly table: StateTable
}

/** Those who search together with a search. Threads in Node are the ones that there are: see node/crew.ts. */
export interface Helpers {
  /** Says that one of them was lost, perhaps in the middle of something: what they do together cannot be relied upon any more. */
  readonly isLost: boolean
  /**
   * Expands states from `from` to before `to`, or to some state before that.
   * @returns what was found; null when the search has to do it itself.
   */
  expand(search: Searching, from: number, to: number): Round | null
  /** Makes states of the candidates of the round that stay. The table has room for them. */
  store(search: Searching): void
  /** Enters all states into the slots of the table, which are empty. */
  enter(search: Searching): void
  /**
   * Shows that an end can be reached from each of some states, or from some of them, when all states have been visited.
   * @returns what is known of each state, see ends.ts; null when the search has to do it itself.
   */
  showEnds(search: Searching, states: readonly number[]): Uint8Array | null
  /** States have other numbers than before: the search has started over. */
  reset(): void
}
