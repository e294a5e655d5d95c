/**
 * Successors: states that were found and wait to be looked up. They are looked up many at once, since a processor that waits for memory can
 * as well wait for many places of it.
 */
import type { Row } from '../machine/layout.js'
import { sumOf } from './hash.js'

/** How many are looked up at once, or somewhat more. */
export const BATCH = 256

/** A list of states that were found, each with the state that it was found from. */
export class Successors {
  /** How many there are. */
  count = 0
  /** How many were passed over of the state that was expanded last, because they are known: see transition-cache.ts. */
  passed = 0
  /** The state that the next ones are found from. */
  origin = -1
  /** How many words a row has. */
  readonly words: number
  /** Their rows, one after the other. */
  rows: Int32Array
  /** The sums of the rows, see hash.ts. */
  sums: Int32Array
  /** The states that they were found from. */
  origins: Int32Array
  /** What whoever looks them up finds out: the number of each. */
  states: Int32Array
  /** Numbers from 0 to work with, as many as there is room for. */
  order: Int32Array
  /** What the slots of their hashes hold, to work with. */
  held: Int32Array

  constructor(words: number) {
    this.words = words
    this.rows = new Int32Array(2 * BATCH * words)
    this.sums = new Int32Array(2 * BATCH)
    this.origins = new Int32Array(2 * BATCH)
    this.states = new Int32Array(2 * BATCH)
    this.order = new Int32Array(2 * BATCH)
    this.held = new Int32Array(2 * BATCH)
  }

  /** Makes room for so many more. */
  reserve(more: number): void {
    const least = this.count + more
    if (least > this.sums.length) this.#grow(2 * least)
  }

  /** Adds a state. @param sum that of its row. */
  push(row: Row, sum = sumOf(row, 0, this.words)): void {
    this.reserve(1)
    const { rows, words } = this
    const index = this.count++
    for (let word = 0, at = index * words; word < words; word++, at++) {
      rows[at] = row[word] as number
    }
    this.sums[index] = sum
    this.origins[index] = this.origin
  }

  /** Copies one into `row`. */
  read(index: number, row: Row): void {
    const { rows, words } = this
    for (let word = 0, at = index * words; word < words; word++, at++) {
      row[word] = rows[at] as number
    }
  }

  #grow(length: number): void {
    this.rows = grown(this.rows, length * this.words)
    this.sums = grown(this.sums, length)
    this.origins = grown(this.origins, length)
    this.states = new Int32Array(length)
    this.order = new Int32Array(length)
    this.held = new Int32Array(length)
  }
}

function grown(array: Int32Array, length: number): Int32Array {
  const longer = new Int32Array(length)
  longer.set(array)
  return longer
}
