/** Wait queue: tasks sleep on it until they are woken. Who was not asleep when the wake-up came has missed it. */
import type { Machine, MachineObject } from '@scopemask/checker/machine'
import { BLOCKED, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { TaskStates } from './task-state.js'

export class WaitQueue {
  readonly object: MachineObject
  readonly #prepare: Operation
  readonly #schedule: Operation
  readonly #wakeUp: Operation

  constructor(machine: Machine, tasks: TaskStates, name: string) {
    const object = machine.object(name)
    this.object = object
    const asleep = machine.field(object, 'asleep')
    const woken = machine.field(object, 'woken')
    this.#prepare = new KernelOperation({
      name: 'prepare_to_wait',
      object,
      attempt: (row) => {
        asleep.set(row, asleep.get(row) + 1)
        return 0
      },
    })
    this.#schedule = new KernelOperation({
      name: 'schedule',
      object,
      wait: () => ({ what: `wait queue ${name}` }),
      attempt: (row, task) => {
        tasks.mightSleep(row, task, 'schedule', object)
        if (woken.get(row) === 0) return BLOCKED
        woken.set(row, woken.get(row) - 1)
        return 0
      },
    })
    this.#wakeUp = new KernelOperation({
      name: 'wake_up_all',
      object,
      wakes: true,
      attempt: (row) => {
        woken.set(row, woken.get(row) + asleep.get(row))
        asleep.set(row, 0)
        return 0
      },
    })
  }

  /** From here on a wake-up counts. Check the condition between this and `schedule`. */
  *prepare(): Steps<void> {
    yield* this.#prepare
  }

  /** Sleeps until woken. */
  *schedule(): Steps<void> {
    yield* this.#schedule
  }

  /** Wakes all that have prepared to wait. */
  *wakeUpAll(): Steps<void> {
    yield* this.#wakeUp
  }
}
