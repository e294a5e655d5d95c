/**
 * Sorter: the order in which rows lie on disk. The first word of a row is mixed with the others, one to one, so that nothing is lost; it
 * looks random then, and decides nearly every comparison. Rows that are so changed are called *keyed* here, and their first word the key.
 *
 * Keys are sorted by radix, digit by digit from the lowest, without comparisons.
 */

const DIGIT_BITS = 11
const BUCKETS = 1 << DIGIT_BITS
const DIGITS = 3
/** Turned over, this bit makes the order of negative numbers and others one of unsigned ones. */
const SIGN = 1 << 31

/** The key of a row that begins somewhere in an array. */
export function keyOf(rows: Int32Array, from: number, words: number): number {
  let mixed = 0x2545f491
  for (let at = from + 1; at < from + words; at++) {
    mixed = Math.imul(mixed ^ (rows[at] as number), 0x5bd1e995)
    mixed ^= mixed >>> 15
  }
  // Each of these steps can be undone: the finalizer of MurmurHash3 (Appleby).
  let key = (rows[from] as number) ^ mixed
  key = Math.imul(key ^ (key >>> 16), 0x85ebca6b)
  key = Math.imul(key ^ (key >>> 13), 0xc2b2ae35)
  return key ^ (key >>> 16)
}

/** Compares two rows that have the same key. @returns a number below, at or above 0. */
export function compareRests(
  rows: Int32Array,
  at: number,
  others: Int32Array,
  from: number,
  words: number,
): number {
  for (let word = 1; word < words; word++) {
    const one = rows[at + word] as number
    const other = others[from + word] as number
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}

/** Sorts rows. It keeps the memory that this takes, for the next time. */
export class Sorter {
  /** The keyed rows in their order. */
  rows = new Int32Array(0)
  /** For each of these, which of the given rows it was. */
  order = new Int32Array(0)
  #keys = new Int32Array(0)
  #otherKeys = new Int32Array(0)
  #otherOrder = new Int32Array(0)
  readonly #begins = Array.from({ length: DIGITS }, () => new Int32Array(BUCKETS))

  /** The memory that it holds, in bytes. */
  get bytes(): number {
    return this.rows.byteLength + this.order.byteLength * 4
  }

  /** The memory that it needs for so many rows, a power of two, in bytes. */
  static bytesFor(rows: number, words: number): number {
    return rows * (words + 4) * Int32Array.BYTES_PER_ELEMENT
  }

  /** Sorts rows, which lie one after the other and are all different. */
  sort(rows: Int32Array, count: number, words: number): void {
    this.#reserve(count, words)
    this.#begin(rows, count, words)
    for (let digit = 0; digit < DIGITS; digit++) this.#distribute(digit, count)
    this.#gather(rows, count, words)
    this.#sortEqualKeys(count, words)
  }

  #reserve(count: number, words: number): void {
    let room = Math.max(1, this.order.length)
    while (room < count) room *= 2
    if (this.order.length < room) {
      this.order = new Int32Array(room)
      this.#keys = new Int32Array(room)
      this.#otherKeys = new Int32Array(room)
      this.#otherOrder = new Int32Array(room)
    }
    if (this.rows.length < room * words) this.rows = new Int32Array(room * words)
  }

  /** Makes the keys, and finds where the bucket of each digit begins. */
  #begin(rows: Int32Array, count: number, words: number): void {
    const keys = this.#keys
    const { order } = this
    for (let index = 0, at = 0; index < count; index++, at += words) {
      keys[index] = keyOf(rows, at, words)
      order[index] = index
    }
    for (const [digit, begins] of this.#begins.entries()) {
      begins.fill(0)
      const shift = digit * DIGIT_BITS
      for (let index = 0; index < count; index++) {
        const bucket = (((keys[index] as number) ^ SIGN) >>> shift) & (BUCKETS - 1)
        begins[bucket] = (begins[bucket] as number) + 1
      }
      let sum = 0
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        const size = begins[bucket] as number
        begins[bucket] = sum
        sum += size
      }
    }
  }

  /** Puts keys into the order of a digit; those that have the same one stay in the order in which they were. */
  #distribute(digit: number, count: number): void {
    const keys = this.#keys
    const order = this.order
    const toKeys = this.#otherKeys
    const toOrder = this.#otherOrder
    const begins = this.#begins[digit] as Int32Array
    const shift = digit * DIGIT_BITS
    for (let index = 0; index < count; index++) {
      const key = keys[index] as number
      const bucket = ((key ^ SIGN) >>> shift) & (BUCKETS - 1)
      const to = begins[bucket] as number
      begins[bucket] = to + 1
      toKeys[to] = key
      toOrder[to] = order[index] as number
    }
    this.#keys = toKeys
    this.#otherKeys = keys
    this.order = toOrder
    this.#otherOrder = order
  }

  #gather(rows: Int32Array, count: number, words: number): void {
    const keys = this.#keys
    const { order, rows: sorted } = this
    for (let index = 0, to = 0; index < count; index++) {
      let from = (order[index] as number) * words
      sorted[to++] = keys[index] as number
      for (let word = 1; word < words; word++) sorted[to++] = rows[++from] as number
    }
  }

  /** Sorts those that have the same key, of which there are few, by insertion. */
  #sortEqualKeys(count: number, words: number): void {
    const { rows, order } = this
    for (let index = 1; index < count; index++) {
      for (let at = index; at > 0; at--) {
        const here = at * words
        const before = here - words
        if (rows[here] !== rows[before]) break
        if (compareRests(rows, before, rows, here, words) <= 0) break
        for (let word = 1; word < words; word++) {
          const other = rows[before + word] as number
          rows[before + word] = rows[here + word] as number
          rows[here + word] = other
        }
        const other = order[at - 1] as number
        order[at - 1] = order[at] as number
        order[at] = other
      }
    }
  }
}
