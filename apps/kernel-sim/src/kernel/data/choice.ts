/** Choice: what the model leaves open. The search takes every turn. */
import type { Machine, MachineObject, Operation, Steps } from '@scopemask/checker/machine'
import { Misuse } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'

export class Choices {
  readonly #machine: Machine
  readonly #known = new Map<string, Operation>()

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** Any of the turns named; returns its number. */
  *among(what: string, turns: readonly string[]): Steps<number> {
    if (turns.length === 0)
      throw new Misuse(`${what} has no turns to choose from: name one at least`)
    return yield* this.#operation(`${what}: ${turns.join('|')}`, what, {
      outcomes: turns.length,
      results: turns,
      attempt: (_row, _task, outcome) => outcome,
    })
  }

  /** Any of these objects, which may be replicas. */
  *object<T extends MachineObject>(what: string, objects: readonly T[]): Steps<T> {
    if (objects.length === 0)
      throw new Misuse(`${what} has no objects to choose from: give one at least`)
    const key = `${what}: ${objects.map(({ id }) => id).join()}`
    const chosen = yield* this.#operation(key, what, {
      outcomes: objects.length,
      refers: true,
      attempt: (_row, _task, outcome) => (objects[outcome] as T).reference,
    })
    return this.#machine.referred(chosen) as T
  }

  #operation(
    key: string,
    name: string,
    spec: Pick<Operation, 'outcomes' | 'attempt'> & {
      refers?: boolean
      results?: readonly string[]
    },
  ): Operation {
    let operation = this.#known.get(key)
    if (operation === undefined) {
      operation = new KernelOperation({ name, kind: 'choose', ...spec })
      this.#known.set(key, operation)
    }
    return operation
  }
}
