/**
 * Bit lock: a bit that one task sets and any may clear, and that tasks wait for. A locked page is one, and a page under
 * writeback: the task that clears it is often not the one that set it.
 */

import type { Field, Machine, MachineObject } from '@scopemask/checker/machine'
import { BLOCKED, Misuse, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { TaskStates } from '../task/task-state.js'

/** A bit that one task sets and any may clear, and that tasks wait for (wait_on_bit_lock). */
export class BitLock {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  readonly #owner: Field
  readonly #set: Operation
  readonly #trySet: Operation
  readonly #clear: Operation
  readonly #wait: Operation

  constructor(machine: Machine, tasks: TaskStates, name: string) {
    const object = machine.object(name)
    this.object = object
    this.#owner = machine.reference(object, 'setter')
    const set = (row: Int32Array, task: number): boolean => {
      if (this.#owner.get(row) !== 0) return false
      this.#owner.set(row, tasks.reference(task))
      return true
    }
    // The task that sets it is often not the one that clears it: whose code does that is found in the code.
    const wait = () => ({ what: name })
    this.#set = new KernelOperation({
      name: 'wait_on_bit_lock',
      object,
      hold: { kind: 'takes', done: () => true },
      wait,
      attempt: (row, task) => {
        tasks.mightSleep(row, task, 'wait_on_bit_lock', object)
        return set(row, task) ? 0 : BLOCKED
      },
    })
    this.#trySet = new KernelOperation({
      name: 'test_and_set_bit',
      object,
      results: ['already set', 'set'],
      hold: { kind: 'takes', done: (result) => result !== 0 },
      attempt: (row, task) => (set(row, task) ? 1 : 0),
    })
    this.#clear = new KernelOperation({
      name: 'clear_and_wake_up_bit',
      object,
      hold: { kind: 'gives', done: () => true },
      wakes: true,
      attempt: (row, task) => {
        if (this.#owner.get(row) === 0) {
          throw new Misuse(`${tasks.name(task)} clears ${name}, which is not set`)
        }
        this.#owner.set(row, 0)
        return 0
      },
    })
    this.#wait = new KernelOperation({
      name: 'wait_on_bit',
      object,
      wait,
      attempt: (row, task) => {
        tasks.mightSleep(row, task, 'wait_on_bit', object)
        return this.#owner.get(row) === 0 ? 0 : BLOCKED
      },
    })
  }

  /** Waits until it is clear and sets it. */
  *set(): Steps<void> {
    yield* this.#set
  }

  /** Sets it if it is clear, and says whether it was. */
  *trySet(): Steps<boolean> {
    return (yield* this.#trySet) === 1
  }

  /** @throws Misuse when it is not set. */
  *clear(): Steps<void> {
    yield* this.#clear
  }

  /** Waits until it is clear. */
  *wait(): Steps<void> {
    yield* this.#wait
  }
}
