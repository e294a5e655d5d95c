/**
 * Waits: which tasks wait for what a task works on. Under inherit-on-wait the restrictions of whoever waits for an item hold for its
 * worker meanwhile; under other policies nobody asks.
 */
import type { Field, Machine, MachineObject, Row, Steps, Task } from '@scopemask/checker/machine'
import { OperationTable } from '../operation.js'
import type { Policy } from '../policy.js'
import type { TaskStates } from './task-state.js'

/** An item, as far as waits are about it. */
interface Awaited {
  readonly object: MachineObject
  /** The task that works on it. */
  readonly worker: Field
}

export class Waits {
  /** What stands for the waits; all that reads restrictions depends on it. */
  readonly object: MachineObject
  /** True if restrictions are passed along waits. */
  readonly inherits: boolean
  readonly #machine: Machine
  readonly #tasks: TaskStates
  readonly #works: Awaited[] = []
  /** What each task waits for. */
  readonly #waiting: Field[] = []
  readonly #operations = new OperationTable()

  constructor(machine: Machine, tasks: TaskStates, policy: Policy) {
    this.#machine = machine
    this.#tasks = tasks
    this.inherits = policy.delegation === 'inherit-on-wait'
    this.object = machine.object('waits')
  }

  /** Gives a new task its field. */
  addTask(task: Task): void {
    if (this.inherits) this.#waiting[task.index] = this.#machine.reference(task, 'waits for')
  }

  addWork(work: Awaited): void {
    this.#works.push(work)
  }

  /** Waits by an operation while the worker of an item has the waiter's restrictions. */
  *inheriting(work: Awaited, wait: Steps<void>): Steps<void> {
    if (!this.inherits) return yield* wait
    yield* this.#operations.of('begin_wait', this.object, work.object, {
      attempt: (row, task) => {
        this.#waiting[task]?.set(row, work.object.reference)
        return 0
      },
    })
    yield* wait
    yield* this.#operations.of('end_wait', this.object, work.object, {
      attempt: (row, task) => {
        this.#waiting[task]?.set(row, 0)
        return 0
      },
    })
  }

  /** The tasks that wait for what a task works on. */
  waitersOf(row: Row, task: number): readonly number[] {
    const me = this.#tasks.reference(task)
    const running = this.#works.find(({ worker }) => worker.get(row) === me)
    if (running === undefined) return []
    const waiting: number[] = []
    for (const [index, field] of this.#waiting.entries()) {
      if (field?.get(row) === running.object.reference) waiting.push(index)
    }
    return waiting
  }
}
