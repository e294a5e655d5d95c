/**
 * Compact table: states as hashes of 64 bits instead of their rows ("hash compaction": Wolper and Leroy 1993; Stern and Dill 1995, 1996). Two
 * states with the same hash count as one, so that a search may miss states; that it misses any is unlikely, and how unlikely is known. Only states that are
 * still to be expanded have rows.
 */
import type { Row } from '../machine/layout.js'
import { StateTable } from './state-table.js'

/** How many words a hash has. */
const WORDS = 2
/** After so many states what is staged is added: before the table of hashes does so by itself. */
const BATCH = 128
/** Rows are kept and dropped in pages of so many states. */
const PAGE_BITS = 12
const PAGE = 1 << PAGE_BITS

/** The states that a search has found, by hash. What is not said here is as in {@link StateTable}. */
export class CompactTable {
  /** How many words a row has. */
  words: number
  readonly #hashes: StateTable
  readonly #found: (state: number, parent: number) => void
  /** The rows of states that are still to be expanded, by page. */
  readonly #pages = new Map<number, Int32Array>()
  /** The first page that may still be there. */
  #oldest = 0
  /** Rows that are kept for good: that of the first state, and those on the way to what was found. */
  readonly #recalled = new Map<number, Row>()
  readonly #hash: Row = new Int32Array(WORDS)
  /** Rows of states that wait to be added. */
  readonly #staged: Int32Array
  #count = 0
  /** How many of the staged ones the table of hashes has told of. */
  #told = 0
  /** How many states have got a row. */
  #kept = 0

  constructor(words: number, found: (state: number, parent: number) => void) {
    this.words = words
    this.#found = found
    this.#staged = new Int32Array(BATCH * words)
    this.#hashes = new StateTable(WORDS, (state, parent) => this.#tell(state, parent))
  }

  /** How many states there are. */
  get size(): number {
    return this.#hashes.size
  }

  /** The memory it holds, in bytes. */
  get bytes(): number {
    return this.#hashes.bytes + this.#pages.size * PAGE * this.words * 4
  }

  /** The memory that it would hold with so many states, in bytes. */
  bytesFor(states: number): number {
    const rows = Math.max(0, states - this.size) * this.words * 4
    return this.#hashes.bytesFor(states) + this.#pages.size * PAGE * this.words * 4 + rows
  }

  /** Adds a successor of a state, with the next batch; -1 is the parent of the first state. */
  stage(row: Row, parent: number): void {
    const { words } = this
    const staged = this.#staged
    for (let word = 0, at = this.#count * words; word < words; word++, at++) {
      staged[at] = row[word] as number
    }
    this.#count++
    hashInto(this.#hash, row, words)
    this.#hashes.stage(this.#hash, parent)
    if (this.#count === BATCH) this.flush()
  }

  /** Adds what is staged. */
  flush(): void {
    this.#hashes.flush()
    this.#count = 0
    this.#told = 0
  }

  /** The next one of those that were staged has this number: a greater one than any before, if it is new. */
  #tell(state: number, parent: number): void {
    const index = this.#told++
    if (state === this.#kept) {
      this.#keep(state, index)
      this.#kept++
    }
    this.#found(state, parent)
  }

  #keep(state: number, index: number): void {
    const { words } = this
    const page = state >>> PAGE_BITS
    let rows = this.#pages.get(page)
    if (rows === undefined) {
      rows = new Int32Array(PAGE * words)
      this.#pages.set(page, rows)
    }
    const row = this.#staged.subarray(index * words, (index + 1) * words)
    rows.set(row, (state & (PAGE - 1)) * words)
    if (state === 0) this.#recalled.set(0, row.slice())
  }

  /** Drops the rows of states before this one. */
  forget(state: number): void {
    for (; this.#oldest < state >>> PAGE_BITS; this.#oldest++) this.#pages.delete(this.#oldest)
  }

  /** Copies a state into `row`. @throws Error for one whose row was dropped and not recalled */
  read(state: number, row: Row): void {
    const recalled = this.#recalled.get(state)
    if (recalled !== undefined) {
      row.set(recalled)
      return
    }
    const rows = this.#pages.get(state >>> PAGE_BITS)
    if (rows === undefined) throw new Error(`the row of state ${state} was not kept`)
    const { words } = this
    for (let word = 0, at = (state & (PAGE - 1)) * words; word < words; word++, at++) {
      row[word] = rows[at] as number
    }
  }

  /** Keeps the row of a state for good, if it has the hash of that state. */
  recall(state: number, row: Row): void {
    hashInto(this.#hash, row, this.words)
    if (this.#hashes.isAt(state, this.#hash)) this.#recalled.set(state, row.slice())
  }

  /** Takes over a new layout of rows, once the search is over: hashes mean nothing from there on. */
  repack(words: number, convert: (from: Int32Array, count: number, to: Int32Array) => void): void {
    for (const [state, row] of this.#recalled) {
      const converted = new Int32Array(words)
      convert(row, 1, converted)
      this.#recalled.set(state, converted)
    }
    this.#pages.clear()
    this.words = words
  }

  /** The number of a state with the hash of this row, or -1. */
  find(row: Row): number {
    hashInto(this.#hash, row, this.words)
    return this.#hashes.find(this.#hash)
  }

  /** The state that one was found from, or -1. */
  parent(state: number): number {
    return this.#hashes.parent(state)
  }
}

/**
 * How likely it is at most that a search which has found so many states has missed one: that two of them have the same of 2^64 hashes.
 * It takes hashes for random ones, as they are made to look.
 */
export function missedAtMost(states: number): number {
  return (states * (states - 1)) / 2 / 2 ** 64
}

/** A hash of a row in two halves, which are made in different ways: Murmur-like as in state-table.ts, and MurmurHash3 (Appleby). */
export function hashInto(hash: Row, row: Row, words: number): void {
  let a = 0x9747b28c
  let b = 0x3c6ef372
  for (let at = 0; at < words; at++) {
    const word = row[at] as number
    a = Math.imul(a ^ word, 0x5bd1e995)
    a ^= a >>> 15
    let k = Math.imul(word, 0xcc9e2d51)
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593)
    b ^= k
    b = (Math.imul((b << 13) | (b >>> 19), 5) + 0xe6546b64) | 0
  }
  a = Math.imul(a, 0x2c1b3c6d)
  hash[0] = a ^ (a >>> 13)
  b ^= b >>> 16
  b = Math.imul(b, 0x85ebca6b)
  b ^= b >>> 13
  b = Math.imul(b, 0xc2b2ae35)
  hash[1] = b ^ (b >>> 16)
}
