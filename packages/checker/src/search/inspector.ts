/** Inspector: looks at what a model claims of a state. */
import { Misuse, Violation } from '../machine/errors.js'
import type { Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import type { Stepper } from './stepper.js'

export class Inspector {
  readonly #machine: Machine
  readonly #stepper: Stepper
  readonly #isReduced: boolean

  /** @param isReduced whether states that differ only in names count once. */
  constructor(machine: Machine, stepper: Stepper, isReduced: boolean) {
    this.#machine = machine
    this.#stepper = stepper
    this.#isReduced = isReduced
  }

  /**
   * Looks at all that is claimed of a state.
   * @param witnesses by number of property, the first state in which it holds, for those that have to hold sometimes; null
   * while there is none. This state is added.
   * @throws Violation when a claim does not hold.
   * @throws Misuse when that cannot be told.
   */
  inspect(state: number, row: Row, witnesses: (number | null)[]): void {
    const { properties } = this.#machine
    if (properties.length === 0) return
    for (const [index, property] of properties.entries()) {
      const { kind, name } = property
      if (kind === 'sometimes' && witnesses[index] !== null) continue
      if (kind === 'at end' && !this.#stepper.settled(row)) continue
      const holds = property.holds(row, this.#stepper.programs)
      if (this.#isReduced && property.tellsReplicasApart()) {
        throw new Misuse(
          `'${name}' tells identical parts apart only in some states: switch symmetry off to check it`,
        )
      }
      if (kind === 'sometimes') {
        if (holds) witnesses[index] = state
      } else if (!holds) throw new Violation(name)
    }
  }
}
