/**
 * State table: every state found so far, once. Rows lie one after the other in the order of discovery; an
 * open-addressing table of their numbers finds them. Each state keeps the number of the one it was reached from: since
 * the search is breadth-first, following these numbers back is a shortest way.
 * States are staged and added many at once, so that a look-up does not wait for the one before (slots.ts).
 */
import type { Row } from '../machine/layout.js'
import { enterStates } from './enter-states.js'
import { spread } from './hash.js'
import { difference, find, isSame, lookUpFirst, NUMBER, NUMBER_BITS, stateOf } from './slots.js'
import { BATCH, Successors } from './successors.js'
import type { TableView } from './table-view.js'

const FIRST_CAPACITY = 1 << 12
const FIRST_SLOTS = 2 * FIRST_CAPACITY
/** How many states found lately are looked up without waiting for memory: most are found again soon, or never. */
const RECENT = 1 << 16

/** How many states a table can hold: 134 million. */
export const MAX_STATES = NUMBER - 1

/** How many times more slots there are at most after they have grown: what is expected may be wrong. */
const MOST_GROWTH = 8

/** Returns true if slots are too few for so many states: more than two thirds would be taken, and look-ups take long. */
function isFull(states: number, slots: number): boolean {
  return states * 3 > slots * 2
}

/** How many slots a table has at least, a power of two, with so many states. */
function slotsNeeded(states: number): number {
  let slots = FIRST_SLOTS
  while (isFull(states, slots)) slots *= 2
  return slots
}

/** The states that a search has found, each with the number of the state that it was reached from. */
export class StateTable {
  /** How many states there are. */
  size = 0
  /** How many words a row has. */
  words: number
  readonly #shared: boolean
  #rows: Int32Array
  #parents: Int32Array
  /** Numbers and tags of states, by hash; at most two thirds are taken. */
  #slots: Int32Array
  /** How many states there may be before something has to grow. */
  #room = 0
  #expected = 0

  /** Slots of states that were found lately, by hash. */
  readonly #recent = new Int32Array(RECENT)
  /** Is told the number of each state that was staged, old or new, and of its parent. */
  readonly #found: (state: number, parent: number) => void

  /** States that wait to be added. */
  #staged: Successors

  /**
   * @param found is told the number of each state that was staged, old or new, and of its parent; at the latest when
   * the table is flushed.
   * @param shared whether other threads look states up.
   */
  constructor(
    words: number,
    found: (state: number, parent: number) => void = () => {},
    shared = false,
  ) {
    this.words = words
    this.#found = found
    this.#shared = shared
    this.#staged = new Successors(words)
    this.#rows = this.#array(FIRST_CAPACITY * words)
    this.#parents = this.#array(FIRST_CAPACITY)
    this.#slots = this.#array(FIRST_SLOTS)
    this.#measure()
  }

  /** The memory it holds, in bytes. What has room and was never written to takes none: the system gives memory by the page. */
  get bytes(): number {
    return this.#bytesOf(this.size, this.#slots.length)
  }

  /**
   * The memory that so many states need, in bytes. It depends on nothing else: slots that were made in advance do not count, so that a search
   * which goes on from a snapshot, and has none of these, comes to a limit where any other does.
   */
  bytesFor(states: number): number {
    return this.#bytesOf(states, slotsNeeded(states))
  }

  #bytesOf(states: number, slots: number): number {
    return (states * (this.words + 1) + slots) * Int32Array.BYTES_PER_ELEMENT
  }

  /** The memory that a table needs for so many states, a power of two, in bytes; while it grows to that, half as much more. */
  static bytesOf(states: number, words: number): number {
    return states * (words + 3) * Int32Array.BYTES_PER_ELEMENT
  }

  /** How many states there is room for before it has to grow. */
  get capacity(): number {
    return this.#parents.length
  }

  /** All states: their rows, and the state that each was reached from. */
  get contents(): {
    /** The rows, one after the other. */
    readonly rows: Int32Array
    /** The number of the state that each was reached from; -1 for the initial one. */
    readonly parents: Int32Array
  } {
    const { size, words } = this
    return { rows: this.#rows.subarray(0, size * words), parents: this.#parents.subarray(0, size) }
  }

  /** Forgets all states, and keeps the memory that it holds. */
  clear(): void {
    this.size = 0
    this.#staged.count = 0
    this.#slots.fill(0)
    this.#recent.fill(0)
  }

  /** Takes over the contents of another table. */
  load(rows: Int32Array, parents: Int32Array): void {
    this.size = parents.length
    this.#reserve(this.size, 0)
    this.#rows.set(rows)
    this.#parents.set(parents)
    this.#rehash(this.#slotsFor(this.size, this.#slots.length))
    this.#measure()
  }

  /** What another thread has to see. It is out of date when the table grows. */
  get view(): TableView {
    return { words: this.words, rows: this.#rows, parents: this.#parents, slots: this.#slots }
  }

  /** How many states the search is expected to find; 0 while that is not known. */
  get expected(): number {
    return this.#expected
  }

  /** How many slots are free. */
  get free(): number {
    return this.#slots.length - this.size
  }

  /** Makes room for so many states more, which others write. Their slots have been taken already. */
  reserve(count: number): void {
    this.#reserve(this.size + count, this.size)
  }

  /**
   * Takes over as many states as others have written.
   * @param enter enters all states into larger slots, all of them empty, where these are needed.
   */
  extend(count: number, enter: (view: TableView, size: number) => void): void {
    this.size += count
    const length = this.#slotsFor(this.size, this.#slots.length)
    if (length > this.#slots.length) {
      this.#slots = this.#array(length)
      enter(this.view, this.size)
    }
    this.#measure()
  }

  /** Says how many states there will probably be. It may be wrong. */
  expect(states: number): void {
    this.#expected = states
  }

  /** Moves to memory of its own, which whoever had a view of it cannot write to. */
  detach(): void {
    const [rows, parents] = [this.#rows, this.#parents]
    this.#rows = this.#array(rows.length)
    this.#rows.set(rows)
    this.#parents = this.#array(parents.length)
    this.#parents.set(parents)
    this.#rehash(this.#slots.length)
  }

  /** Adds a state, if it is new, with the next batch. */
  stage(row: Row, parent: number): void {
    const staged = this.#staged
    staged.origin = parent
    staged.push(row)
    if (staged.count === BATCH) this.flush()
  }

  /** Adds what is staged. */
  flush(): void {
    this.add(this.#staged)
  }

  /** Adds those of some states that are new. None of them is left. */
  add(found: Successors): void {
    const { count, states, origins } = found
    this.#lookUp(found, this.#waiting(found))
    found.count = 0
    for (let index = 0; index < count; index++) {
      this.#found(states[index] as number, origins[index] as number)
    }
  }

  /**
   * Looks states up among those that were found lately. Their sums become hashes.
   * @returns how many were not found, whose indices are in `order` then.
   */
  #waiting({ count, rows: staged, sums: hashes, states, order }: Successors): number {
    const { words } = this
    const rows = this.#rows
    const recent = this.#recent
    let waiting = 0
    for (let index = 0; index < count; index++) {
      const hashed = spread(hashes[index] as number)
      hashes[index] = hashed
      const held = recent[hashed & (RECENT - 1)] as number
      const state = stateOf(held, hashed)
      const differs = difference(rows, state, staged, index, words)
      states[index] = state
      order[waiting] = index
      waiting += (differs | (0 - differs)) >>> 31
    }
    return waiting
  }

  /** Looks up the states in `order`, and adds those that are new. */
  #lookUp(found: Successors, waiting: number): void {
    const { rows: staged, sums: hashes, states, order, origins } = found
    lookUpFirst(found, waiting, this.view, this.size)
    for (let at = 0; at < waiting; at++) {
      const index = order[at] as number
      const hashed = hashes[index] as number
      let state = states[index] as number
      if (state < 0) {
        state = this.#add(staged, index, hashed, origins[index] as number)
        states[index] = state
      }
      this.#recent[hashed & (RECENT - 1)] = (hashed & ~NUMBER) | (state + 1)
    }
  }

  /** Looks a state up, and adds it if it is new. @returns its number. */
  #add(staged: Int32Array, index: number, hashed: number, parent: number): number {
    const { words } = this
    const rows = this.#rows
    const slots = this.#slots
    const mask = slots.length - 1
    const from = index * words
    let slot = hashed & mask
    for (let held = slots[slot] as number; held !== 0; held = slots[slot] as number) {
      if ((held ^ hashed) >>> NUMBER_BITS === 0) {
        const state = (held & NUMBER) - 1
        if (isSame(rows, state * words, staged, from, words)) return state
      }
      slot = (slot + 1) & mask
    }
    if (this.size === this.#room) {
      this.#grow()
      return this.#add(staged, index, hashed, parent)
    }
    const state = this.size++
    slots[slot] = (hashed & ~NUMBER) | (state + 1)
    for (let word = 0, at = state * words; word < words; word++, at++) {
      rows[at] = staged[from + word] as number
    }
    this.#parents[state] = parent
    return state
  }

  /** The number of a state, or -1. */
  find(row: Row): number {
    return find(this.view, row)
  }

  /** Copies a state into `row`. */
  read(state: number, row: Row): void {
    const { words } = this
    const rows = this.#rows
    for (let word = 0, at = state * words; word < words; word++, at++) {
      row[word] = rows[at] as number
    }
  }

  /** Returns true if a row is that of a state. */
  isAt(state: number, row: Row): boolean {
    return isSame(this.#rows, state * this.words, row, 0, this.words)
  }

  /** The state that this one was reached from; -1 for the first. */
  parent(state: number): number {
    return this.#parents[state] as number
  }

  /** Takes over a new layout of rows. */
  repack(words: number, convert: (from: Int32Array, count: number, to: Int32Array) => void): void {
    const rows = this.#array(this.#parents.length * words)
    convert(this.#rows, this.size, rows)
    this.#rows = rows
    const isWider = words > this.words
    this.words = words
    this.#staged = new Successors(words)
    this.#recent.fill(0)
    // Memory that was made, or may be made, in advance was held against the limit with rows that were narrower.
    if (isWider) this.#expected = 0
    this.#rehash(isWider ? slotsNeeded(this.size) : this.#slots.length)
    this.#measure()
  }

  /** Makes room for another state. What has grown depends on how many there are, not on how they came. */
  #grow(): void {
    this.#reserve(this.size + 1, this.size)
    const slots = this.#slotsFor(this.size + 1, this.#slots.length)
    if (slots > this.#slots.length) this.#rehash(slots)
    this.#measure()
  }

  #measure(): void {
    this.#room = Math.min(this.#parents.length, Math.floor((this.#slots.length * 2) / 3))
  }

  /**
   * How many slots there are once there are so many states. Where they are too few, they become so many as the states need that are expected, if that is
   * not too many: so they are filled anew less often. It depends on how many states there are, not on how they came.
   */
  #slotsFor(states: number, least: number): number {
    let slots = least
    while (isFull(states, slots)) {
      const most = slots * MOST_GROWTH
      slots *= 2
      while (slots < most && isFull(this.#expected, slots)) slots *= 2
    }
    return slots
  }

  /** Makes room for the rows of so many states, keeping those of the first ones. */
  #reserve(states: number, kept: number): void {
    let capacity = this.#parents.length
    if (states <= capacity) return
    while (capacity < states) capacity *= 4
    const rows = this.#array(capacity * this.words)
    rows.set(this.#rows.subarray(0, kept * this.words))
    this.#rows = rows
    const parents = this.#array(capacity)
    parents.set(this.#parents.subarray(0, kept))
    this.#parents = parents
  }

  #rehash(length: number): void {
    this.#slots = this.#array(length)
    enterStates(this.view, this.size, { part: 0, parts: 1 })
  }

  #array(length: number): Int32Array {
    return this.#shared ? new Int32Array(new SharedArrayBuffer(length * 4)) : new Int32Array(length)
  }
}
