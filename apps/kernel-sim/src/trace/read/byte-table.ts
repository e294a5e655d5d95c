/**
 * Byte table: names, stacks and the like come as runs of bytes, the same ones over and over. A table makes what a run
 * stands for once and finds it again by the bytes, without making a string. Its memory has an end: when it is full it
 * starts over, which costs time and changes nothing.
 */

/** How many different runs are remembered, and how many words of four bytes they may have together. */
const RUNS = 1 << 15
const WORDS = 1 << 22

/** How many words of a long run the hash looks at. Runs that are equal there are told apart by comparing them. */
const SAMPLES = 16

export class ByteTable<T> {
  readonly #make: (bytes: DataView, start: number, end: number) => T
  /** What stands for each run, from 1. */
  #values: T[] = []
  /** The run of each hash, or 0; twice as many as there are runs at most. */
  #slots: Int32Array = new Int32Array(64)
  #hashes: Int32Array = new Int32Array(32)
  /** Where in `#words` each run begins, and how long it is in bytes. */
  #starts: Int32Array = new Int32Array(32)
  #lengths: Int32Array = new Int32Array(32)
  /** The runs, each from an even word on, so that two words can be compared at once. */
  #words: Int32Array = new Int32Array(1 << 8)
  #pairs: Float64Array = pairsOf(this.#words)
  #used = 0

  /** @param make makes what a run of bytes stands for: see `fromText`. */
  constructor(make: (bytes: DataView, start: number, end: number) => T) {
    this.#make = make
  }

  /** What the bytes from `start` to `end` stand for. */
  get(bytes: DataView, start: number, end: number): T {
    const length = end - start
    const hash = hashOf(bytes, start, length)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (let run = this.#slots[slot] as number; run !== 0; run = this.#slots[slot] as number) {
      if (
        this.#hashes[run - 1] === hash &&
        this.#lengths[run - 1] === length &&
        this.#isRun(this.#starts[run - 1] as number, bytes, start, length)
      ) {
        return this.#values[run - 1] as T
      }
      slot = (slot + 1) & mask
    }
    return this.#add(bytes, start, length, hash)
  }

  #add(bytes: DataView, start: number, length: number, hash: number): T {
    const value = this.#make(bytes, start, start + length)
    const words = ((length + 7) >> 3) << 1
    // What is too long to be remembered at all is made each time.
    if (words > WORDS) return value
    if (this.#values.length === RUNS || this.#used + words > WORDS) this.#clear()
    if (this.#values.length === this.#hashes.length) this.#grow()
    if (this.#used + words > this.#words.length) {
      const size = Math.min(WORDS, Math.max(this.#used + words, this.#words.length * 2))
      this.#words = grown(this.#words, size)
      this.#pairs = pairsOf(this.#words)
    }
    const run = this.#values.length
    this.#starts[run] = this.#used
    this.#lengths[run] = length
    this.#hashes[run] = hash
    for (let at = start; at + 4 <= start + length; at += 4) {
      this.#words[this.#used++] = bytes.getInt32(at, true)
    }
    if (length & 3) this.#words[this.#used++] = lastWord(bytes, start, length)
    this.#used += this.#used & 1
    this.#place(hash, this.#values.push(value))
    return value
  }

  /**
   * Returns true if the run from `word` on is that of the `length` bytes from `start` on.
   *
   * Eight bytes are compared as one double. Two doubles that are equal have the same bytes unless they are zero, which has two
   * forms; and what is not a number differs from itself. Text is neither, so that such bytes may take longer.
   */
  #isRun(word: number, bytes: DataView, start: number, length: number): boolean {
    const pairs = this.#pairs
    const end = start + (length & ~7)
    let pair = word >> 1
    let at = start
    for (; at < end; at += 8) {
      const value = bytes.getFloat64(at, true)
      if ((pairs[pair] !== value || value === 0) && !this.#isPair(pair * 2, bytes, at)) return false
      pair++
    }
    let rest = pair * 2
    if (length & 4) {
      if (this.#words[rest++] !== bytes.getInt32(at, true)) return false
    }
    return (length & 3) === 0 || this.#words[rest] === lastWord(bytes, start, length)
  }

  #isPair(word: number, bytes: DataView, at: number): boolean {
    return (
      this.#words[word] === bytes.getInt32(at, true) &&
      this.#words[word + 1] === bytes.getInt32(at + 4, true)
    )
  }

  #place(hash: number, run: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = run
  }

  #grow(): void {
    const size = this.#hashes.length * 2
    this.#hashes = grown(this.#hashes, size)
    this.#starts = grown(this.#starts, size)
    this.#lengths = grown(this.#lengths, size)
    this.#slots = new Int32Array(size * 2)
    for (let i = 0; i < this.#values.length; i++) this.#place(this.#hashes[i] as number, i + 1)
  }

  #clear(): void {
    this.#slots.fill(0)
    this.#values = []
    this.#used = 0
  }
}

/** Makes what a run of bytes stands for from its text. */
export function fromText<T>(
  make: (text: string) => T,
): (bytes: DataView, start: number, end: number) => T {
  return ({ buffer, byteOffset }, start, end) =>
    make(utf8.decode(new Uint8Array(buffer, byteOffset + start, Math.max(0, end - start))))
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** The bytes of a buffer, to be read in words. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

/** The same memory, two words at a time. */
function pairsOf(words: Int32Array): Float64Array {
  return new Float64Array(words.buffer, 0, words.length >> 1)
}

function grown(from: Int32Array, size: number): Int32Array {
  const to = new Int32Array(size)
  to.set(from)
  return to
}

/** Two sums side by side: each step of one need not wait for the other. */
function hashOf(bytes: DataView, start: number, length: number): number {
  const step = length <= 8 * SAMPLES ? 4 : ((length / SAMPLES) | 3) + 1
  const end = start + (length & ~3)
  let even = length
  let odd = 0
  let at = start
  for (; at + step < end; at += 2 * step) {
    even = (Math.imul(even, 0x9e3779b1) + bytes.getInt32(at, true)) | 0
    odd = (Math.imul(odd, 0x85ebca6b) + bytes.getInt32(at + step, true)) | 0
  }
  if (at < end) even = (Math.imul(even, 0x9e3779b1) + bytes.getInt32(at, true)) | 0
  if (length & 3) odd = (Math.imul(odd, 0x85ebca6b) + lastWord(bytes, start, length)) | 0
  const sum =
    Math.imul(even ^ (even >>> 15), 0x2c1b3c6d) ^ Math.imul(odd ^ (odd >>> 13), 0x297a2d39)
  return sum ^ (sum >>> 16)
}

/** The one to three bytes at the end that fill no word. */
function lastWord(bytes: DataView, start: number, length: number): number {
  let word = 0
  for (let at = start + (length & ~3); at < start + length; at++) {
    word = (word << 8) | bytes.getUint8(at)
  }
  return word
}
