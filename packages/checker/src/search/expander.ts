/**
 * Expander: expands some states into a piece, for whoever adds what was found to the table. It learns nothing and
 * adds nothing, so that several threads can do it at once on the same table; what they find is the same for all, and
 * added in the order of the states it is the same as if one thread had done it all.
 */
import type { Row } from '../machine/layout.js'
import type { Symmetry } from '../reduce/symmetry.js'
import { PieceWriter } from './piece.js'
import type { TableView } from './state-table.js'
import type { Stepper } from './stepper.js'

export class Expander {
  readonly #stepper: Stepper
  readonly #symmetry: Symmetry | null
  readonly #piece = new PieceWriter()
  #row: Row = new Int32Array(0)
  #representative: Row = new Int32Array(0)

  constructor(stepper: Stepper, symmetry: Symmetry | null) {
    this.#stepper = stepper
    this.#symmetry = symmetry
  }

  /**
   * Expands states from `from` to before `to`, a piece at most, into a piece of `out` that begins at `base`. It stops
   * early where a state needs something learned or breaks a rule: then that is for the one who adds to meet.
   * @param size how many states of the table count as known.
   */
  expand(
    table: TableView,
    size: number,
    from: number,
    to: number,
    out: Int32Array,
    base: number,
  ): void {
    const { words } = table
    if (this.#row.length !== words) {
      this.#row = new Int32Array(words)
      this.#representative = new Int32Array(words)
    }
    const stepper = this.#stepper
    const piece = this.#piece
    const steps = stepper.steps
    piece.begin(out, base, words)
    stepper.seal(true)
    try {
      for (let state = from; state < to; state++) {
        const before = stepper.steps
        piece.beginState()
        for (let word = 0; word < words; word++) {
          this.#row[word] = table.rows[state * words + word] as number
        }
        stepper.expand(this.#row, this.#emit)
        if (!piece.endState(stepper.steps - before)) break
      }
    } catch {
      // Whatever it was, the state is not done, and the one who adds comes to it in its turn.
    } finally {
      stepper.seal(false)
      stepper.steps = steps
    }
    piece.finish(table, size, from)
  }

  readonly #emit = (next: Row): void => {
    let kept = next
    if (this.#symmetry !== null) {
      this.#symmetry.canonicalize(next, this.#representative)
      kept = this.#representative
    }
    this.#piece.add(kept)
  }
}
