/** Spinlock: who holds one must not sleep. */

import type { Field, Machine, MachineObject, Row } from '@scopemask/checker/machine'
import { BLOCKED, Misuse, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { TaskStates } from '../task/task-state.js'

const LOCK = 1
const UNLOCK = 2

export class Spinlock {
  readonly object: MachineObject
  readonly isSpinlock = true
  readonly #owner: Field
  readonly #tasks: TaskStates
  readonly #lock: Operation
  readonly #unlock: Operation

  constructor(machine: Machine, tasks: TaskStates, name: string) {
    const object = machine.object(name)
    this.object = object
    this.#tasks = tasks
    tasks.addLock(this)
    this.#owner = machine.reference(object, 'owner')
    this.#lock = new KernelOperation({
      name: 'spin_lock',
      object,
      access: LOCK,
      effect: { kind: 'acquire', lock: object, mode: 'write' },
      wait: (row) => ({ what: `spinlock ${name}`, tasks: tasks.referred(this.#owner.get(row)) }),
      attempt: (row, task) => {
        if (this.#owner.get(row) !== 0) return BLOCKED
        this.#owner.set(row, tasks.reference(task))
        tasks.acquired(row, task)
        tasks.enterAtomic(row, task)
        return 0
      },
    })
    this.#unlock = new KernelOperation({
      name: 'spin_unlock',
      object,
      access: UNLOCK,
      conflicts: 0,
      wakes: true,
      effect: { kind: 'release', lock: object },
      attempt: (row, task) => {
        if (this.#owner.get(row) !== tasks.reference(task)) {
          throw new Misuse(`${tasks.name(task)} unlocks spinlock ${name}, which it does not hold`)
        }
        this.#owner.set(row, 0)
        tasks.released(row, task, name)
        tasks.leaveAtomic(row, task)
        return 0
      },
    })
  }

  isHeldBy(row: Row, task: number): boolean {
    return this.#owner.get(row) === this.#tasks.reference(task)
  }

  *lock(): Steps<void> {
    yield* this.#lock
  }

  /** @throws Misuse when the task does not hold it. */
  *unlock(): Steps<void> {
    yield* this.#unlock
  }
}
