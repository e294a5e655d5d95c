/**
 * Forecast: how many states a search will have, as it looks. Sizes of breadth-first levels grow and shrink smoothly: from one to the next by a
 * factor which itself falls by about the same part each time. Once a search has seen a tenth of its states, that tells their number within a quarter on the
 * models that it was tried on. Nothing depends on it but when memory is made.
 */

/** How many levels are looked at: fewer states than in these tell nothing. */
const LEVELS = 3
/** How many states the levels have to have. */
const LEAST = 256
/** By what the factor falls at least from level to level, or the sum would not end. */
const SLOWEST = 0.97
/** What is expected is less than what it looks like: to have too much memory is worse than to grow once more. */
const CAUTION = 0.8

/** Looks at the levels of one search. */
export class Forecast {
  /** The sizes of the last levels, the last one at the end. */
  #sizes: number[] = []
  /** What the level before looked like. */
  #before = 0

  /** The search has started over. */
  reset(): void {
    this.#sizes = []
    this.#before = 0
  }

  /**
   * A level has been found.
   * @param size how many states it has. @param total how many there are, with it.
   * @returns how many there will be; 0 while that is not known.
   */
  next(size: number, total: number): number {
    this.#sizes = [...this.#sizes.slice(1 - LEVELS), size]
    const now = this.#look(total)
    const least = Math.min(now, this.#before)
    this.#before = now
    return Math.floor(CAUTION * least)
  }

  #look(total: number): number {
    const [first, second, third] = this.#sizes
    if (first === undefined || second === undefined || third === undefined) return 0
    if (first < LEAST) return 0
    let factor = third / second
    const fall = Math.min(SLOWEST, factor / (second / first))
    let sum = total
    for (let level = third; level >= 1; sum += level) {
      factor *= fall
      level *= factor
    }
    return sum
  }
}
