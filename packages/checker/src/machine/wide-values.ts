/**
 * Wide values: numbers for values that are too wide for the fields of a row, such as the flags of a task. A number is given when a value
 * comes up, so it depends on what was searched before; whoever shares rows with others has to agree with them on numbers, as on those of positions.
 */
import { Unforeseen } from './errors.js'

/** A table of values. 0 has the number 0. */
export class WideValues {
  /** True if it may not number new values: only one of the threads of a search gives numbers. */
  sealed = false
  readonly #values: number[] = [0]
  readonly #numbers = new Map<number, number>([[0, 0]])

  constructor(
    /** What the values are. */
    readonly name: string,
  ) {}

  /** How many values have numbers. */
  get size(): number {
    return this.#values.length
  }

  /** The number of a value. */
  numberOf(value: number): number {
    let number = this.#numbers.get(value)
    if (number === undefined) {
      if (this.sealed) throw new Unforeseen(this.name)
      number = this.#values.push(value) - 1
      this.#numbers.set(value, number)
    }
    return number
  }

  /** The value with a number. @throws RangeError when none has it. */
  valueOf(number: number): number {
    const value = this.#values[number]
    if (value === undefined)
      throw new RangeError(`no value of ${this.name} has the number ${number}`)
    return value
  }
}
