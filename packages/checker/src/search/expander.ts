/**
 * Expander: expands the pieces of a round. It learns nothing, so that several threads can do it at once, each with a machine of its
 * own: what needs to be learned, or breaks a rule, it leaves to the one who searches, who completes the piece.
 */
import type { Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import type { Symmetry } from '../reduce/symmetry.js'
import { Candidates, Full } from './candidates.js'
import { Inspector } from './inspector.js'
import { DEAD, type Round } from './round.js'
import type { Emit, Stepper } from './stepper.js'
import { BATCH, Successors } from './successors.js'

/** Expands the pieces of a round. A thread has one. */
export class Expander {
  readonly #stepper: Stepper
  readonly #symmetry: Symmetry | null
  readonly #inspector: Inspector
  readonly #candidates = new Candidates()
  #row: Row = new Int32Array(0)
  #representative: Row = new Int32Array(0)
  /** What was found and was not looked up yet. */
  #successors = new Successors(0)
  /** How many steps of the state were taken at which {@link complete} has thrown. */
  stepsTaken = 0

  constructor(machine: Machine, stepper: Stepper, symmetry: Symmetry | null) {
    this.#stepper = stepper
    this.#symmetry = symmetry
    this.#inspector = new Inspector(machine, stepper, symmetry !== null)
  }

  /** Expands the states of a piece, up to one that needs something learned or breaks a rule. */
  expand(round: Round, piece: number): void {
    const { properties } = round
    const witnesses: (number | null)[] = Array.from({ length: properties }, () => null)
    const stepper = this.#stepper
    stepper.seal(true)
    try {
      this.#expand(round, piece, witnesses)
    } catch {
      // Whatever it was, the state is not done, and the one who searches comes to it in its turn.
    } finally {
      stepper.seal(false)
    }
    for (const [index, state] of witnesses.entries()) {
      if (state !== null) round.memory.witnesses[piece * properties + index] = state
    }
  }

  /**
   * Expands the states of a piece that were left, learning what they need.
   * @param witnesses by number of property, the first state in which it holds; null while there is none. What is found is added.
   * @throws Full when the piece has no room for what was found.
   * @throws Overflow, Interrupted, Violation, Misuse: what was found up to then is in the piece.
   */
  complete(round: Round, piece: number, witnesses: (number | null)[]): void {
    this.#expand(round, piece, witnesses)
  }

  /** States have other numbers than before. */
  reset(): void {
    this.#candidates.forget()
  }

  #expand(round: Round, piece: number, witnesses: (number | null)[]): void {
    const { words, rows } = round.table
    if (this.#row.length !== words) {
      this.#row = new Int32Array(words)
      this.#representative = new Int32Array(words)
      this.#successors = new Successors(words)
    }
    const row = this.#row
    const stepper = this.#stepper
    const candidates = this.#candidates
    const found = this.#successors
    const { from: first, memory } = round
    const end = round.endOf(piece)
    const { steps } = stepper
    candidates.open(round, piece)
    let state = round.doneIn(piece)
    let thrown: unknown = null
    try {
      for (; state < end; state++) {
        found.origin = state
        for (let word = 0; word < words; word++) row[word] = rows[state * words + word] as number
        stepper.steps = 0
        this.#inspector.inspect(state, row, witnesses)
        const moved =
          this.#symmetry === null
            ? stepper.collect(row, this.#before(round, state), found)
            : stepper.expand(row, this.#emit)
        memory.steps[state - first] = stepper.steps
        if (!moved && !stepper.settled(row)) memory.marks[state - first] = DEAD
        if (found.count >= BATCH) candidates.add(found)
      }
    } catch (caught) {
      thrown = caught
    }
    this.stepsTaken = stepper.steps
    stepper.steps = steps
    // Where there is no room, what comes after that state is not done either, and is met again.
    const full = candidates.close(round, piece, found)
    if (full >= 0) state = full
    memory.done[piece] = state - round.firstOf(piece)
    sumUp(round, piece)
    if (full >= 0) throw new Full()
    if (thrown !== null) throw thrown
  }

  /** The state that one was found from, where that tells something of its successors. */
  #before({ table }: Round, state: number): Row | null {
    const parent = table.parents[state] as number
    if (!this.#stepper.passesOver(parent)) return null
    const before = this.#representative
    for (let word = 0; word < before.length; word++) {
      before[word] = table.rows[parent * before.length + word] as number
    }
    return before
  }

  readonly #emit: Emit = (next) => {
    this.#symmetry?.canonicalize(next, this.#representative)
    this.#successors.push(this.#representative)
  }
}

/** Adds up what is known of the states of a piece that are done. */
function sumUp(round: Round, piece: number): void {
  const { steps, marks, taken, anyMarks } = round.memory
  const from = round.firstOf(piece) - round.from
  const end = round.doneIn(piece) - round.from
  let sum = 0
  let any = 0
  for (let at = from; at < end; at++) {
    sum += steps[at] as number
    any |= marks[at] as number
  }
  taken[piece] = sum
  anyMarks[piece] = any
}
