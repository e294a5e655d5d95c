/** Completion: one task waits until another says that something is done. Each `complete` lets one waiter through. */
import type { Field, Machine, MachineObject } from '@scopemask/checker/machine'
import { BLOCKED, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { TaskStates } from './task-state.js'

const COMPLETE = 1
const WAIT = 2
const LOOK = 4

export class Completion {
  readonly object: MachineObject
  readonly #done: Field
  /** After `completeAll` nobody waits any more. */
  readonly #all: Field
  readonly #complete: Operation
  readonly #completeAll: Operation
  readonly #wait: Operation
  readonly #try: Operation

  constructor(machine: Machine, tasks: TaskStates, name: string) {
    this.object = machine.object(name)
    const object = this.object
    this.#done = machine.field(object, 'done')
    this.#all = machine.field(object, 'all')
    this.#complete = new KernelOperation({
      name: 'complete',
      object,
      access: COMPLETE,
      // It counts, so it commutes with others that complete, and with those that wait and go through.
      conflicts: LOOK,
      wakes: true,
      attempt: (row) => {
        this.#done.set(row, this.#done.get(row) + 1)
        return 0
      },
    })
    this.#completeAll = new KernelOperation({
      name: 'complete_all',
      object,
      access: COMPLETE,
      wakes: true,
      attempt: (row) => {
        this.#all.set(row, 1)
        this.#done.set(row, 0)
        return 0
      },
    })
    this.#wait = new KernelOperation({
      name: 'wait_for_completion',
      object,
      access: WAIT,
      attempt: (row, task) => {
        tasks.mightSleep(row, task, 'wait_for_completion', object)
        if (this.#all.get(row) === 1) return 0
        const done = this.#done.get(row)
        if (done === 0) return BLOCKED
        this.#done.set(row, done - 1)
        return 0
      },
      wait: () => ({ what: `completion ${object}` }),
    })
    this.#try = new KernelOperation({
      name: 'completion_done',
      object,
      access: LOOK,
      results: ['not yet', 'done'],
      attempt: (row) => (this.#all.get(row) === 1 || this.#done.get(row) > 0 ? 1 : 0),
    })
  }

  *complete(): Steps<void> {
    yield* this.#complete
  }

  *completeAll(): Steps<void> {
    yield* this.#completeAll
  }

  *wait(): Steps<void> {
    yield* this.#wait
  }

  /** Whether a waiter would go through now. */
  *isDone(): Steps<boolean> {
    return (yield* this.#try) === 1
  }
}
