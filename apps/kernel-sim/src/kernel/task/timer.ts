/**
 * Timer: calls a function at any moment after it was armed (kernel/time/timer.c, Linux 6.12), in a softirq: see interrupt.ts.
 */
import type { Machine, MachineObject, Operation, Steps } from '@scopemask/checker/machine'
import { BLOCKED, Misuse } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { OperationKind } from '../operation-kind.js'
import type { Interrupts } from './interrupt.js'
import type { TaskStates } from './task-state.js'

/** What a timer is made with. */
interface Parts {
  readonly machine: Machine
  readonly tasks: TaskStates
  readonly interrupts: Interrupts
}

/** A timer (struct timer_list): its function runs in a softirq, at any moment after it was armed. */
export class Timer {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  readonly #mod: Operation
  readonly #delete: Operation
  readonly #deleteSync: Operation

  constructor({ machine, tasks, interrupts }: Parts, name: string, fn: () => Steps<unknown>) {
    const object = machine.object(name)
    this.object = object
    const armed = machine.field(object, 'armed')
    const running = machine.field(object, 'running')
    const thread = interrupts.add({
      name: `timer ${name}`,
      kind: 'SOFTIRQ',
      object,
      call: 'call_timer_fn',
      begin(row) {
        if (armed.get(row) === 0) return false
        armed.set(row, 0)
        running.set(row, 1)
        return true
      },
      end: (row) => running.set(row, 0),
      fn,
    })
    const change = (operation: OperationKind, value: number): Operation =>
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
      attempt: (row, task) => {
        if (tasks.interruptOf(task) === 'HARDIRQ') {
          throw new Misuse(
            `${tasks.name(task)} calls timer_delete_sync(${object}) in a hard interrupt: it may have interrupted the timer`,
          )
        }
        if (running.get(row) === 1) return BLOCKED
        const before = armed.get(row)
        armed.set(row, 0)
        return before
      },
    })
  }

  /** Arms it. @returns true if it was armed. */
  *mod(): Steps<boolean> {
    return (yield* this.#mod) === 1
  }

  /** Disarms it; its function may still run. @returns true if it was armed. */
  *delete(): Steps<boolean> {
    return (yield* this.#delete) === 1
  }

  /**
   * Disarms it once its function does not run. It spins, so it may be called under a spinlock.
   * @returns true if it was armed.
   * @throws Misuse in a hard interrupt.
   */
  *deleteSync(): Steps<boolean> {
    return (yield* this.#deleteSync) === 1
  }
}
