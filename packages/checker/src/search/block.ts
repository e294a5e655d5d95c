/**
 * Block: the states that are expanded between two looks at limits, and at which of them the search *turns*: those all of whose
 * successors were found before them. Where there is no turn nothing can go round for ever: see progress.ts. Some successors are passed over, as they are
 * known, and where none of the others was found later the state counts as a turn, though it may be none.
 */

/** How many states a block has at most. */
export const BLOCK = 8192

/** What is known of a state of the block: nothing yet, so that it may be a turn. */
const UNKNOWN = 0
/** It has a successor that was found after it, or none at all. */
const AHEAD = 1

/** The states of a block, from {@link first} on. */
export class Block {
  /** The first state of the block. */
  first = 0
  readonly #marks = new Uint8Array(BLOCK)

  /** Begins a block with states from `first` to before `end`. */
  begin(first: number, end: number): void {
    this.first = first
    this.#marks.fill(UNKNOWN, 0, end - first)
  }

  /** A successor of a state of the block was found, which may be an old one. */
  readonly found = (state: number, parent: number): void => {
    if (state > parent) this.#marks[parent - this.first] = AHEAD
  }

  /** The search goes on after a state of the block, or ends with it: it is no turn. */
  setAhead(state: number): void {
    this.#marks[state - this.first] = AHEAD
  }

  /** Adds the states before `end` at which the search turns. */
  addTurns(end: number, turns: number[]): void {
    for (let at = 0; at < end - this.first; at++) {
      if (this.#marks[at] === UNKNOWN) turns.push(this.first + at)
    }
  }
}
