/**
 * Byte table: names and stacks come as runs of bytes, the same ones over and over. A table makes what it stands for
 * once and finds it again by the bytes, without making a string.
 */

/** How many bytes of a long run the hash looks at. Runs that are equal there are told apart by comparing them. */
const SAMPLES = 48
/** How many different runs are remembered. Beyond that the table starts over: slower, never wrong. */
const LIMIT = 1 << 16
const SLOTS = LIMIT * 2

export class ByteTable<T> {
  readonly #make: (text: string) => T
  #slots = new Int32Array(SLOTS)
  #keys: Buffer[] = []
  #values: T[] = []

  /** @param make makes what a run of bytes stands for, from its text. */
  constructor(make: (text: string) => T) {
    this.#make = make
  }

  /** What the bytes from `start` to `end` stand for. */
  get(bytes: Buffer, start: number, end: number): T {
    const length = end - start
    let slot = hash(bytes, start, end) & (SLOTS - 1)
    for (let id = this.#slots[slot]; id; id = this.#slots[slot]) {
      const key = this.#keys[id - 1]
      if (key !== undefined && key.length === length && equal(key, bytes, start)) {
        return this.#values[id - 1] as T
      }
      slot = (slot + 1) & (SLOTS - 1)
    }
    return this.#add(bytes, start, end, slot)
  }

  #add(bytes: Buffer, start: number, end: number, slot: number): T {
    const value = this.#make(bytes.toString('utf8', start, end))
    if (this.#keys.length === LIMIT) {
      this.#slots.fill(0)
      this.#keys = []
      this.#values = []
    }
    this.#values.push(value)
    this.#slots[slot] = this.#keys.push(Buffer.from(bytes.subarray(start, end)))
    return value
  }
}

function hash(bytes: Buffer, start: number, end: number): number {
  const step = end - start <= SAMPLES ? 1 : (end - start) / SAMPLES
  let sum = end - start
  for (let at = start; at < end; at += step) {
    sum = Math.imul(sum ^ (bytes[at | 0] as number), 16777619)
  }
  return sum ^ (sum >>> 15)
}

function equal(key: Buffer, bytes: Buffer, start: number): boolean {
  const { length } = key
  if (length > 24) return key.compare(bytes, start, start + length) === 0
  for (let i = 0; i < length; i++) if (key[i] !== bytes[start + i]) return false
  return true
}
