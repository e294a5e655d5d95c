/**
 * Doubled lines: two consoles on one line, such as an early one that was kept, print every line twice. The same text at the same microsecond is the
 * same message; but a frame may stand twice on a stack, where a function calls itself.
 */

/** A time that no two messages share by accident. */
const TIMED = /^(?:<\d>)?\[ *\d+\.\d{6,9}\]/
const FRAME = /\+0x[\da-f]+\/0x/

export class DoubledLines {
  #before = ''
  /** True if the line before the last one was doubled too. */
  #doubling = false
  #wasDoubled = false

  /** Returns true if a line is the one before once more. */
  has(raw: string): boolean {
    const same = raw === this.#before && !this.#wasDoubled && TIMED.test(raw)
    const doubled = same && (this.#doubling || !FRAME.test(raw))
    if (!doubled) {
      this.#doubling = this.#wasDoubled
      this.#before = raw
    }
    this.#wasDoubled = doubled
    return doubled
  }
}
