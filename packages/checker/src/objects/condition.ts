/**
 * Condition: tasks sleep on it until another one wakes them. A wake-up for which no task sleeps is lost. Who is woken takes the
 * mutex again and has to look once more whether what it waits for holds: others may have come first (Mesa semantics).
 */
import { Misuse } from '../machine/errors.js'
import type { Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import type { MachineObject } from '../machine/object.js'
import { BLOCKED, Operation, type Steps } from '../machine/operation.js'
import { Operations } from '../machine/operations.js'
import type { Mutex } from './mutex.js'
import type { Observable } from './observable.js'
import type { Sleepers } from './sleepers.js'

/** It is seen as the number of tasks that sleep on it. */
export class Condition implements Observable<number> {
  /** What stands for it in the machine: for `build.any`, and for tools. */
  readonly object: MachineObject
  readonly #sleepers: Sleepers
  readonly #sleep: Operations<Mutex>
  readonly #wake: Operation
  readonly #signal: Operations<number>
  readonly #broadcast: Operation

  /** @param sleepers knows for each task on what it sleeps. */
  constructor(machine: Machine, name: string, sleepers: Sleepers) {
    const object = machine.object(name)
    this.object = object
    this.#sleepers = sleepers
    this.#sleep = new Operations(
      (mutex) =>
        new Operation({
          name: 'wait',
          object,
          operands: [mutex.object],
          label: `${object}.wait(${mutex.object})`,
          attempt: (row, task) => {
            if (!mutex.isHeldBy(row, task)) {
              throw new Misuse(
                `${machine.tasks[task]} waits for condition ${object} without mutex ${mutex.object}: lock it first`,
              )
            }
            mutex.drop(row, task)
            sleepers.sleep(row, task, object)
            return 0
          },
        }),
    )
    this.#wake = new Operation({
      name: 'wake',
      object,
      label: `${object}.wake()`,
      attempt: (row, task) => (sleepers.sleepsOn(row, task, object) ? BLOCKED : 0),
      wait: () => ({ what: `a signal of condition ${object}` }),
    })
    // Which of the tasks is woken is left open: there is a turn for each task of the machine.
    this.#signal = new Operations(
      (tasks) =>
        new Operation({
          name: 'signal',
          object,
          label: `${object}.signal()`,
          outcomes: tasks,
          wakes: true,
          attempt: (row, _task, sleeper) => {
            if (sleepers.sleepsOn(row, sleeper, object)) {
              sleepers.wake(row, sleeper)
              return 0
            }
            // With nobody asleep it is lost, which is one turn and not many.
            return sleeper === 0 && sleepers.count(row, object) === 0 ? 0 : BLOCKED
          },
        }),
    )
    this.#broadcast = new Operation({
      name: 'broadcast',
      object,
      label: `${object}.broadcast()`,
      wakes: true,
      attempt: (row) => {
        for (const { index } of machine.tasks) {
          if (sleepers.sleepsOn(row, index, object)) sleepers.wake(row, index)
        }
        return 0
      },
    })
  }

  /**
   * Unlocks the mutex and sleeps, in one step, until another task wakes this one; then locks it again.
   * @throws Misuse when the task does not hold the mutex.
   */
  *wait(mutex: Mutex): Steps<void> {
    yield* this.#sleep.with(mutex)
    yield* this.#wake
    yield* mutex.lock()
  }

  /** Wakes one of the tasks that sleep on it. It is lost when there is none. */
  *signal(): Steps<void> {
    yield* this.#signal.with(this.#sleepers.tasks)
  }

  /** Wakes all tasks that sleep on it. */
  *broadcast(): Steps<void> {
    yield* this.#broadcast
  }

  observe(row: Row): number {
    return this.#sleepers.count(row, this.object)
  }
}
