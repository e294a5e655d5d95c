/**
 * Queueing: an item gets on a queue, or off it again (kernel/workqueue.c, queue_work and cancel_work_sync). One that is pending is
 * not queued again; whoever queued it first decides what is conveyed with it. While it is cancelled it is not queued at all.
 */
import type { Steps } from '@scopemask/checker/machine'
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
        const target = queue.own.get(work) ?? separate ?? queue
        work.pending.set(row, 1)
        work.conveyed.set(row, restricted)
        work.queue.set(row, target.object.reference)
        const active = target.active.get(row)
        if (active < target.maxActive) {
          target.active.set(row, active + 1)
          target.pool.list.push(row, work.object.reference)
        } else target.inactive.push(row, work.object.reference)
        return 1
      },
      results: ['is pending already', 'queued', 'is being cancelled'],
    })
    return (yield* operation) === 1
  }

  /** Takes an item off its list, and waits until it has run; it cannot come back before that (__cancel_work_sync). */
  *cancelWorkSync(work: Work): Steps<void> {
    yield* this.#operations.of('cancel_work', work.object, null, {
      attempt: (row) => {
        work.canceling.set(row, work.canceling.get(row) + 1)
        if (work.pending.get(row) === 0) return 0
        const queue = this.#registry.queueOf(row, work)
        const reference = work.object.reference
        work.pending.set(row, 0)
        work.conveyed.set(row, 0)
        work.pendingBarriers.clear(row)
        if (queue?.pool.list.remove(row, reference)) this.#registry.retire(row, queue)
        else queue?.inactive.remove(row, reference)
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
}
