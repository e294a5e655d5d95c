/** Fifo: a queue of objects between tasks. Taking from an empty one, and putting into a full one, sleeps. */
import type { Field, Machine, MachineObject, Row } from '@scopemask/checker/machine'
import { BLOCKED, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'

export class Fifo {
  readonly object: MachineObject
  readonly #machine: Machine
  readonly #slots: Field[]
  readonly #puts = new Map<MachineObject, Operation>()
  readonly #take: Operation

  constructor(machine: Machine, name: string, capacity: number) {
    this.#machine = machine
    this.object = machine.object(name)
    this.#slots = Array.from({ length: capacity }, (_, at) =>
      machine.reference(this.object, `slot ${at}`),
    )
    this.#take = new KernelOperation({
      name: 'kfifo_get',
      object: this.object,
      refers: true,
      wakes: true,
      wait: () => ({ what: `queue ${name} to be filled` }),
      attempt: (row) => this.#shift(row),
    })
  }

  *put(item: MachineObject): Steps<void> {
    let put = this.#puts.get(item)
    if (put === undefined) {
      put = new KernelOperation({
        name: 'kfifo_put',
        object: this.object,
        operands: [item],
        wakes: true,
        wait: () => ({ what: `queue ${this.object} to be emptied` }),
        attempt: (row) => {
          for (const slot of this.#slots) {
            if (slot.get(row) !== 0) continue
            slot.set(row, item.id + 1)
            return 0
          }
          return BLOCKED
        },
      })
      this.#puts.set(item, put)
    }
    yield* put
  }

  *take(): Steps<MachineObject> {
    return this.#machine.objects[(yield* this.#take) - 1] as MachineObject
  }

  #shift(row: Row): number {
    const slots = this.#slots
    const taken = slots[0]?.get(row) ?? 0
    if (taken === 0) return BLOCKED
    for (let at = 0, moved = taken; moved !== 0; at++) {
      moved = slots[at + 1]?.get(row) ?? 0
      slots[at]?.set(row, moved)
    }
    return taken
  }
}
