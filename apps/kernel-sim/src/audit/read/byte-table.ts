/**
 * Byte table: names, stacks and the like come as runs of bytes, the same ones over and over. A table makes what a run
 * stands for once and finds it again by the bytes, without making a string. Its memory has an end: when it is full it
 * starts over, which costs time and changes nothing.
 */

/** How many different runs are remembered, and how many bytes of them. */
const RUNS = 1 << 16
const BYTES = 1 << 24

/** How many words of a long run the hash looks at. Runs that are equal there are told apart by comparing them. */
const SAMPLES = 32

export class ByteTable<T> {
  readonly #make: (text: string) => T
  /** What stands for each run, from 1. */
  #values: T[] = []
  /** The run of each hash, or 0; twice as many as there are runs at most. */
  #slots = new Int32Array(64)
  #hashes = new Int32Array(32)
  /** Where in `#arena` each run begins, and how long it is. */
  #starts = new Int32Array(32)
  #lengths = new Int32Array(32)
  #arena = viewOf(Buffer.alloc(1 << 10))
  #used = 0

  /** @param make makes what a run of bytes stands for, from its text. */
  constructor(make: (text: string) => T) {
    this.#make = make
  }

  /** What the bytes from `start` to `end` stand for. */
  get(bytes: DataView, start: number, end: number): T {
    const length = end - start
    const hash = hashOf(bytes, start, end)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (let run = this.#slots[slot] as number; run !== 0; run = this.#slots[slot] as number) {
      if (
        this.#hashes[run - 1] === hash &&
        this.#lengths[run - 1] === length &&
        equal(this.#arena, this.#starts[run - 1] as number, bytes, start, length)
      ) {
        return this.#values[run - 1] as T
      }
      slot = (slot + 1) & mask
    }
    return this.#add(bytes, start, length, hash)
  }

  #add(bytes: DataView, start: number, length: number, hash: number): T {
    const run = Buffer.from(bytes.buffer, bytes.byteOffset + start, length)
    const value = this.#make(run.toString('utf8'))
    // What is too long to be remembered at all is made each time.
    if (length > BYTES) return value
    if (this.#values.length === RUNS || this.#used + length > BYTES) this.#clear()
    if (this.#values.length === this.#hashes.length) this.#grow()
    if (this.#used + length > this.#arena.byteLength) {
      const size = Math.min(BYTES, Math.max(this.#used + length, this.#arena.byteLength * 2))
      this.#arena = viewOf(grown(new Uint8Array(this.#arena.buffer), new Uint8Array(size)))
    }
    new Uint8Array(this.#arena.buffer).set(run, this.#used)
    this.#starts[this.#values.length] = this.#used
    this.#lengths[this.#values.length] = length
    this.#hashes[this.#values.length] = hash
    this.#used += length
    this.#place(hash, this.#values.push(value))
    return value
  }

  #place(hash: number, run: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = run
  }

  #grow(): void {
    const size = this.#hashes.length * 2
    this.#hashes = grown(this.#hashes, new Int32Array(size))
    this.#starts = grown(this.#starts, new Int32Array(size))
    this.#lengths = grown(this.#lengths, new Int32Array(size))
    this.#slots = new Int32Array(size * 2)
    for (let i = 0; i < this.#values.length; i++) this.#place(this.#hashes[i] as number, i + 1)
  }

  #clear(): void {
    this.#slots.fill(0)
    this.#values = []
    this.#used = 0
  }
}

/** The bytes of a buffer, to be read in words. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

function grown<A extends Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from)
  return to
}

function hashOf(bytes: DataView, start: number, end: number): number {
  const length = end - start
  const step = length <= 4 * SAMPLES ? 4 : ((length / SAMPLES) | 3) + 1
  const last = end - 4
  let sum = length
  let at = start
  for (; at <= last; at += step) {
    sum = Math.imul(sum ^ bytes.getInt32(at, true), 0x9e3779b1)
    sum ^= sum >>> 15
  }
  for (at = Math.max(start, last); at < end; at++)
    sum = Math.imul(sum ^ bytes.getUint8(at), 16777619)
  return sum ^ (sum >>> 13)
}

/** Whether the `length` bytes from `i` on are those from `k` on. */
function equal(a: DataView, i: number, b: DataView, k: number, length: number): boolean {
  const words = i + (length & ~3)
  const end = i + length
  for (; i < words; i += 4, k += 4) if (a.getInt32(i, true) !== b.getInt32(k, true)) return false
  for (; i < end; i++, k++) if (a.getUint8(i) !== b.getUint8(k)) return false
  return true
}
