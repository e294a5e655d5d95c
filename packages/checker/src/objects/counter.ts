/** Counter: a variable for whole numbers from 0, to which tasks can also add in one step. */
import { Misuse } from '../machine/errors.js'
import type { Machine } from '../machine/machine.js'
import { Operation, type Steps } from '../machine/operation.js'
import { Operations } from '../machine/operations.js'
import { WHOLE_NUMBERS } from './domain.js'
import { Variable } from './variable.js'

/** A whole number that tasks share, from 0 to 1,073,741,823. Beyond that an operation throws a `Misuse`. */
export class Counter extends Variable<number> {
  readonly #add: Operations<number>

  /** @throws Misuse when the initial value is not a whole number from 0 to 1,073,741,823. */
  constructor(machine: Machine, name: string, initial: number) {
    super(machine, name, initial, WHOLE_NUMBERS)
    const { object, field } = this
    this.#add = new Operations(
      (by) =>
        new Operation({
          name: 'add',
          object,
          // An operand is a number from 0 where it stands for something held; here it may be negative.
          operands: [by],
          label: `${object}.add(${by})`,
          results: (result) => `${result}`,
          wakes: true,
          attempt: (row) => {
            const value = field.get(row) + by
            if (value < 0)
              throw new Misuse(`${object} would be ${value}: it holds whole numbers from 0`)
            field.set(row, value)
            return value
          },
        }),
    )
  }

  /** Adds to it in one step, and returns what it holds then. @throws Misuse when `by` is not a whole number. */
  *add(by: number): Steps<number> {
    if (!Number.isSafeInteger(by))
      throw new Misuse(`${by} cannot be added to ${this.object}: it holds whole numbers`)
    return yield* this.#add.with(by)
  }
}
