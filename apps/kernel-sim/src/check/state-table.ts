/**
 * State table: every state found so far, once. Rows lie one after the other in the order of discovery; an
 * open-addressing table of their numbers finds them. Each state keeps the number of the one it was reached from: since
 * the search is breadth-first, following these numbers back is a shortest way.
 *
 * A large table is bound by memory latency: each look-up waits for a slot and then for a row. So states are staged
 * and added in batches: first all their slots are loaded, then all rows that these name, and the processor waits for
 * many at once. That doubles the speed at 4 million states.
 */
import type { Row } from '../machine/layout.js'

const FIRST_CAPACITY = 1 << 12
/** How many states are added at once. */
const BATCH = 256

export class StateTable {
  /** How many states there are. */
  size = 0
  /** How many words a row has. */
  words: number
  #rows: Int32Array
  #parents = new Int32Array(FIRST_CAPACITY)
  /** Numbers of states plus 1, by hash; at most half full. */
  #slots = new Int32Array(FIRST_CAPACITY * 2)

  /** States that wait to be added: their rows, the states that they were reached from, their hashes. */
  #staged: Int32Array
  readonly #stagedParents = new Int32Array(BATCH)
  readonly #stagedHashes = new Int32Array(BATCH)
  #stagedCount = 0
  /** What a batch has loaded; nobody needs it, but without it the loads would be optimized away. */
  readonly #loaded = new Int32Array(BATCH)

  constructor(words: number) {
    this.words = words
    this.#staged = new Int32Array(BATCH * words)
    this.#rows = new Int32Array(FIRST_CAPACITY * words)
  }

  /** The memory it holds, in bytes. */
  get bytes(): number {
    return this.#rows.byteLength + this.#parents.byteLength + this.#slots.byteLength
  }

  /** Puts a state on the batch. When it is full, it has to be flushed first. @returns whether it is full now. */
  stage(row: Row, parent: number): boolean {
    const { words } = this
    const index = this.#stagedCount++
    for (let word = 0, at = index * words; word < words; word++, at++) {
      this.#staged[at] = row[word] as number
    }
    this.#stagedParents[index] = parent
    this.#stagedHashes[index] = hash(row, 0, words)
    return index === BATCH - 1
  }

  /** Adds what is staged. Calls `added` with the number of each state, old or new, and of its parent. */
  flush(added: (state: number, parent: number) => void): void {
    const count = this.#stagedCount
    const hashes = this.#stagedHashes
    while ((this.size + count) * 2 > this.#slots.length) this.#grow()
    const slots = this.#slots
    const rows = this.#rows
    const mask = slots.length - 1
    const loaded = this.#loaded
    for (let index = 0; index < count; index++) {
      loaded[index] = slots[(hashes[index] as number) & mask] as number
    }
    for (let index = 0; index < count; index++) {
      loaded[index] = rows[(loaded[index] as number) * this.words] as number
    }
    for (let index = 0; index < count; index++) {
      const parent = this.#stagedParents[index] as number
      added(this.#add(index, parent), parent)
    }
    this.#stagedCount = 0
  }

  #add(index: number, parent: number): number {
    const { words } = this
    const rows = this.#rows
    const slots = this.#slots
    const staged = this.#staged
    const mask = slots.length - 1
    const from = index * words
    let slot = (this.#stagedHashes[index] as number) & mask
    for (;;) {
      const known = (slots[slot] as number) - 1
      if (known < 0) break
      const at = known * words
      let word = 0
      while (word < words && rows[at + word] === staged[from + word]) word++
      if (word === words) return known
      slot = (slot + 1) & mask
    }
    const state = this.size++
    slots[slot] = state + 1
    for (let word = 0, at = state * words; word < words; word++, at++) {
      rows[at] = staged[from + word] as number
    }
    this.#parents[state] = parent
    return state
  }

  /** The number of a state, or -1. */
  find(row: Row): number {
    const { words } = this
    const mask = this.#slots.length - 1
    for (let slot = hash(row, 0, words) & mask; ; slot = (slot + 1) & mask) {
      const state = (this.#slots[slot] as number) - 1
      if (state < 0) return -1
      let word = 0
      while (word < words && this.#rows[state * words + word] === row[word]) word++
      if (word === words) return state
    }
  }

  /** Copies a state into `row`. */
  read(state: number, row: Row): void {
    const { words } = this
    for (let word = 0, at = state * words; word < words; word++, at++) {
      row[word] = this.#rows[at] as number
    }
  }

  /** The state that this one was reached from; -1 for the first. */
  parent(state: number): number {
    return this.#parents[state] as number
  }

  /** Takes over a new layout of rows. */
  repack(words: number, convert: (from: Int32Array, count: number, to: Int32Array) => void): void {
    const rows = new Int32Array(this.#parents.length * words)
    convert(this.#rows, this.size, rows)
    this.#rows = rows
    this.words = words
    this.#staged = new Int32Array(BATCH * words)
    this.#stagedCount = 0
    this.#rehash(this.#slots.length)
  }

  #grow(): void {
    const capacity = this.#parents.length * 2
    const rows = new Int32Array(capacity * this.words)
    rows.set(this.#rows)
    this.#rows = rows
    const parents = new Int32Array(capacity)
    parents.set(this.#parents)
    this.#parents = parents
    this.#rehash(capacity * 2)
  }

  #rehash(length: number): void {
    const { words } = this
    const slots = new Int32Array(length)
    const mask = length - 1
    for (let state = 0; state < this.size; state++) {
      let slot = hash(this.#rows, state * words, words) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = state + 1
    }
    this.#slots = slots
  }
}

/** Murmur-like: every bit of every word reaches the low bits. */
function hash(rows: Int32Array, from: number, words: number): number {
  let h = 0x2545f491
  for (let at = from; at < from + words; at++) {
    h = Math.imul(h ^ (rows[at] as number), 0x5bd1e995)
    h ^= h >>> 15
  }
  h = Math.imul(h, 0x2c1b3c6d)
  return h ^ (h >>> 13)
}
