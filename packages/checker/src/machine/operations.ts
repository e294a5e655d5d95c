/** Operations: those of one kind that differ by an operand. The search tells steps apart by identity, so each is made once. */
import type { Operation } from './operation.js'

/**
 * A family of operations by operand. {@link with} makes one when it is first asked for, and returns the same one from
 * then on.
 */
export class Operations<K> {
  readonly #made = new Map<K, Operation>()
  readonly #make: (operand: K) => Operation

  /** @param make makes the operation with an operand, when it is first asked for. */
  constructor(make: (operand: K) => Operation) {
    this.#make = make
  }

  /** The operation with this operand: always the same one. */
  with(operand: K): Operation {
    let operation = this.#made.get(operand)
    if (operation === undefined) {
      operation = this.#make(operand)
      this.#made.set(operand, operation)
    }
    return operation
  }
}
