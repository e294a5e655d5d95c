/**
 * Flushing: waiting for items (kernel/workqueue.c, start_flush_work). Who flushes leaves a barrier with each item, which comes
 * through when the run is over that is pending or under way then.
 */
import { PF_MEMALLOC } from '@scopemask/allocator'
import type { Machine, MachineObject, Row, Steps, Wait } from '@scopemask/checker/machine'
import { BLOCKED, Misuse } from '@scopemask/checker/machine'
import type { OperationTable } from '../operation.js'
import type { Current } from '../task/current.js'
import type { TaskStates } from '../task/task-state.js'
import type { Waits } from '../task/waits.js'
import type { Parts } from './parts.js'
import type { Work } from './work.js'
import type { WorkRegistry } from './work-registry.js'
import type { Workers } from './workers.js'
import type { Workqueue } from './workqueue.js'

export class Flushing {
  readonly #machine: Machine
  readonly #tasks: TaskStates
  readonly #current: Current
  readonly #registry: WorkRegistry
  readonly #operations: OperationTable
  readonly #waits: Waits
  readonly #workers: Workers

  constructor(
    { machine, tasks, current, registry, operations }: Parts,
    waits: Waits,
    workers: Workers,
  ) {
    this.#machine = machine
    this.#tasks = tasks
    this.#current = current
    this.#registry = registry
    this.#operations = operations
    this.#waits = waits
    this.#workers = workers
  }

  /**
   * Waits for an item as it was queued last: until that run is over, whatever is queued after the call.
   * @throws Misuse from the item itself.
   */
  *flushWork(work: Work): Steps<void> {
    yield* this.#waits.inheriting(
      work,
      this.#flush('flush_work', work.object, () => [work]),
    )
  }

  /** Waits for the run of an item that is cancelled. */
  *flushCancelled(work: Work): Steps<void> {
    yield* this.#waits.inheriting(
      work,
      this.#flush('cancel_work_sync', work.object, () => [work]),
    )
  }

  /** A function that waits until a queue is empty, also of items that are queued meanwhile (drain_workqueue). */
  drain(queue: Workqueue): () => Steps<unknown> {
    const flushing = this
    const isEmpty = this.#operations.of('drain_workqueue', queue.object, null, {
      results: ['not empty', 'empty'],
      attempt: (row) => (flushing.#itemsOf(row, queue).length === 0 ? 1 : 0),
    })
    return this.#machine.procedure(
      'drain_workqueue',
      function* (): Steps<true | undefined> {
        yield* flushing.flushWorkqueue(queue)
        return (yield* isEmpty) === 1 ? true : undefined
      },
      { loop: true },
    )
  }

  /** Waits for all items that are on a queue now, not for those that come later. */
  *flushWorkqueue(queue: Workqueue): Steps<void> {
    yield* this.#flush('flush_workqueue', queue.object, (row) => this.#itemsOf(row, queue))
  }

  /** The items that are on a queue, or run from it; those whose timer runs are on none. */
  #itemsOf(row: Row, queue: Workqueue): readonly Work[] {
    const whole = queue.restricted ? [queue, queue.restricted] : [queue]
    const all = whole.flatMap(({ parts }) => parts.flatMap((part) => [part, ...part.own.values()]))
    const queues = all.map(({ object }) => object.reference)
    return this.#registry.works.filter(
      (work) =>
        (work.pending.get(row) === 1 &&
          work.timer.get(row) === 0 &&
          queues.includes(work.queue.get(row))) ||
        queues.includes(work.runsFrom.get(row)),
    )
  }

  /** Leaves a barrier with each item, and waits until all of them have come through. */
  *#flush(
    name: 'flush_work' | 'flush_workqueue' | 'cancel_work_sync',
    object: MachineObject,
    worksOf: (row: Row) => readonly Work[],
  ): Steps<void> {
    const started = yield* this.#operations.of(`start_${name}`, object, null, {
      refers: true,
      effect: {
        kind: 'pass',
        lock: object,
        class: `(${name === 'flush_workqueue' ? 'wq' : 'work'}_completion)${object.name}`,
        // Not when an item is cancelled: it runs already, or never will.
        ...(name === 'cancel_work_sync'
          ? {}
          : {
              also: (result: number) => this.#oneThread(result),
              warns: (row: Row, task: number, result: number) => {
                const work = name === 'flush_work' ? object : null
                return this.#checkFlushDependency(row, task, { result, work })
              },
            }),
      },
      attempt: (row, task) => {
        this.#tasks.mightSleep(row, task, name, object)
        const me = this.#tasks.reference(task)
        let queue = 0
        for (const work of worksOf(row)) {
          if (work.worker.get(row) === me) {
            throw new Misuse(
              `${this.#tasks.name(task)} waits in ${work.object} for itself: ${name}(${object})`,
            )
          }
          // What is pending begins only when the run under way is over.
          if (work.pending.get(row) === 1 && work.timer.get(row) === 0) {
            work.pendingBarriers.push(row, me)
            queue = work.queue.get(row)
          } else if (work.worker.get(row) !== 0) {
            work.runningBarriers.push(row, me)
            queue = work.runsFrom.get(row)
          }
        }
        return queue
      },
    })
    if (started === 0) return
    yield* this.#operations.of(name, object, null, {
      wait: (row, task) => this.#describeWait(row, task),
      attempt: (row, task) => (this.#awaited(row, task).length === 0 ? 0 : BLOCKED),
    })
  }

  /**
   * check_flush_dependency: who reclaims memory, or works for a queue that others need for that, must not wait for a queue
   * without a rescuer.
   * @param flushed the item that is waited for, and the queue that it is on, as the result has it; 0 when there is nothing to wait for.
   */
  #checkFlushDependency(
    row: Row,
    task: number,
    { result, work }: { readonly result: number; readonly work: MachineObject | null },
  ): string | null {
    const target = this.#registry.queueAt(result)
    if (target === undefined || target.memReclaim) return null
    const flushed = `!WQ_MEM_RECLAIM ${target.whole.object.name}:${work?.name ?? '0x0'}`
    if ((this.#current.own(row, task) & PF_MEMALLOC) !== 0) {
      return `workqueue: PF_MEMALLOC task ${this.#tasks.name(task)} is flushing ${flushed}`
    }
    const own = this.#registry.running(row, task)
    const queue = own === null ? undefined : this.#registry.queueAt(own.runsFrom.get(row))
    return queue?.memReclaim === true
      ? `workqueue: WQ_MEM_RECLAIM ${queue.whole.object.name}:${own?.object.name} is flushing ${flushed}`
      : null
  }

  /** What else flush_work waits for: a queue that one thread may have to serve, in the end its rescuer (start_flush_work). */
  #oneThread(reference: number): string | null {
    const queue = this.#registry.queueAt(reference)
    const one = queue !== undefined && (queue.maxActive === 1 || queue.memReclaim)
    return one ? `(wq_completion)${queue.whole.object.name}` : null
  }

  /** The items with which a task has left a barrier. */
  #awaited(row: Row, task: number): Work[] {
    const me = this.#tasks.reference(task)
    return this.#registry.works.filter(
      ({ pendingBarriers, runningBarriers }) =>
        pendingBarriers.includes(row, me) || runningBarriers.includes(row, me),
    )
  }

  #describeWait(row: Row, task: number): Wait {
    const me = this.#tasks.reference(task)
    const what: string[] = []
    const objects: MachineObject[] = []
    const tasks: number[] = []
    for (const work of this.#awaited(row, task)) {
      tasks.push(...this.#tasks.referred(work.worker.get(row)))
      const pending = work.pendingBarriers.includes(row, me)
      what.push(`${pending ? 'pending ' : ''}work ${work.object}`)
      objects.push(work.object)
      if (!pending) continue
      const queue = this.#registry.queueOf(row, work)
      if (queue === undefined) continue
      objects.push(queue.pool.object)
      // A pending item waits for what keeps the workers of its pool busy, and the rescuer of its queue.
      const own = this.#workers.serving(queue)
      const busy = this.#registry.works.flatMap(({ worker }) =>
        this.#tasks.referred(worker.get(row)),
      )
      const creating = this.#tasks.referred(queue.pool.manager.get(row))
      tasks.push(...own.filter((each) => busy.includes(each) || creating.includes(each)))
    }
    return { what: what.join(', '), objects, tasks: [...new Set(tasks)] }
  }
}
