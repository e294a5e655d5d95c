/**
 * Queueing: an item gets on a queue, or off it again (kernel/workqueue.c, queue_work and cancel_work_sync). One that is pending is
 * not queued again; whoever queued it first decides what is conveyed with it. While it is cancelled it is not queued at all.
 */
import { Misuse, type Row, type Steps } from '@scopemask/checker/machine'
import type { OperationTable } from '../operation.js'
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
   * Queues an item, if it is not pending already.
   * @returns whether it was queued by this call.
   */
  *queueWork(queue: Workqueue, work: Work): Steps<boolean> {
    const operation = this.#operations.of('queue_work', queue.object, work.object, {
      queues: work.object,
      attempt: (row, task) => {
        if (work.canceling.get(row) > 0) return 2
        if (work.pending.get(row) === 1) return 0
        const restricted = this.#current.conveyed(row, task, work.object.kin)
        const separate = restricted !== 0 ? queue.restricted : null
        const target = queue.own.get(work.object.kin) ?? separate ?? queue
        work.pending.set(row, 1)
        work.conveyed.set(row, restricted)
        work.queue.set(row, target.object.reference)
        this.#registry.insert(row, target, work)
        return 1
      },
      results: ['is pending already', 'queued', 'is being cancelled'],
    })
    return (yield* operation) === 1
  }

  /**
   * Queues an item after a delay, if it is not pending already: at any moment from now on.
   * @returns whether it was queued by this call.
   * @throws Misuse when the item is not one of `kernel.delayedWork`.
   */
  *queueDelayedWork(queue: Workqueue, work: Work): Steps<boolean> {
    this.#checkDelayed(work)
    const operation = this.#operations.of('queue_delayed_work', queue.object, work.object, {
      results: ['is pending already', 'the timer runs', 'is being cancelled'],
      attempt: (row, task) => {
        if (work.canceling.get(row) > 0) return 2
        if (work.pending.get(row) === 1) return 0
        this.#startTimer(row, task, { queue, work })
        return 1
      },
    })
    return (yield* operation) === 1
  }

  /**
   * Queues an item after a delay, whether it is pending or not: takes it off its list first (mod_delayed_work).
   * @returns whether it was pending.
   * @throws Misuse as {@link queueDelayedWork} does.
   */
  *modDelayedWork(queue: Workqueue, work: Work): Steps<boolean> {
    this.#checkDelayed(work)
    const operation = this.#operations.of('mod_delayed_work', queue.object, work.object, {
      results: ['was idle', 'was pending', 'is being cancelled'],
      attempt: (row, task) => {
        if (work.canceling.get(row) > 0) return 2
        const wasPending = work.pending.get(row) === 1
        if (wasPending && work.timer.get(row) === 0) this.#registry.takeOff(row, work)
        this.#startTimer(row, task, { queue, work })
        return wasPending ? 1 : 0
      },
    })
    return (yield* operation) === 1
  }

  /** Ends the delay of an item now, and waits for it (flush_delayed_work). @throws Misuse as {@link queueDelayedWork} does. */
  *flushDelayedWork(work: Work): Steps<void> {
    this.#checkDelayed(work)
    yield* this.#operations.of('timer_delete_sync', work.object, null, {
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
