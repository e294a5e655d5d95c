/**
 * Joint expansion: a search expands the states of a block in rounds, together with its helpers, and takes over what they have found: in the order of
 * states, so that it comes to what it would have come to alone.
 */
import { Interrupted } from '../machine/errors.js'
import { Overflow } from '../machine/layout.js'
import { Refuted } from '../reduce/partial-order.js'
import { BLOCK, type Block } from './block.js'
import { Full, settle, storePiece } from './candidates.js'
import type { Cursor } from './cursor.js'
import type { Helpers, Searching } from './helpers.js'
import type { PlainExpansion } from './plain-expansion.js'
import { DEAD, FORWARD, Round, WORTHWHILE } from './round.js'

/** How many states the round after one that was cut off may have: were they too few for a round, there would be none from then on. */
const FIRST_STRIDE = 2 * WORTHWHILE

/** Expands states together with helpers, as long as none of them is lost. */
export class JointExpansion {
  /** Null once one of them was lost. */
  #helpers: Helpers | null
  readonly #plain: PlainExpansion
  readonly #block: Block
  /** With how many deadlocks the search has enough. */
  readonly #enough: number
  /** True if the search wants to know where it turns. */
  readonly #notesTurns: boolean
  /** How many states the next round may have: fewer after one that had to be cut off. */
  #stride = BLOCK

  constructor(
    helpers: Helpers,
    {
      plain,
      block,
      enough,
      notesTurns,
    }: {
      /** Expands what a round has no room for. */
      readonly plain: PlainExpansion
      readonly block: Block
      readonly enough: number
      readonly notesTurns: boolean
    },
  ) {
    this.#helpers = helpers
    this.#plain = plain
    this.#block = block
    this.#enough = enough
    this.#notesTurns = notesTurns
  }

  /** States have other numbers than before: the search has started over. */
  reset(): void {
    this.#helpers?.reset()
  }

  /**
   * Expands states up to `end`, or to some state before that.
   * @returns false when the search has to do it itself.
   * @throws Overflow when rows have to be wider before the state that comes next is expanded.
   * @throws Refuted, Interrupted, Violation, Misuse.
   */
  expand(search: Searching, cursor: Cursor, end: number): boolean {
    const helpers = this.#helpers
    if (helpers === null) return false
    const { state } = cursor
    const round = helpers.expand(search, state, Math.min(end, state + this.#stride))
    if (helpers.isLost) this.#leave(search)
    if (round === null || this.#helpers === null) return false
    const thrown = this.#merge(search, cursor, round)
    if (thrown instanceof Refuted) throw thrown
    // What a state has that could not be expanded counts as far as it was found.
    const last = thrown === null ? cursor.state - 1 : cursor.state
    this.#publish(search, round, last)
    this.#stride = thrown === null ? Math.min(BLOCK, this.#stride * 2) : FIRST_STRIDE
    if (thrown instanceof Full) {
      // What it finds comes before what the next round finds.
      this.#plain.expandNext(search.table, cursor)
      this.#plain.add(search.table)
    } else if (thrown !== null) {
      // Where the state is done again, its steps are taken again.
      if (!(thrown instanceof Overflow || thrown instanceof Interrupted)) {
        search.stepper.steps += search.expander.stepsTaken
      }
      throw thrown
    }
    return true
  }

  /**
   * Shows that an end can be reached from each of some states, or from some of them, when all states have been visited.
   * @returns what is known of each state, see ends.ts; null when the search has to do it itself.
   */
  showEnds(search: Searching, states: readonly number[]): Uint8Array | null {
    const helpers = this.#helpers
    const known = helpers?.showEnds(search, states) ?? null
    if (helpers?.isLost !== true) return known
    // Whoever was lost may still write to what is known.
    this.#leave(search)
    return null
  }

  /** Leaves the helpers, who may still write into the memory of the table some day. */
  #leave({ table }: Searching): void {
    table.detach()
    this.#helpers = null
  }

  /**
   * Takes over what is known of the states of a round, in their order, up to one that stops the search or cannot be expanded.
   * Pieces that somebody has left are completed.
   * @returns what was thrown at the state that comes next; null when that was nothing.
   */
  #merge({ expander, stepper }: Searching, cursor: Cursor, round: Round): unknown {
    const { pieces } = round
    for (let piece = 0; piece < pieces && cursor.deadlocks.length < this.#enough; piece++) {
      let thrown: unknown = null
      const witnesses = witnessesWith(cursor, round, piece)
      if (round.doneIn(piece) < round.endOf(piece)) {
        try {
          expander.complete(round, piece, witnesses)
        } catch (caught) {
          thrown = caught
        }
      }
      stepper.steps += this.#account(cursor, round, piece)
      adopt(cursor, witnesses)
      if (thrown !== null) return thrown
    }
    return null
  }

  /** Takes over what is known of the states of a piece that were expanded. @returns how many steps they have. */
  #account(cursor: Cursor, round: Round, piece: number): number {
    const { marks, steps, taken: sums, anyMarks } = round.memory
    const { from } = round
    const block = this.#block
    const end = round.doneIn(piece)
    let taken = 0
    let state = cursor.state
    let isEnough = cursor.deadlocks.length >= this.#enough
    if (!this.#notesTurns && !isEnough && ((anyMarks[piece] as number) & DEAD) === 0) {
      cursor.state = end
      return sums[piece] as number
    }
    while (state < end && !isEnough) {
      const at = state - from
      const mark = marks[at] as number
      taken += steps[at] as number
      if ((mark & DEAD) !== 0) isEnough = cursor.deadlocks.push(state) >= this.#enough
      // Who goes nowhere does not turn back.
      if ((mark & FORWARD) !== 0 || steps[at] === 0) block.setAhead(state)
      state++
    }
    cursor.state = state
    return taken
  }

  /** Makes states of what was found in a round, from states up to `last`. */
  #publish(search: Searching, round: Round, last: number): void {
    const { table } = search
    const helpers = this.#helpers
    const count = settle(round, last)
    table.reserve(count)
    helpers?.store(search)
    if (helpers?.isLost === true) {
      // Whatever was done of it already was the same.
      const whole = new Round(table.view, round.memory, round.properties)
      for (let piece = 0; piece < whole.pieces; piece++) storePiece(whole, piece)
    }
    table.extend(count, () => helpers?.enter(search))
    if (helpers?.isLost === true) this.#leave(search)
  }
}

/** The witnesses that are known once a piece is taken into account as far as it was expanded. */
function witnessesWith(
  { witnesses }: Cursor,
  { memory, properties }: Round,
  piece: number,
): (number | null)[] {
  return witnesses.map((known, index) => {
    const state = memory.witnesses[piece * properties + index] as number
    return known ?? (state < 0 ? null : state)
  })
}

/** Takes over the witnesses among the states that count as expanded. */
function adopt(cursor: Cursor, witnesses: readonly (number | null)[]): void {
  for (const [index, state] of witnesses.entries()) {
    if (state !== null && state < cursor.state) cursor.witnesses[index] ??= state
  }
}
