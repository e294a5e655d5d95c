/** Cursor: how far a search is, as plain data. */
import type { Machine } from '../machine/machine.js'

/** How far a search is. */
export interface Cursor {
  /** The next state to expand. */
  state: number
  /** The depth of the states that are being expanded, and the first state after them. */
  depth: number
  /** The first state after those of this depth. */
  levelEnd: number
  /** The numbers of states in which nothing can move and not all tasks have settled. */
  readonly deadlocks: number[]
  /** States all of whose successors were found before, and perhaps others: where there are none, nothing can go round for ever. */
  readonly turns: number[]
  /** By number of property, the first state in which it holds, for those that have to hold sometimes. */
  readonly witnesses: (number | null)[]
}

/** Where a search begins. */
export function beginning({ properties }: Pick<Machine, 'properties'>): Cursor {
  return {
    state: 0,
    depth: 0,
    levelEnd: 1,
    deadlocks: [],
    turns: [],
    witnesses: properties.map(() => null),
  }
}
