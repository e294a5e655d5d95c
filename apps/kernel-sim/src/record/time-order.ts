/**
 * Time order: puts lines into the order of their times. bpftrace empties the buffers of the CPUs in turn, so that the
 * events of one CPU are in order and those of several are not. Lines are held back for a while, as long as memory allows.
 */

interface Held {
  readonly time: number
  /** Lines of the same time keep their order. */
  readonly sequence: number
  readonly line: string
}

/** How long a line is held back, in ns of the recording, and how many are. */
const WINDOW = 2e9
const LIMIT = 1 << 18

export class TimeOrder {
  readonly #write: (line: string) => void
  readonly #limit: number
  /** A binary heap: what comes first is on top. */
  readonly #heap: Held[] = []
  #latest = 0
  #sequence = 0

  /** @param limit how many lines to hold back at most. */
  constructor(write: (line: string) => void, limit = LIMIT) {
    this.#write = write
    this.#limit = limit
  }

  /** Takes a line. @param time in ns. */
  add(time: number, line: string): void {
    this.#push({ time, sequence: this.#sequence++, line })
    this.#latest = Math.max(this.#latest, time)
    let first = this.#heap[0]
    while (
      first !== undefined &&
      (first.time < this.#latest - WINDOW || this.#heap.length > this.#limit)
    ) {
      this.#pop()
      this.#write(first.line)
      first = this.#heap[0]
    }
  }

  /** No more lines come. */
  end(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      this.#pop()
      this.#write(first.line)
    }
  }

  #push(held: Held): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above] as Held
      if (!isBefore(held, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = held
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      const right = heap[below + 1]
      if (right !== undefined && isBefore(right, heap[below] as Held)) below++
      const child = heap[below]
      if (child === undefined || !isBefore(child, last)) break
      heap[at] = child
      at = below
    }
    heap[at] = last
  }
}

function isBefore(a: Held, b: Held): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence)
}
