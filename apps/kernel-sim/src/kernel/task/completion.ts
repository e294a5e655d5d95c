/** Completion: one task waits until another says that something is done. Each `complete` lets one waiter through. */
import type { Field, Machine, MachineObject, Row } from '@scopemask/checker/machine'
import { BLOCKED, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { TaskStates } from './task-state.js'

const COMPLETE = 1
const WAIT = 2
const LOOK = 4
const REINIT = 8

/** A completion (struct completion). */
export class Completion {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  readonly #done: Field
  /** After `completeAll` nobody waits any more. */
  readonly #all: Field
  readonly #complete: Operation
  readonly #completeAll: Operation
  readonly #wait: Operation
  readonly #waitTimeout: Operation
  readonly #tryWait: Operation
  readonly #reinit: Operation
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
      conflicts: LOOK | REINIT,
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
    const isDone = (row: Row): boolean => this.#all.get(row) === 1 || this.#done.get(row) > 0
    /** Goes through, once it is done. */
    const pass = (row: Row): void => {
      if (this.#all.get(row) === 0) this.#done.set(row, this.#done.get(row) - 1)
    }
    this.#wait = new KernelOperation({
      name: 'wait_for_completion',
      object,
      access: WAIT,
      attempt: (row, task) => {
        tasks.mightSleep(row, task, 'wait_for_completion', object)
        if (!isDone(row)) return BLOCKED
        pass(row)
        return 0
      },
      wait: () => ({ what: `completion ${object}` }),
    })
    this.#waitTimeout = new KernelOperation({
      name: 'wait_for_completion_timeout',
      object,
      // It times out only as long as it is not done.
      access: WAIT | LOOK,
      outcomes: 2,
      results: ['timed out', 'done'],
      wait: () => ({ what: `completion ${object}` }),
      attempt: (row, task, outcome) => {
        tasks.mightSleep(row, task, 'wait_for_completion_timeout', object)
        const done = isDone(row) ? 1 : 0
        if (outcome !== done) return BLOCKED
        if (done === 1) pass(row)
        return done
      },
    })
    this.#tryWait = new KernelOperation({
      name: 'try_wait_for_completion',
      object,
      access: LOOK,
      results: ['not yet', 'done'],
      attempt: (row) => {
        if (!isDone(row)) return 0
        pass(row)
        return 1
      },
    })
    this.#reinit = new KernelOperation({
      name: 'reinit_completion',
      object,
      access: REINIT,
      attempt: (row) => {
        this.#done.set(row, 0)
        this.#all.set(row, 0)
        return 0
      },
    })
    this.#try = new KernelOperation({
      name: 'completion_done',
      object,
      access: LOOK,
      results: ['not yet', 'done'],
      attempt: (row) => (isDone(row) ? 1 : 0),
    })
  }

  /** Lets one waiter go on (complete). */
  *complete(): Steps<void> {
    yield* this.#complete
  }

  /** Lets all waiters go on, now and later (complete_all). */
  *completeAll(): Steps<void> {
    yield* this.#completeAll
  }

  /** Waits until it is completed, for as long as that takes (wait_for_completion). */
  *wait(): Steps<void> {
    yield* this.#wait
  }

  /** As {@link wait}, but as long as it is not done it may time out. @returns true if it was done. */
  *waitTimeout(): Steps<boolean> {
    return (yield* this.#waitTimeout) === 1
  }

  /** Goes through if that is possible at once. @returns true if it was. */
  *tryWait(): Steps<boolean> {
    return (yield* this.#tryWait) === 1
  }

  /** Forgets all that was completed, `completeAll` too: who waits from here on waits for the next. */
  *reinit(): Steps<void> {
    yield* this.#reinit
  }

  /** True if a waiter would go through now. */
  *isDone(): Steps<boolean> {
    return (yield* this.#try) === 1
  }
}
