/** Recordings: an audit may read several, one after the other. Here is which one it reads, and in which of them a thing was seen. */

/** Counts the recordings of one audit. */
export class Recordings {
  #current = 0

  /** The number of the one that is being read, from 0. */
  get current(): number {
    return this.#current
  }

  /** The next one begins. */
  next(): void {
    this.#current++
  }
}

/** In which recordings one thing was seen. */
export class SeenIn {
  readonly #recordings: Recordings
  readonly #numbers: number[] = []
  #last = -1

  constructor(recordings: Recordings) {
    this.#recordings = recordings
  }

  /** It is seen in the recording that is being read. */
  mark(): void {
    const { current } = this.#recordings
    if (current === this.#last) return
    this.#last = current
    this.#numbers.push(current)
  }

  /** The numbers of the recordings, from 0, in ascending order. */
  get numbers(): readonly number[] {
    return this.#numbers
  }
}
