/**
 * Process: a task that another one forks. The child has the flags of its parent: `dup_task_struct()` copies them,
 * scopes included (kernel/fork.c); what the parent only inherits while somebody waits for it is not in its flags.
 */
import type { Field, Machine, Row, Task } from '@scopemask/checker/machine'
import { BLOCKED, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { StartKthread } from '../work/kthread.js'
import type { Current } from './current.js'

/** A process that another task forks: then it runs, with the flags of its parent, scopes included. */
export class Process {
  /** Its task in the machine. */
  readonly task: Task
  readonly #started: Field
  readonly #fork: Operation

  constructor(
    machine: Machine,
    current: Current,
    start: StartKthread,
    name: string,
    body: () => Steps<unknown>,
  ) {
    const object = machine.object(`${name} (process)`)
    const started = machine.field(object, 'started')
    this.#started = started
    const run = new KernelOperation({
      name: 'ret_from_fork',
      object,
      attempt: (row) => {
        if (started.get(row) === 0) return BLOCKED
        started.set(row, 0)
        return 0
      },
    })
    const exit = new KernelOperation({
      name: 'do_exit',
      attempt: (row, task) => {
        current.reset(row, task)
        return 0
      },
    })
    this.task = start(name, function* () {
      yield* run
      yield* body()
      yield* exit
    })
    this.#fork = new KernelOperation({
      name: 'kernel_clone',
      object,
      wakes: true,
      attempt: (row, task) => {
        started.set(row, 1)
        current.copy(row, task, this.task.index)
        return 0
      },
    })
  }

  /** Returns true if it was forked and has not begun yet. */
  isStarted(row: Row): boolean {
    return this.#started.get(row) === 1
  }

  /** Starts it, as a child of the running task. */
  *fork(): Steps<void> {
    yield* this.#fork
  }
}
