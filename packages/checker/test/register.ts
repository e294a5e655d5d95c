/** Register: a shared variable for values that are too wide for a field, as whoever writes objects of their own would make it. */
import type { Field } from '../src/machine/layout.js'
import type { Machine } from '../src/machine/machine.js'
import type { MachineObject } from '../src/machine/object.js'
import { Operation, type Steps } from '../src/machine/operation.js'
import { Operations } from '../src/machine/operations.js'
import type { WideValues } from '../src/machine/wide-values.js'

export class Register {
  readonly object: MachineObject
  readonly #field: Field
  readonly #values: WideValues
  readonly #exchange: Operations<number>

  constructor(machine: Machine, name: string) {
    const values = machine.wide(name)
    const object = machine.object(name)
    const field = machine.field(object, 'value')
    this.object = object
    this.#field = field
    this.#values = values
    this.#exchange = new Operations(
      (value) =>
        new Operation({
          name: 'exchange',
          object,
          operands: [value],
          attempt: (row) => {
            const before = field.get(row)
            field.set(row, values.numberOf(value))
            return before
          },
        }),
    )
  }

  /** Takes a value, and returns the one before. */
  *exchange(value: number): Steps<number> {
    return this.#values.valueOf(yield* this.#exchange.with(value))
  }

  /** What it holds in a row. */
  in(row: Parameters<Field['get']>[0]): number {
    return this.#values.valueOf(this.#field.get(row))
  }
}
