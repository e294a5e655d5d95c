/** Next states: what follows a state of a table that has all of them, by their numbers, each looked up when it is asked for. */
import type { Row } from '../machine/layout.js'
import type { Symmetry } from '../reduce/symmetry.js'
import { find } from './slots.js'
import type { Emit, Stepper } from './stepper.js'
import { Successors } from './successors.js'
import type { TableView } from './table-view.js'

/** A search that has visited all states, as far as its steps are taken once more. */
export interface Visited {
  /** All states. */
  readonly table: TableView
  /** Takes the steps. */
  readonly stepper: Pick<Stepper, 'settled' | 'collect' | 'expand'>
  /** Renames states to their representatives; null when the search does not. */
  readonly symmetry: Symmetry | null
}

export class NextStates {
  readonly #visited: Visited
  readonly #row: Row
  readonly #representative: Row
  readonly #found: Successors

  constructor(visited: Visited) {
    const { words } = visited.table
    this.#visited = visited
    this.#row = new Int32Array(words)
    this.#representative = new Int32Array(words)
    this.#found = new Successors(words)
  }

  /** Takes the steps of a state, unless all tasks have settled there. @returns how many there are; -1 where all have settled. */
  open(state: number): number {
    const { table, stepper, symmetry } = this.#visited
    const row = this.#row
    const found = this.#found
    const from = state * table.words
    for (let word = 0; word < table.words; word++) row[word] = table.rows[from + word] as number
    if (stepper.settled(row)) return -1
    found.count = 0
    // With symmetry steps are done as the search has done them, so that nothing has to be learned to repeat them.
    if (symmetry === null) stepper.collect(row, null, found)
    else stepper.expand(row, this.#emit)
    return found.count
  }

  readonly #emit: Emit = (next) => this.#found.push(next)

  /** The number of the state to which a step leads. @param step which of those of the state that was opened last, from 0. */
  at(step: number): number {
    const { table, symmetry } = this.#visited
    const row = this.#row
    this.#found.read(step, row)
    if (symmetry === null) return find(table, row)
    symmetry.canonicalize(row, this.#representative)
    return find(table, this.#representative)
  }
}
