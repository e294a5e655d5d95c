/**
 * Quoted printable: what a mail in its raw form does to a log: long lines end with `=` and go on, and some characters are `=3D`.
 */

/** A line of such a mail has at most 76 characters; a rule of lockdep's is not one. */
const SOFT_BREAK = /[^=]=$/
const SHORTEST = 66
const LONGEST = 78
const CODE = /=([\dA-F]{2})/g

export class QuotedPrintable {
  #held = ''
  /** True if a line went on: then codes are codes. */
  #active = false

  /** The whole line that ends here; undefined where it goes on. */
  add(line: string): string | undefined {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    const goesOn =
      text.length >= SHORTEST &&
      text.length <= LONGEST &&
      SOFT_BREAK.test(text) &&
      this.#held.length < 4096
    if (goesOn) {
      this.#active = true
      this.#held += text.slice(0, -1)
      return undefined
    }
    const whole = this.#held === '' ? line : this.#held + line
    this.#held = ''
    return this.#active
      ? whole.replace(CODE, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      : whole
  }

  /** What was left when the stream ended. */
  end(): string {
    const held = this.#held
    this.#held = ''
    return held
  }
}
