/**
 * Expander: expands some states into an array, for whoever adds what was found to the table. It learns nothing and
 * adds nothing, so that several threads can do it at once on the same table; what they find is the same for all, and
 * added in the order of the states it is the same as if one thread had done it all.
 *
 * A piece of the array has the number of states that were expanded, then for each of them: how many steps it has; the
 * number of rows that follow, twice, plus 1 if one of its successors is known and was found after it; and these rows, each
 * with its hash first. Successors that the table knows already are left out.
 */
import type { Row } from '../machine/layout.js'
import type { Symmetry } from '../reduce/symmetry.js'
import { findIn, hash, preload, type TableView } from './state-table.js'
import type { Stepper } from './stepper.js'

/** How many states are handed out at once, at most. */
export const BLOCK = 8192
/** How many states make a piece. */
export const PIECE = 64
/** How many words a piece has at most: when a state does not fit, it is left for who adds. */
export const PIECE_WORDS = 1 << 14

/** How many words a piece has before its first state. */
const HEADER = 1

export class Expander {
  readonly #stepper: Stepper
  readonly #symmetry: Symmetry | null
  #words = 0
  #row: Row = new Int32Array(0)
  #representative: Row = new Int32Array(0)
  #out: Int32Array = new Int32Array(0)
  #at = 0
  #end = 0
  #count = 0
  readonly #hashes = new Int32Array(PIECE_WORDS)
  readonly #loaded = new Int32Array(PIECE_WORDS)

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
    if (this.#words !== table.words) {
      this.#words = table.words
      this.#row = new Int32Array(table.words)
      this.#representative = new Int32Array(table.words)
    }
    this.#out = out
    this.#at = base + HEADER
    this.#end = base + PIECE_WORDS
    this.#count = 0
    let done = 0
    const stepper = this.#stepper
    const steps = stepper.steps
    stepper.seal(true)
    try {
      for (let state = from; state < to; state++, done++) {
        const header = this.#at
        const before = stepper.steps
        const first = this.#count
        this.#at += 2
        for (let word = 0; word < table.words; word++) {
          this.#row[word] = table.rows[state * table.words + word] as number
        }
        stepper.expand(this.#row, this.#emit)
        if (this.#at > this.#end) break
        out[header] = stepper.steps - before
        out[header + 1] = this.#count - first
      }
    } catch {
      // Whatever it was, the state is not done, and the one who adds comes to it in its turn.
    } finally {
      stepper.seal(false)
      stepper.steps = steps
    }
    out[base] = done
    this.#leaveOutKnown(table, size, from, done, base)
  }

  readonly #emit = (next: Row): void => {
    let kept = next
    if (this.#symmetry !== null) {
      this.#symmetry.canonicalize(next, this.#representative)
      kept = this.#representative
    }
    const words = this.#words
    const out = this.#out
    let at = this.#at
    this.#at += words + 1
    // A row that has no room is not stored, and its state does not count as expanded.
    if (this.#at > this.#end) return
    const hashed = hash(kept, 0, words)
    this.#hashes[this.#count++] = hashed
    out[at++] = hashed
    for (let word = 0; word < words; word++) out[at++] = kept[word] as number
  }

  /** Moves together the rows that the table does not know. */
  #leaveOutKnown(table: TableView, size: number, from: number, done: number, base: number): void {
    const out = this.#out
    const { words } = table
    preload(this.#loaded, this.#hashes, this.#count, table.slots, table.rows, words)
    let read = base + HEADER
    let write = base + HEADER
    for (let state = from; state < from + done; state++) {
      const header = write
      const found = out[read + 1] as number
      let kept = 0
      let forward = 0
      out[header] = out[read] as number
      read += 2
      write += 2
      for (let index = 0; index < found; index++, read += words + 1) {
        const known = findIn(table, out, read + 1, out[read] as number, size)
        if (known > state) forward = 1
        if (known >= 0) continue
        kept++
        out.copyWithin(write, read, read + words + 1)
        write += words + 1
      }
      out[header + 1] = kept * 2 + forward
    }
  }
}
