/** Seldom: what is done now and then beside other work, so that it never takes more than a small part of the time, however long it takes. */

/** At least so many times as long passes as it took the last time: so it takes a fiftieth of the time. */
const TIMES = 50

export class Seldom {
  /** When it was done last, and how long that took, in ms. */
  #done = Number.NEGATIVE_INFINITY
  #taken = 0

  /** True if it may be done again; at first it may. */
  get isDue(): boolean {
    return performance.now() - this.#done > this.#taken * TIMES
  }

  /** Does it. */
  do(act: () => void): void {
    const before = performance.now()
    act()
    this.#done = performance.now()
    this.#taken = this.#done - before
  }
}
