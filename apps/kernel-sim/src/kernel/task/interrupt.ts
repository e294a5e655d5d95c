/**
 * Interrupt: code that runs on top of whatever task it hits, to its end, and must not sleep (kernel/softirq.c, handle_softirqs, and
 * kernel/irq/handle.c; the same in Linux 6.1 and 6.12). A softirq hits tasks; a hard interrupt hits softirqs too. No interrupt of a
 * kind hits who runs in one of that kind, or has turned them off: spin_lock_bh, spin_lock_irqsave.
 *
 * On top of a task that holds a spinlock the task stands still meanwhile: if the handler needs the lock, neither ever moves again.
 * On top of any other task it is as if it ran on a processor of its own: handlers wait for spinlocks and for nothing else,
 * so nobody waits for ever because a task without one stands still for a while. So only the former is told apart.
 *
 * `current` is the task that was hit, but nothing of its scopes has to be handed on. current_gfp_context() reads the flags of
 * that task and takes away `__GFP_FS` and `__GFP_IO`, which a request that must not sleep does not have. PF_MEMALLOC does not
 * count: handle_softirqs() clears it, and __gfp_pfmemalloc_flags() (mm/page_alloc.c) does not look at it in a hard interrupt. An
 * item that is queued from here takes no mask along: the scope belongs to another piece of work.
 */
import type { Field, Machine, Row, Suspension, Task } from '@scopemask/checker/machine'
import { BLOCKED, type MachineObject, type Operation, type Steps } from '@scopemask/checker/machine'
import { type InterruptKind, KernelOperation } from '../operation.js'
import type { StartKthread } from '../work/kthread.js'
import type { TaskStates } from './task-state.js'

/** What an interrupt runs, and when. */
export interface Handler {
  /** How the thread that stands for it is called. */
  readonly name: string
  readonly kind: InterruptKind
  readonly object: MachineObject
  /** How its beginning is printed: the function of the kernel that calls it. */
  readonly call: 'handle_irq_event' | 'handle_softirqs' | 'call_timer_fn'
  /** Takes notice that it begins. @returns false when there is nothing to do. */
  readonly begin: (row: Row) => boolean
  readonly end: (row: Row) => void
  readonly fn: () => Steps<unknown>
}

export class Interrupts implements Suspension {
  readonly #machine: Machine
  readonly #tasks: TaskStates
  readonly #start: StartKthread
  /** The thread of each handler, and the task on top of which it runs. */
  readonly #running: { readonly task: Task; readonly on: Field }[] = []
  /** Makes what handlers begin with, once all tasks are known. */
  readonly #enters: ((tasks: number) => void)[] = []

  constructor(machine: Machine, tasks: TaskStates, start: StartKthread) {
    this.#machine = machine
    this.#tasks = tasks
    this.#start = start
  }

  /** Makes the thread that stands for a handler. */
  add({ name, kind, object, call, begin, end, fn }: Handler): Task {
    const tasks = this.#tasks
    const on = this.#machine.reference(object, 'runs on top of')
    let enter: Operation | null = null
    this.#enters.push((count) => {
      enter = new KernelOperation({
        name: call,
        object,
        effect: { kind: 'irq_enter', irq: kind },
        outcomes: count + 1,
        refers: true,
        results: (result) => (result === 0 ? '' : `on top of ${this.#machine.referred(result)}`),
        attempt: (row, me, outcome) => {
          // The outcome 0 is a processor on which no task holds a spinlock.
          const below = outcome - 1
          if (below >= 0 && !this.#canHit(row, below, me)) return BLOCKED
          if (!begin(row)) return BLOCKED
          const reference = below < 0 ? 0 : tasks.reference(below)
          on.set(row, reference)
          return reference
        },
      })
    })
    const exit = new KernelOperation({
      name: `${call}_returns` as const,
      object,
      effect: { kind: 'irq_exit', irq: kind },
      wakes: true,
      attempt: (row) => {
        on.set(row, 0)
        end(row)
        return 0
      },
    })
    const task = this.#start(name, function* () {
      yield* enter as Operation
      yield* fn()
      yield* exit
    })
    tasks.runsInInterrupt(task, kind)
    this.#running.push({ task, on })
    this.#machine.suspension = this
    return task
  }

  /** Makes what handlers begin with, once all tasks are known. */
  grow(tasks: number): void {
    for (const make of this.#enters) make(tasks)
  }

  by(row: Row, task: number): number {
    const reference = this.#tasks.reference(task)
    for (const { task: top, on } of this.#running) {
      if (on.get(row) === reference) return top.index
    }
    return -1
  }

  /** Returns true if an interrupt can hit a task where that makes a difference. */
  #canHit(row: Row, task: number, top: number): boolean {
    return (
      task !== top &&
      this.#tasks.holdsSpinlock(row, task) &&
      this.#tasks.canBeHitBy(row, task, this.#tasks.interruptOf(top)) &&
      this.by(row, task) < 0
    )
  }
}

/** An interrupt of a device, or a softirq: raised by anybody, it runs at some moment after that. */
export class Interrupt {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  readonly #raise: Operation

  constructor(
    { machine, interrupts }: { readonly machine: Machine; readonly interrupts: Interrupts },
    name: string,
    kind: InterruptKind,
    fn: () => Steps<unknown>,
  ) {
    const object = machine.object(name)
    this.object = object
    const pending = machine.field(object, 'pending')
    interrupts.add({
      name: kind === 'HARDIRQ' ? `irq ${name}` : `softirq ${name}`,
      kind,
      object,
      call: kind === 'HARDIRQ' ? 'handle_irq_event' : 'handle_softirqs',
      begin(row) {
        if (pending.get(row) === 0) return false
        pending.set(row, 0)
        return true
      },
      end: () => {},
      fn,
    })
    this.#raise = new KernelOperation({
      name: kind === 'HARDIRQ' ? 'raise_irq' : 'raise_softirq',
      object,
      wakes: true,
      attempt: (row) => {
        pending.set(row, 1)
        return 0
      },
    })
  }

  /** Raises it: a device has something to say, or `raise_softirq`. Raised again before it has begun, it runs once. */
  *raise(): Steps<void> {
    yield* this.#raise
  }
}
