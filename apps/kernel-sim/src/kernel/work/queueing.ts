/**
 * Queueing: an item gets on a queue, or off it again (kernel/workqueue.c, queue_work and cancel_work_sync). One that is pending is
 * not queued again; whoever queued it first decides what is conveyed with it. While it is cancelled it is not queued at all.
 */
import { BLOCKED, Misuse, type Row, type Steps } from '@scopemask/checker/machine'
import type { OperationTable } from '../operation.js'
import type { OperationKind } from '../operation-kind.js'
import type { Current } from '../task/current.js'
import type { Flushing } from './flushing.js'
import type { Parts } from './parts.js'
import type { Work } from './work.js'
import type { WorkRegistry } from './work-registry.js'
import type { Workqueue } from './workqueue.js'

export class Queueing {
  readonly #current: Current
  readonly #registry: WorkRegistry
  readonly #operations: OperationTable
  readonly #flushing: Flushing

  constructor({ current, registry, operations }: Parts, flushing: Flushing) {
    this.#current = current
    this.#registry = registry
    this.#operations = operations
    this.#flushing = flushing
  }

  /**
   * Queues an item, if it is not pending already; on a per-CPU queue on the CPU that the caller runs on, which may be any.
   * @returns true if it was queued by this call.
   */
  *queueWork(queue: Workqueue, work: Work): Steps<boolean> {
    return yield* this.#queue('queue_work', queue, work)
  }

  /**
   * As {@link queueWork}, on the CPU with this number (queue_work_on).
   * @throws Misuse when the queue is not per-CPU, or has no such CPU.
   */
  *queueWorkOn(cpu: number, queue: Workqueue, work: Work): Steps<boolean> {
    const part = queue.cpus[cpu]
    if (part === undefined) {
      const cpus = queue.cpus.length
      const has = cpus === 0 ? 'is not per-CPU: make it with cpus' : `has the CPUs 0 to ${cpus - 1}`
      throw new Misuse(`queue_work_on(${cpu}, ${queue.object}, ${work.object}): the queue ${has}`)
    }
    return yield* this.#queue('queue_work_on', part, work)
  }

  *#queue(name: OperationKind, queue: Workqueue, work: Work): Steps<boolean> {
    const { parts } = queue
    const operation = this.#operations.of(name, queue.object, work.object, {
      queues: work.object,
      outcomes: parts.length,
      attempt: (row, task, outcome) => {
        const isTaken = work.canceling.get(row) > 0 || work.pending.get(row) === 1
        if (isTaken && outcome > 0) return BLOCKED
        if (work.canceling.get(row) > 0) return 2
        if (isTaken) return 0
        this.#put(row, task, { queue: parts[outcome] as Workqueue, work })
        return 1
      },
      results: ['is pending already', 'queued', 'is being cancelled'],
    })
    return (yield* operation) === 1
  }

  /** Puts an item on the list of a queue, of its restricted one, or of the item's own. */
  #put(
    row: Row,
    task: number,
    { queue, work }: { readonly queue: Workqueue; readonly work: Work },
  ): void {
    const restricted = this.#current.conveyed(row, task, work.object.kin)
    const separate = restricted !== 0 ? queue.restricted : null
    const target = queue.own.get(work.object.kin) ?? separate ?? queue
    work.pending.set(row, 1)
    work.conveyed.set(row, restricted)
    work.queue.set(row, target.object.reference)
    this.#registry.insert(row, target, work)
  }

  /**
   * Queues an item after a delay, if it is not pending already: at any moment from now on.
   * @returns true if it was queued by this call.
   * @throws Misuse when the item is not one of `kernel.delayedWork`.
   */
  *queueDelayedWork(queue: Workqueue, work: Work): Steps<boolean> {
    this.#checkDelayed(work)
    const operation = this.#operations.of('queue_delayed_work', queue.object, work.object, {
      results: ['is pending already', 'the timer runs', 'is being cancelled'],
      outcomes: queue.parts.length,
      attempt: (row, task, outcome) => {
        const isTaken = work.canceling.get(row) > 0 || work.pending.get(row) === 1
        if (isTaken && outcome > 0) return BLOCKED
        if (work.canceling.get(row) > 0) return 2
        if (isTaken) return 0
        this.#startTimer(row, task, { queue: queue.parts[outcome] as Workqueue, work })
        return 1
      },
    })
    return (yield* operation) === 1
  }

  /**
   * Queues an item after a delay, whether it is pending or not: takes it off its list first (mod_delayed_work).
   * @returns true if it was pending.
   * @throws Misuse as {@link queueDelayedWork} does.
   */
  *modDelayedWork(queue: Workqueue, work: Work): Steps<boolean> {
    this.#checkDelayed(work)
    const operation = this.#operations.of('mod_delayed_work', queue.object, work.object, {
      results: ['was idle', 'was pending', 'is being cancelled'],
      outcomes: queue.parts.length,
      attempt: (row, task, outcome) => {
        if (work.canceling.get(row) > 0) return outcome > 0 ? BLOCKED : 2
        const wasPending = work.pending.get(row) === 1
        if (wasPending && work.timer.get(row) === 0) this.#registry.takeOff(row, work)
        this.#startTimer(row, task, { queue: queue.parts[outcome] as Workqueue, work })
        return wasPending ? 1 : 0
      },
    })
    return (yield* operation) === 1
  }

  /** Ends the delay of an item now, and waits for it (flush_delayed_work). @throws Misuse as {@link queueDelayedWork} does. */
  *flushDelayedWork(work: Work): Steps<void> {
    this.#checkDelayed(work)
    yield* this.#operations.of('timer_delete_sync', work.object, null, {
      kind: 'end_delay',
      attempt: (row) => {
        this.#registry.expire(row, work)
        return 0
      },
    })
    yield* this.#flushing.flushWork(work)
  }

  /** Takes an item off its list, and waits until it has run; it cannot come back before that (__cancel_work_sync). */
  *cancelWorkSync(work: Work): Steps<void> {
    yield* this.#operations.of('cancel_work', work.object, null, {
      attempt: (row) => {
        work.canceling.set(row, work.canceling.get(row) + 1)
        if (work.pending.get(row) === 0) return 0
        if (work.timer.get(row) === 1) {
          work.timer.set(row, 0)
          work.pending.set(row, 0)
          work.conveyed.set(row, 0)
          return 1
        }
        work.pending.set(row, 0)
        work.conveyed.set(row, 0)
        work.pendingBarriers.clear(row)
        this.#registry.takeOff(row, work)
        return 1
      },
    })
    yield* this.#flushing.flushCancelled(work)
    yield* this.#operations.of('cancel_done', work.object, null, {
      attempt: (row) => {
        work.canceling.set(row, work.canceling.get(row) - 1)
        return 0
      },
    })
  }

  #startTimer(
    row: Row,
    task: number,
    { queue, work }: { readonly queue: Workqueue; readonly work: Work },
  ): void {
    work.pending.set(row, 1)
    work.timer.set(row, 1)
    work.conveyed.set(row, this.#current.conveyed(row, task, work.object.kin))
    work.queue.set(row, queue.object.reference)
  }

  #checkDelayed(work: Work): void {
    if (!work.isDelayed) {
      throw new Misuse(
        `work ${work.object} has no timer: make it with kernel.delayedWork(name, fn)`,
      )
    }
  }
}
