/** Fifo: a queue of objects between tasks. Taking from an empty one, and putting into a full one, sleeps. */
import type { Field, Machine, MachineObject, Row } from '@scopemask/checker/machine'
import { BLOCKED, Misuse, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { TaskStates } from '../task/task-state.js'

/** A queue of objects between tasks (struct kfifo). */
export class Fifo {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  readonly #machine: Machine
  readonly #tasks: TaskStates
  readonly #slots: Field[]
  readonly #puts = new Map<MachineObject, Operation>()
  readonly #take: Operation

  constructor(machine: Machine, tasks: TaskStates, name: string, capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new Misuse(`fifo ${name} has room for ${capacity}: give a whole number from 1`)
    }
    this.#machine = machine
    this.#tasks = tasks
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
      attempt: (row, task) => {
        tasks.mightSleep(row, task, 'kfifo_get', this.object)
        return this.#shift(row)
      },
    })
  }

  /** @throws Misuse when the item is not an object of the kernel. */
  *put(item: MachineObject): Steps<void> {
    if (this.#machine.objects[item?.id] !== item) {
      throw new Misuse(
        `${String(item)} is put into ${this.object}: put objects of the kernel, such as kernel.token(name)`,
      )
    }
    let put = this.#puts.get(item)
    if (put === undefined) {
      put = new KernelOperation({
        name: 'kfifo_put',
        object: this.object,
        operands: [item],
        wakes: true,
        wait: () => ({ what: `queue ${this.object} to be emptied` }),
        attempt: (row, task) => {
          this.#tasks.mightSleep(row, task, 'kfifo_put', this.object)
          for (const slot of this.#slots) {
            if (slot.get(row) !== 0) continue
            slot.set(row, item.reference)
            return 0
          }
          return BLOCKED
        },
      })
      this.#puts.set(item, put)
    }
    yield* put
  }

  /** Takes the oldest object; waits while there is none. */
  *take(): Steps<MachineObject> {
    return this.#machine.referred(yield* this.#take) as MachineObject
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
