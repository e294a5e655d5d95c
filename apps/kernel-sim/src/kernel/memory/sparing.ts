/**
 * Sparing: an operation by which a request learns whether there is a page for it, and that can be made to give it one that nobody
 * loses. That happens only while a cause is searched for: see cause.ts.
 */
import { BLOCKED, type MachineObject, type Row } from '@scopemask/checker/machine'
import type { Pressure } from '../cause.js'
import { KernelOperation } from '../operation.js'
import type { OperationKind } from '../operation-kind.js'

/** The outcome in which a request is spared. */
const SPARED = 1

/** What the operation results in. */
export const NONE = 0
export const TAKEN = 1

export class Sparing {
  readonly operation: KernelOperation
  readonly pressure: Pressure
  #canSpare = false

  /** @param spec how it is printed, and what takes a page if there is one, and says whether there was. */
  constructor({
    take,
    ...spec
  }: {
    readonly name: OperationKind
    readonly object: MachineObject
    readonly results: readonly string[]
    readonly take: (row: Row) => boolean
  }) {
    this.operation = new KernelOperation({
      ...spec,
      outcomes: 2,
      wakes: true,
      attempt: (row, _task, outcome) => {
        if (outcome === SPARED) return this.#canSpare ? TAKEN : BLOCKED
        return take(row) ? TAKEN : NONE
      },
    })
    this.pressure = {
      operation: this.operation,
      result: NONE,
      // Elsewhere memory is left open meanwhile: who tried again for ever there would hide that others wait for ever.
      allows: (outcome, isSpared) => !isSpared || outcome === SPARED,
      sparing: (search) => {
        this.#canSpare = true
        try {
          return search()
        } finally {
          this.#canSpare = false
        }
      },
    }
  }
}
