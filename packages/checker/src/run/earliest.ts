/**
 * Earliest: of some times that change, one after the other, which is the first, and when the next one is. A tree of winners over a typed
 * array: a change costs its logarithm, and to ask costs as much.
 */
export class Earliest {
  /** How many leaves the tree has: times, and Infinity for those that are not there. */
  readonly #leaves: number
  /** By place in the tree: the earliest time below it. The root is 1, its leaves begin at #leaves. */
  readonly #times: Float64Array
  /** When the others are, without the one that {@link first} has found: Infinity when there are none. */
  others = Number.POSITIVE_INFINITY

  /** @param count of times, from 1; all are Infinity at first */
  constructor(count: number) {
    let leaves = 1
    while (leaves < count) leaves *= 2
    this.#leaves = leaves
    this.#times = new Float64Array(2 * leaves).fill(Number.POSITIVE_INFINITY)
  }

  /** The earliest of all. */
  get time(): number {
    return this.#times[1] as number
  }

  /** One of them. */
  at(index: number): number {
    return this.#times[this.#leaves + index] as number
  }

  /** Changes one of them. */
  set(index: number, time: number): void {
    const times = this.#times
    let at = this.#leaves + index
    times[at] = time
    let least = time
    while (at > 1) {
      const other = times[at ^ 1] as number
      if (other < least) least = other
      at >>= 1
      if (times[at] === least) return
      times[at] = least
    }
  }

  /** Finds the earliest, of equal ones the one with the least number; `others` is what is left. */
  first(): number {
    const times = this.#times
    const leaves = this.#leaves
    const time = times[1] as number
    let others = Number.POSITIVE_INFINITY
    let at = 1
    while (at < leaves) {
      at *= 2
      let other = times[at + 1] as number
      if (times[at] !== time) {
        other = times[at] as number
        at++
      }
      if (other < others) others = other
    }
    this.others = others
    return at - leaves
  }
}
