/**
 * Timer: calls a function at any moment after it was armed (kernel/time/timer.c, Linux 6.12). The function runs in a softirq: it must
 * not sleep. That it runs on top of a task, which goes on only afterwards, is left out: here it runs beside.
 */
import type { Machine, MachineObject, Operation, Steps } from '@scopemask/checker/machine'
import { BLOCKED } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { StartKthread } from '../work/kthread.js'
import type { TaskStates } from './task-state.js'

/** What a timer is made with. */
interface Parts {
  readonly machine: Machine
  readonly tasks: TaskStates
  readonly kthread: StartKthread
}

export class Timer {
  readonly object: MachineObject
  readonly #mod: Operation
  readonly #delete: Operation
  readonly #deleteSync: Operation

  constructor({ machine, tasks, kthread }: Parts, name: string, fn: () => Steps<unknown>) {
    const object = machine.object(name)
    this.object = object
    const armed = machine.field(object, 'armed')
    const running = machine.field(object, 'running')
    const expires = new KernelOperation({
      name: 'call_timer_fn',
      object,
      attempt: (row, task) => {
        if (armed.get(row) === 0) return BLOCKED
        armed.set(row, 0)
        running.set(row, 1)
        tasks.enterAtomic(row, task)
        return 0
      },
    })
    const returns = new KernelOperation({
      name: 'timer_fn_returns',
      object,
      wakes: true,
      attempt: (row, task) => {
        tasks.leaveAtomic(row, task)
        running.set(row, 0)
        return 0
      },
    })
    const thread = kthread(`timer ${name}`, function* () {
      yield* expires
      yield* fn()
      yield* returns
    })
    const change = (operation: string, value: number): Operation =>
      new KernelOperation({
        name: operation,
        object,
        results: ['was not armed', 'was armed'],
        attempt: (row) => {
          const before = armed.get(row)
          armed.set(row, value)
          return before
        },
      })
    this.#mod = change('mod_timer', 1)
    this.#delete = change('timer_delete', 0)
    this.#deleteSync = new KernelOperation({
      name: 'timer_delete_sync',
      object,
      results: ['was not armed', 'was armed'],
      wait: () => ({ what: `timer ${object}`, tasks: [thread.index] }),
      attempt: (row) => {
        if (running.get(row) === 1) return BLOCKED
        const before = armed.get(row)
        armed.set(row, 0)
        return before
      },
    })
  }

  /** Arms it. @returns whether it was armed. */
  *mod(): Steps<boolean> {
    return (yield* this.#mod) === 1
  }

  /** Disarms it; its function may still run. @returns whether it was armed. */
  *delete(): Steps<boolean> {
    return (yield* this.#delete) === 1
  }

  /** Disarms it once its function does not run. It spins, so it may be called under a spinlock. @returns whether it was armed. */
  *deleteSync(): Steps<boolean> {
    return (yield* this.#deleteSync) === 1
  }
}
