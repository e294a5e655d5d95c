/** Seldom: what is done now and then beside other work: as often as was asked for, or so that it never takes more than a small part of the time. */

/** At least so many times as long passes as it took the last time: so it takes a fiftieth of the time, however long it takes. */
const TIMES = 50

export class Seldom {
  readonly #every: number | null
  /** When it was done last, and how long that took, in ms. */
  #done = Number.NEGATIVE_INFINITY
  #taken = 0

  /** @param every how many seconds lie between two times; null for as many as take a fiftieth of the time. */
  constructor(every: number | null = null) {
    this.#every = every
  }

  /** True if it may be done again; at first it may. */
  get isDue(): boolean {
    const pause = this.#every === null ? this.#taken * TIMES : this.#every * 1000
    return performance.now() - this.#done > pause
  }

  /** Does it. */
  do(act: () => void): void {
    const before = performance.now()
    act()
    this.#done = performance.now()
    this.#taken = this.#done - before
  }
}
