/** Choice: what the model leaves open. The search takes every turn. */
import { Misuse } from '../machine/errors.js'
import type { Machine } from '../machine/machine.js'
import { MachineObject } from '../machine/object.js'
import { Operation, type Steps } from '../machine/operation.js'
import { Operations } from '../machine/operations.js'

export class Choices {
  readonly #machine: Machine
  readonly #turns: Operations<string>
  readonly #objects: Operations<string>

  constructor(machine: Machine) {
    this.#machine = machine
    // A choice is known by what it says: its question and its turns, as JSON.
    this.#turns = new Operations((key) => {
      const [what, turns] = JSON.parse(key) as [string, string[]]
      return new Operation({
        name: what,
        outcomes: turns.length,
        results: turns,
        attempt: (_row, _task, outcome) => outcome,
      })
    })
    this.#objects = new Operations((key) => {
      const [what, ids] = JSON.parse(key) as [string, number[]]
      const objects = ids.map((id) => machine.objects[id] as MachineObject)
      return new Operation({
        name: what,
        outcomes: objects.length,
        refers: true,
        results: (result) => `${machine.referred(result)}`,
        attempt: (_row, _task, outcome) => (objects[outcome] as MachineObject).reference,
      })
    })
  }

  /**
   * Takes any of the turns, and returns it.
   * @param what is left open, for schedules.
   * @throws Misuse when there is none to choose from.
   */
  *among<T extends string | number | boolean>(what: string, turns: readonly T[]): Steps<T> {
    demandSome(what, turns)
    const turn = yield* this.#turns.with(JSON.stringify([what, turns.map(String)]))
    return turns[turn] as T
  }

  /**
   * Takes any of some shared objects, and returns it. Identical ones remain interchangeable.
   * @throws Misuse when there is none to choose from.
   */
  *object<T extends { readonly object: MachineObject }>(
    what: string,
    from: readonly T[],
  ): Steps<T> {
    demandSome(what, from)
    for (const each of from) {
      if (
        !(each?.object instanceof MachineObject) ||
        this.#machine.objects[each.object.id] !== each.object
      ) {
        throw new Misuse(`${what}: ${String(each)} is not a shared object of this model`)
      }
    }
    const ids = from.map(({ object }) => object.id)
    const reference = yield* this.#objects.with(JSON.stringify([what, ids]))
    return from[ids.indexOf(reference - 1)] as T
  }
}

function demandSome(what: string, from: readonly unknown[]): void {
  if (from.length === 0) throw new Misuse(`${what}: there is nothing to choose from`)
}
