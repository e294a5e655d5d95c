/**
 * Workers: the threads that run items (kernel/workqueue.c, worker_thread and rescuer_thread).
 *
 * - A pool keeps an idle worker. A worker that is the last idle one has to create another before it works, each time, and
 *   creating one takes memory: kthreadd allocates it (maybe_create_worker). Meanwhile nobody else of the pool creates one.
 * - A queue with a rescuer has a thread made beforehand that takes its items when no worker is idle: one after the other or, before
 *   commit e5a30c303b07 (in 7.0, 6.18 and 6.12.95), all that are pending at once, so that no worker can take them any more. A
 *   queue with a part for each CPU has one rescuer for all, which visits them in turn.
 */
import type { MachineObject, Row, Steps, Task } from '@scopemask/checker/machine'
import { BLOCKED, type Machine } from '@scopemask/checker/machine'
import type { ReferenceList } from '../data/reference-list.js'
import type { Effect, OperationTable } from '../operation.js'
import type { Relief } from '../relief.js'
import type { Current } from '../task/current.js'
import type { TaskStates } from '../task/task-state.js'
import type { StartKthread } from './kthread.js'
import type { Parts } from './parts.js'
import type { WorkRegistry } from './work-registry.js'
import type { WorkerPool } from './worker-pool.js'
import type { Workqueue } from './workqueue.js'

/** The threads that there are. */
export interface Threads {
  readonly workers: readonly Task[]
  readonly rescuers: readonly Task[]
}

export class Workers {
  readonly #machine: Machine
  readonly #tasks: TaskStates
  readonly #current: Current
  readonly #registry: WorkRegistry
  readonly #operations: OperationTable
  readonly #start: StartKthread
  /** The threads that work on the items of a pool, and the one that only does so for one queue when nobody else can. */
  readonly #workers = new Map<WorkerPool, readonly number[]>()
  readonly #rescuers = new Map<Workqueue, number>()
  readonly #beginWork: Effect

  constructor({ machine, tasks, current, registry, operations }: Parts, start: StartKthread) {
    this.#machine = machine
    this.#tasks = tasks
    this.#current = current
    this.#registry = registry
    this.#operations = operations
    this.#start = start
    this.#beginWork = {
      kind: 'begin_work',
      queue: (row, result) =>
        `${registry.queueAt(registry.workAt(result).runsFrom.get(row))?.whole.object}`,
      workName: (result) => registry.workAt(result).object.name,
    }
  }

  /** Makes the threads, once all items are known. @param kthreadCreate waits until a worker has been created. */
  start(kthreadCreate: (pool: WorkerPool) => Steps<void>): Threads {
    const workers: Task[] = []
    const rescuers: Task[] = []
    const items = this.#registry.works.length
    for (const pool of this.#registry.pools) {
      const served = this.#registry.queues.filter(
        (queue) => queue.pool === pool && queue.cpus.length === 0,
      )
      if (served.length === 0) continue
      const { workers: idle = items, creates = false } = pool.options
      // No more can be at work than there are items, and one is idle.
      const { most = Math.max(idle, items) + 1 } = pool.options
      pool.threads = creates ? most : idle
      const body = this.#bodyOf(pool, kthreadCreate)
      const made = this.#machine.replicate(`kworker/${pool.object}`, pool.threads, () =>
        this.#start(`kworker/${pool.object}`, body),
      )
      workers.push(...made)
      this.#workers.set(
        pool,
        made.map(({ index }) => index),
      )
      for (const { whole: queue } of served.filter(({ memReclaim }) => memReclaim)) {
        if (this.#rescuers.has(queue)) continue
        const rescuer = this.#start(`rescuer/${queue.object}`, () => this.#rescue(queue))
        rescuers.push(rescuer)
        this.#rescuers.set(queue, rescuer.index)
      }
    }
    for (const work of this.#registry.works.filter(({ isDelayed }) => isDelayed)) {
      const expires = this.#operations.of('delayed_work_timer_fn', work.object, null, {
        attempt: (row) => (this.#registry.expire(row, work) ? 0 : BLOCKED),
      })
      workers.push(
        this.#start(`timer of ${work.object}`, function* () {
          yield* expires
        }),
      )
    }
    return { workers, rescuers }
  }

  /**
   * Makes a worker more, which is there once relief has come, for each pool that has few.
   * @param relief what comes: a pool that creates workers does so by itself when memory comes back, if it can.
   */
  startSpare(relief: Relief, kthreadCreate: (pool: WorkerPool) => Steps<void>): Task[] {
    const few = this.#registry.pools.filter(
      ({ options: { workers, creates = false } }) =>
        workers !== undefined && (relief === 'other-work' || !creates),
    )
    return few.map((pool) => {
      const isThere = this.#machine.field(pool.object, 'spare worker')
      const name = `kworker/${pool.object} more`
      const task = this.#start(name, this.#bodyOf(pool, kthreadCreate))
      pool.spare = { task: task.index, isThere }
      this.#workers.set(pool, [...(this.#workers.get(pool) ?? []), task.index])
      return task
    })
  }

  /** What a worker of a pool does. */
  #bodyOf(pool: WorkerPool, kthreadCreate: (pool: WorkerPool) => Steps<void>): () => Steps<void> {
    return pool.options.creates
      ? () => this.#createThenWork(pool, kthreadCreate)
      : () => this.#workOn(pool)
  }

  /** The threads that could run an item of a queue: the workers of its pool, and its rescuer. */
  serving(queue: Workqueue): readonly number[] {
    const rescuer = this.#rescuers.get(queue.whole)
    return [...(this.#workers.get(queue.pool) ?? []), ...(rescuer === undefined ? [] : [rescuer])]
  }

  *#workOn(pool: WorkerPool): Steps<void> {
    const object = yield* this.#take(pool)
    if (object) yield* this.#run(object, pool)
  }

  /** A worker of a pool that creates workers: it must leave an idle one behind before it works (may_start_working). */
  *#createThenWork(
    pool: WorkerPool,
    kthreadCreate: (pool: WorkerPool) => Steps<void>,
  ): Steps<void> {
    const last = yield* this.#operations.of('worker_thread', pool.object, null, {
      attempt: (row, task) => {
        const size = pool.size(row, this.#registry.works.length)
        const busy = pool.busy.get(row)
        // Who has left its bed for an item leaves no other to be woken for it (need_more_worker); but the one that creates
        // a worker sleeps meanwhile, and a worker that is idle again takes the item.
        const creating = pool.manager.get(row) === 0 ? 0 : 1
        const onTheWay = busy - this.#atWork(row, pool) - creating
        if (pool.isAway(row, task) || busy === size || onTheWay >= this.#waiting(row, pool))
          return BLOCKED
        pool.busy.set(row, busy + 1)
        if (busy + 1 < size || size === pool.most(row) || pool.manager.get(row) !== 0) return 0
        pool.manager.set(row, this.#tasks.reference(task))
        return 1
      },
    })
    if (last === 1) yield* kthreadCreate(pool)
    const object = yield* this.#takeIfAny(pool)
    if (object) yield* this.#run(object, null)
    yield* this.#operations.of('worker_enter_idle', pool.object, null, {
      attempt: (row) => {
        pool.busy.set(row, pool.busy.get(row) - 1)
        return 0
      },
    })
  }

  *#rescue(queue: Workqueue): Steps<void> {
    const operation = this.#operations.of('rescuer_thread', queue.object, null, {
      refers: true,
      effect: this.#beginWork,
      attempt: (row, task) => {
        for (const { scheduled } of queue.parts) {
          if (scheduled?.isEmpty(row) !== false) continue
          return this.#begin(row, task, scheduled, scheduled.all(row)[0] ?? 0)
        }
        for (const part of queue.parts) {
          const { pool, scheduled } = part
          if (pool.busy.get(row) < pool.size(row, this.#registry.works.length)) continue
          const [reference, ...others] = this.#rescued(row, part)
          if (reference === undefined) continue
          for (const other of scheduled === null ? [] : others) {
            pool.list.remove(row, other)
            scheduled?.push(row, other)
          }
          return this.#begin(row, task, pool.list, reference)
        }
        return BLOCKED
      },
    })
    const object = this.#machine.referred(yield* operation)
    if (object) yield* this.#run(object, null)
  }

  /** The items of a queue that its rescuer could take. */
  #rescued(row: Row, queue: Workqueue): number[] {
    return queue.pool.list.all(row).filter((item) => {
      const work = this.#registry.workAt(item)
      return work.worker.get(row) === 0 && work.queue.get(row) === queue.object.reference
    })
  }

  *#take(pool: WorkerPool): Steps<MachineObject | undefined> {
    const taken = yield* this.#operations.of('worker_thread', pool.object, null, {
      refers: true,
      effect: this.#beginWork,
      attempt: (row, task) => {
        const reference = this.#registry.next(row, pool)
        if (reference === 0 || pool.isAway(row, task)) return BLOCKED
        pool.busy.set(row, pool.busy.get(row) + 1)
        return this.#begin(row, task, pool.list, reference)
      },
    })
    return this.#machine.referred(taken)
  }

  *#takeIfAny(pool: WorkerPool): Steps<MachineObject | undefined> {
    const taken = yield* this.#operations.of('process_one_work', pool.object, null, {
      refers: true,
      effect: this.#beginWork,
      attempt: (row, task) => {
        const reference = this.#registry.next(row, pool)
        return reference === 0 ? 0 : this.#begin(row, task, pool.list, reference)
      },
    })
    return this.#machine.referred(taken)
  }

  *#run(object: MachineObject, counted: WorkerPool | null): Steps<void> {
    const work = this.#registry.workAt(object.reference)
    yield* work.fn()
    yield* this.#operations.of('finish_work', object, counted?.object ?? null, {
      effect: { kind: 'finish_work', lock: object },
      attempt: (row, task) => {
        this.#tasks.checkReturn(row, task, object)
        const requeued = work.pending.get(row) === 1
        if (!requeued) this.#current.checkReturn(row, task, work.conveyed.get(row))
        this.#current.reset(row, task)
        work.worker.set(row, 0)
        work.runningBarriers.clear(row)
        if (!requeued) work.conveyed.set(row, 0)
        counted?.busy.set(row, counted.busy.get(row) - 1)
        const queue = this.#registry.queueAt(work.runsFrom.get(row))
        work.runsFrom.set(row, 0)
        if (queue) this.#registry.retire(row, queue)
        return 0
      },
    })
  }

  /** How many workers of a pool run an item. */
  #atWork(row: Row, pool: WorkerPool): number {
    const workers = this.#workers.get(pool) ?? []
    return this.#registry.works.filter(({ worker }) =>
      this.#tasks.referred(worker.get(row)).some((task) => workers.includes(task)),
    ).length
  }

  /** How many items of a pool a worker may take. */
  #waiting(row: Row, pool: WorkerPool): number {
    return pool.list.all(row).filter((item) => this.#registry.workAt(item).worker.get(row) === 0)
      .length
  }

  /** A worker begins an item, which it takes off a list. */
  #begin(row: Row, task: number, list: ReferenceList, reference: number): number {
    const work = this.#registry.workAt(reference)
    list.remove(row, reference)
    work.pending.set(row, 0)
    work.worker.set(row, this.#tasks.reference(task))
    work.runsFrom.set(row, work.queue.get(row))
    for (const waiter of work.pendingBarriers.all(row)) work.runningBarriers.push(row, waiter)
    work.pendingBarriers.clear(row)
    this.#current.adopt(row, task, work.conveyed.get(row))
    return reference
  }
}
