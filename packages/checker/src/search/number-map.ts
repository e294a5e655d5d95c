/**
 * Number map: numbers by number, with open addressing, for some of very many. As large as what is in it, where an array of all would be as large as
 * all, and a `Map` ends at 16 million.
 */

/** How many slots there are at first. A power of two. */
const FIRST = 1 << 8
/** How far a hash is shifted to be the number of one of the first slots. */
const FIRST_SHIFT = 32 - 8

/** Some numbers from 0, each with a number from 1. */
export class NumberMap {
  /** Each key, plus 1, and its value after it; 0 where a slot is free. */
  #slots = new Int32Array(2 * FIRST)
  #shift = FIRST_SHIFT
  #count = 0

  /** The value of a key; 0 when it has none. */
  get(key: number): number {
    return this.#slots[this.#find(key) + 1] as number
  }

  /** Gives a key that has none a value from 1. */
  add(key: number, value: number): void {
    const at = this.#find(key)
    this.#slots[at] = key + 1
    this.#slots[at + 1] = value
    if (++this.#count * 4 > this.#slots.length) this.#grow()
  }

  /** Forgets all. */
  clear(): void {
    if (this.#count === 0) return
    this.#count = 0
    if (this.#slots.length === 2 * FIRST) this.#slots.fill(0)
    else {
      this.#slots = new Int32Array(2 * FIRST)
      this.#shift = FIRST_SHIFT
    }
  }

  /** Where a key is, or would be. */
  #find(key: number): number {
    const slots = this.#slots
    let at = (Math.imul(key + 1, 0x9e3779b1) >>> this.#shift) * 2
    while (slots[at] !== 0 && slots[at] !== key + 1) at = (at + 2) & (slots.length - 1)
    return at
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Int32Array(2 * before.length)
    this.#shift--
    for (let from = 0; from < before.length; from += 2) {
      const key = before[from] as number
      if (key === 0) continue
      const at = this.#find(key - 1)
      this.#slots[at] = key
      this.#slots[at + 1] = before[from + 1] as number
    }
  }
}
