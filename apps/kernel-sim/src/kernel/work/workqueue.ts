/**
 * Workqueue: items that worker threads of a shared pool work on (kernel/workqueue.c).
 *
 * - An item that is pending is not queued again; the one who queued it first decides what is conveyed with it.
 * - A queue has at most `maxActive` items under way; the others wait on its own list of inactive items.
 * - A pool keeps an idle worker. A worker that is the last idle one has to create another before it works, each time, and
 *   creating one takes memory: kthreadd allocates it (maybe_create_worker). Meanwhile nobody else of the pool creates one.
 * - While an item is cancelled it cannot be queued.
 * - A queue with `memReclaim` has a rescuer: a thread made beforehand that takes its items when no worker is idle.
 */

import { PF_MEMALLOC } from '@scopemask/allocator'
import type { Field, Machine, MachineObject, Row, Task } from '@scopemask/checker/machine'
import { BLOCKED, Misuse, type Operation, type Steps, type Wait } from '@scopemask/checker/machine'
import { ReferenceList } from '../data/reference-list.js'
import type { Interventions } from '../intervention.js'
import { type Effect, KernelOperation, type KernelOperationSpec } from '../operation.js'
import type { Policy } from '../policy.js'
import { WorkFunction } from '../role.js'
import type { Current } from '../task/current.js'
import type { TaskStates } from '../task/task-state.js'
import type { StartKthread } from './kthread.js'

/** What a pool of workers may be made with. */
export interface PoolOptions {
  /** How many workers there are, all idle. By default as many as there are items, so that they never run out. */
  readonly workers?: number
  /**
   * Whether the pool has to create a worker when the last idle one begins to work; kthreadd allocates it with
   * GFP_KERNEL. By default no.
   */
  readonly creates?: boolean
}

/** What a workqueue may be made with. */
export interface WorkqueueOptions {
  /** WQ_MEM_RECLAIM: has a rescuer. By default no. */
  readonly memReclaim?: boolean
  /** How many items may be under way at once; 1 with one pool makes it ordered. By default unlimited. */
  readonly maxActive?: number
  /** The pool that serves it. By default the kernel's shared one. */
  readonly pool?: WorkerPool
}

/** An item: a function to run later, on a worker. */
export class Work {
  constructor(
    readonly object: MachineObject,
    readonly fn: () => Steps<unknown>,
    /** Whether it is on a list. */
    readonly pending: Field,
    /** How many tasks cancel it; it is not queued meanwhile. */
    readonly canceling: Field,
    /** The worker that runs it. */
    readonly worker: Field,
    /** The queue that it was put on last. */
    readonly queue: Field,
    /** The queue from which it runs: it may be queued again, elsewhere, while it does. */
    readonly runsFrom: Field,
    /** What was conveyed with it. */
    readonly conveyed: Field,
    /** Who waits for it as it is pending now, and who for the run that is under way (struct wq_barrier). */
    readonly pendingBarriers: ReferenceList,
    readonly runningBarriers: ReferenceList,
  ) {}
}

/** Threads that work on the items of several queues. */
export class WorkerPool {
  readonly list: ReferenceList
  /** How many of its workers are at work. */
  readonly busy: Field
  readonly created: Field
  /** The worker that creates another. */
  readonly manager: Field
  /** How many workers there can be. */
  most = 0
  /** kthreadd has made a worker. */
  readonly wakeUpNewTask: Operation
  /** Whoever asked for a worker waits for it. */
  readonly waitForWorker: Operation

  constructor(
    machine: Machine,
    readonly object: MachineObject,
    readonly options: PoolOptions,
  ) {
    this.list = new ReferenceList(machine, object, 'pending')
    this.busy = machine.field(object, 'busy workers')
    this.created = machine.field(object, 'workers created')
    this.manager = machine.reference(object, 'manager')
    this.wakeUpNewTask = new KernelOperation({
      name: 'wake_up_new_task',
      object,
      wakes: true,
      attempt: (row) => {
        this.created.set(row, this.created.get(row) + 1)
        this.manager.set(row, 0)
        return 0
      },
    })
    this.waitForWorker = new KernelOperation({
      name: 'create_worker',
      object,
      wait: () => ({ what: `kthreadd to create a worker for ${object}` }),
      attempt: (row) => (this.manager.get(row) === 0 ? 0 : BLOCKED),
    })
  }

  /** How many workers it has now. @param items how many items there are in all. */
  size(row: Row, items: number): number {
    return (this.options.workers ?? items) + this.created.get(row)
  }
}

/** Where an item is. */
export interface Item {
  readonly work: MachineObject
  /** The queue that it was put on last. */
  readonly queue: MachineObject | null
  /** Whether that queue has no rescuer and could be given one. */
  readonly lacksRescuer: boolean
  readonly isPending: boolean
  /** Whether it waits until fewer items of its queue are under way. */
  readonly isInactive: boolean
  /** The queue from which it runs; null when it does not. */
  readonly runsFrom: MachineObject | null
}

/** A queue of items for the workers of a pool. */
export class Workqueue {
  readonly inactive: ReferenceList
  readonly active: Field
  /** Where items queued from a restricted scope go, when the policy separates them. */
  restricted: Workqueue | null = null
  /** Queues that items have for themselves, by an intervention, instead of this one. */
  readonly own = new Map<Work, Workqueue>()

  constructor(
    machine: Machine,
    readonly object: MachineObject,
    readonly pool: WorkerPool,
    readonly memReclaim: boolean,
    readonly maxActive: number,
  ) {
    this.inactive = new ReferenceList(machine, object, 'inactive')
    this.active = machine.field(object, 'active')
  }
}

export class Workqueues {
  readonly #machine: Machine
  readonly #tasks: TaskStates
  readonly #current: Current
  readonly #policy: Policy
  readonly #interventions: Interventions
  readonly #start: StartKthread
  readonly #works: Work[] = []
  readonly #queues: Workqueue[] = []
  readonly #pools: WorkerPool[] = []
  readonly #byObject = new Map<MachineObject, Work>()
  readonly #operations = new Map<string, Operation>()
  /** The threads that work on the items of a pool, and those that only do so for one queue when nobody else can. */
  readonly #workers = new Map<WorkerPool, readonly number[]>()
  readonly #rescuers = new Map<Workqueue, readonly number[]>()
  /** What each task waits for to be worked on, under inherit-on-wait. */
  readonly #flushing: Field[] = []
  readonly #beginWork: Effect = {
    kind: 'begin_work',
    queue: (row, result) => `${this.#queueAt(this.#workAt(result).runsFrom.get(row))?.object}`,
    workName: (result) => this.#workAt(result).object.name,
  }

  constructor(
    machine: Machine,
    tasks: TaskStates,
    current: Current,
    policy: Policy,
    interventions: Interventions,
    start: StartKthread,
  ) {
    this.#machine = machine
    this.#interventions = interventions
    this.#tasks = tasks
    this.#current = current
    this.#policy = policy
    this.#start = start
    current.waitersOf = (row, task) => this.#waitersOf(row, task)
  }

  /** Gives a new task what this file needs. */
  add(task: Task): void {
    if (this.#policy.delegation === 'inherit-on-wait') {
      this.#flushing[task.index] = this.#machine.reference(task, 'waits for')
    }
  }

  pool(name: string, options: PoolOptions): WorkerPool {
    const pool = new WorkerPool(this.#machine, this.#machine.object(name), options)
    this.#pools.push(pool)
    return pool
  }

  queue(name: string, pool: WorkerPool, options: WorkqueueOptions): Workqueue {
    const { memReclaim = false, maxActive = Number.POSITIVE_INFINITY } = options
    const object = this.#machine.object(name)
    const rescued = memReclaim || this.#interventions.rescues(object.kin)
    const queue = this.#make(object, { pool, memReclaim: rescued, maxActive })
    if (this.#policy.separateQueues) {
      const restricted = this.#machine.object(`${name}/restricted`)
      queue.restricted = this.#make(restricted, { pool, memReclaim: true, maxActive })
    }
    return queue
  }

  work(name: string, fn: () => Steps<unknown>): Work {
    const machine = this.#machine
    const object = machine.object(name)
    const work = new Work(
      object,
      machine.procedure(name, fn, { role: new WorkFunction(object) }),
      machine.field(object, 'pending'),
      machine.field(object, 'canceling'),
      machine.reference(object, 'worker'),
      machine.reference(object, 'queue'),
      machine.reference(object, 'runs from'),
      machine.field(object, 'conveyed'),
      new ReferenceList(machine, object, 'flushed when pending by'),
      new ReferenceList(machine, object, 'flushed when running by'),
    )
    this.#works.push(work)
    this.#byObject.set(object, work)
    return work
  }

  /**
   * Makes the threads, once all items are known.
   * @param kthreadCreate waits until a worker has been created.
   * @returns them.
   */
  startWorkers(kthreadCreate: (pool: WorkerPool) => Steps<void>): {
    readonly workers: readonly Task[]
    readonly rescuers: readonly Task[]
  } {
    const workers: Task[] = []
    const rescuers: Task[] = []
    const start = (name: string, body: () => Steps<unknown>): Task => {
      const worker = this.#start(name, body)
      workers.push(worker)
      return worker
    }
    this.#makeOwnQueues()
    for (const list of [
      ...this.#pools.map(({ list }) => list),
      ...this.#queues.map((q) => q.inactive),
    ]) {
      list.grow(this.#works.length)
    }
    for (const pool of this.#pools) {
      const served = this.#queues.filter((queue) => queue.pool === pool)
      if (served.length === 0) continue
      const { workers = this.#works.length, creates = false } = pool.options
      // No more can be at work than there are items, and one is idle.
      pool.most = creates ? Math.max(workers, this.#works.length) + 1 : workers
      const work = creates
        ? () => this.#createThenWork(pool, kthreadCreate)
        : () => this.#workOn(pool)
      const made = this.#machine.replicate(`kworker/${pool.object}`, pool.most, () =>
        start(`kworker/${pool.object}`, work),
      )
      this.#workers.set(
        pool,
        made.map(({ index }) => index),
      )
      for (const queue of served.filter(({ memReclaim }) => memReclaim)) {
        const rescuer = this.#start(`rescuer/${queue.object}`, () => this.#rescue(queue))
        rescuers.push(rescuer)
        this.#rescuers.set(queue, [rescuer.index])
      }
    }
    for (const { pendingBarriers, runningBarriers } of this.#works) {
      pendingBarriers.grow(this.#machine.tasks.length)
      runningBarriers.grow(this.#machine.tasks.length)
    }
    return { workers, rescuers }
  }

  /**
   * Queues an item, if it is not pending already.
   * @returns whether it was queued by this call.
   */
  *queueWork(queue: Workqueue, work: Work): Steps<boolean> {
    const operation = this.#operation('queue_work', queue.object, work.object, {
      attempt: (row, task) => {
        if (work.canceling.get(row) > 0) return 2
        if (work.pending.get(row) === 1) return 0
        const restricted = this.#current.conveyed(row, task, work.object.kin)
        const separate = restricted !== 0 ? queue.restricted : null
        const target = queue.own.get(work) ?? separate ?? queue
        work.pending.set(row, 1)
        work.conveyed.set(row, restricted)
        work.queue.set(row, target.object.id + 1)
        const active = target.active.get(row)
        if (active < target.maxActive) {
          target.active.set(row, active + 1)
          target.pool.list.push(row, work.object.id + 1)
        } else target.inactive.push(row, work.object.id + 1)
        return 1
      },
      results: ['is pending already', 'queued', 'is being cancelled'],
    })
    return (yield* operation) === 1
  }

  /**
   * Waits for an item as it was queued last: until that run is over, whatever is queued after the call.
   * @throws Misuse from the item itself.
   */
  *flushWork(work: Work): Steps<void> {
    yield* this.inheriting(
      work,
      this.#flush('flush_work', work.object, () => [work]),
    )
  }

  /** Takes an item off its list, and waits until it has run; it cannot come back before that (__cancel_work_sync). */
  *cancelWorkSync(work: Work): Steps<void> {
    yield* this.#operation('cancel_work', work.object, null, {
      attempt: (row) => {
        work.canceling.set(row, work.canceling.get(row) + 1)
        if (work.pending.get(row) === 0) return 0
        const queue = this.#queueOf(row, work)
        const reference = work.object.id + 1
        work.pending.set(row, 0)
        work.conveyed.set(row, 0)
        work.pendingBarriers.clear(row)
        if (queue?.pool.list.remove(row, reference)) this.#retire(row, queue)
        else queue?.inactive.remove(row, reference)
        return 1
      },
    })
    yield* this.inheriting(
      work,
      this.#flush('cancel_work_sync', work.object, () => [work]),
    )
    yield* this.#operation('cancel_done', work.object, null, {
      attempt: (row) => {
        work.canceling.set(row, work.canceling.get(row) - 1)
        return 0
      },
    })
  }

  /** Waits for all items that are on a queue now, not for those that come later. */
  *flushWorkqueue(queue: Workqueue): Steps<void> {
    const all = [queue, ...queue.own.values(), ...(queue.restricted ? [queue.restricted] : [])]
    const queues = all.map(({ object }) => object.id + 1)
    yield* this.#flush('flush_workqueue', queue.object, (row) =>
      this.#works.filter(
        (work) => queues.includes(work.queue.get(row)) || queues.includes(work.runsFrom.get(row)),
      ),
    )
  }

  /** Waits by an operation while, under inherit-on-wait, the worker of an item has the waiter's restrictions. */
  *inheriting(work: Work, wait: Steps<void>): Steps<void> {
    const inherits = this.#policy.delegation === 'inherit-on-wait'
    if (inherits) {
      yield* this.#operation('begin_wait', this.#current.waits, work.object, {
        attempt: (row, task) => {
          this.#flushing[task]?.set(row, work.object.id + 1)
          return 0
        },
      })
    }
    yield* wait
    if (inherits) {
      yield* this.#operation('end_wait', this.#current.waits, work.object, {
        attempt: (row, task) => {
          this.#flushing[task]?.set(row, 0)
          return 0
        },
      })
    }
  }

  get works(): MachineObject[] {
    return this.#works.map(({ object }) => object)
  }

  /** The queues that could be given a rescuer. */
  get queuesWithoutRescuer(): MachineObject[] {
    const lacking = this.#queues.filter((queue) => !queue.memReclaim && !this.#isOwn(queue))
    return lacking.map(({ object }) => object)
  }

  /** The item that a task works on, or null. */
  running(row: Row, task: number): Work | null {
    const me = this.#tasks.reference(task)
    return this.#works.find((work) => work.worker.get(row) === me) ?? null
  }

  /** Where all items are. */
  items(row: Row): Item[] {
    return this.#works.map((work) => {
      const queue = this.#queueOf(row, work)
      const reference = work.object.id + 1
      const isPending = work.pending.get(row) === 1
      return {
        work: work.object,
        queue: queue?.object ?? null,
        lacksRescuer: queue?.memReclaim === false && !this.#isOwn(queue),
        isPending,
        isInactive: isPending && queue?.inactive.includes(row, reference) === true,
        runsFrom: this.#queueAt(work.runsFrom.get(row))?.object ?? null,
      }
    })
  }

  /** Whether a queue was made for one item, by an intervention. */
  #isOwn(queue: Workqueue): boolean {
    return this.#queues.some(({ own }) => [...own.values()].includes(queue))
  }

  #make(
    object: MachineObject,
    { pool, memReclaim, maxActive }: Pick<Workqueue, 'pool' | 'memReclaim' | 'maxActive'>,
  ): Workqueue {
    const queue = new Workqueue(this.#machine, object, pool, memReclaim, maxActive)
    this.#queues.push(queue)
    return queue
  }

  /** Makes the queues that items have for themselves; a queue knows no items before they are queued, so for each queue one. */
  #makeOwnQueues(): void {
    for (const queue of [...this.#queues]) {
      for (const work of this.#works) {
        const own = this.#interventions.ownQueue(work.object.kin)
        if (own === undefined) continue
        const object = this.#machine.object(`${queue.object}/${work.object}`)
        const maxActive = Number.POSITIVE_INFINITY
        queue.own.set(
          work,
          this.#make(object, { pool: queue.pool, memReclaim: own.memReclaim, maxActive }),
        )
      }
    }
  }

  #waitersOf(row: Row, task: number): readonly number[] {
    const running = this.running(row, task)
    if (running === null) return []
    const reference = running.object.id + 1
    const waiting: number[] = []
    for (const [index, field] of this.#flushing.entries()) {
      if (field?.get(row) === reference) waiting.push(index)
    }
    return waiting
  }

  /** Leaves a barrier with each item, and waits until all of them have come through. */
  *#flush(
    name: 'flush_work' | 'flush_workqueue' | 'cancel_work_sync',
    object: MachineObject,
    worksOf: (row: Row) => readonly Work[],
  ): Steps<void> {
    const started = yield* this.#operation(`start_${name}`, object, null, {
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
          if (work.pending.get(row) === 1) {
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
    yield* this.#operation(name, object, null, {
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
    const target = this.#queueAt(result)
    if (target === undefined || target.memReclaim) return null
    const flushed = `!WQ_MEM_RECLAIM ${target.object.name}:${work?.name ?? '0x0'}`
    if ((this.#current.own(row, task) & PF_MEMALLOC) !== 0) {
      return `workqueue: PF_MEMALLOC task ${this.#tasks.name(task)} is flushing ${flushed}`
    }
    const own = this.running(row, task)
    const queue = own === null ? undefined : this.#queueAt(own.runsFrom.get(row))
    return queue?.memReclaim === true
      ? `workqueue: WQ_MEM_RECLAIM ${queue.object.name}:${own?.object.name} is flushing ${flushed}`
      : null
  }

  /** What else flush_work waits for: a queue that one thread may have to serve, in the end its rescuer (start_flush_work). */
  #oneThread(reference: number): string | null {
    const queue = this.#queueAt(reference)
    const one = queue !== undefined && (queue.maxActive === 1 || queue.memReclaim)
    return one ? `(wq_completion)${queue.object.name}` : null
  }

  /** The items with which a task has left a barrier. */
  #awaited(row: Row, task: number): Work[] {
    const me = this.#tasks.reference(task)
    return this.#works.filter(
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
      const queue = this.#queueOf(row, work)
      if (queue === undefined) continue
      objects.push(queue.pool.object)
      // A pending item waits for what keeps the workers of its pool busy, and the rescuer of its queue.
      const own = [...(this.#workers.get(queue.pool) ?? []), ...(this.#rescuers.get(queue) ?? [])]
      const busy = this.#works.flatMap(({ worker }) => this.#tasks.referred(worker.get(row)))
      const creating = this.#tasks.referred(queue.pool.manager.get(row))
      tasks.push(...own.filter((each) => busy.includes(each) || creating.includes(each)))
    }
    return { what: what.join(', '), objects, tasks: [...new Set(tasks)] }
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
    const last = yield* this.#operation('worker_thread', pool.object, null, {
      attempt: (row, task) => {
        const size = pool.size(row, this.#works.length)
        const busy = pool.busy.get(row)
        // Who has left its bed for an item leaves no other to be woken for it (need_more_worker).
        const onTheWay = busy - this.#atWork(row, pool)
        if (busy === size || onTheWay >= this.#waiting(row, pool)) return BLOCKED
        pool.busy.set(row, busy + 1)
        if (busy + 1 < size || size === pool.most || pool.manager.get(row) !== 0) return 0
        pool.manager.set(row, this.#tasks.reference(task))
        return 1
      },
    })
    if (last === 1) yield* kthreadCreate(pool)
    const object = yield* this.#takeIfAny(pool)
    if (object) yield* this.#run(object, null)
    yield* this.#operation('worker_enter_idle', pool.object, null, {
      attempt: (row) => {
        pool.busy.set(row, pool.busy.get(row) - 1)
        return 0
      },
    })
  }

  *#rescue(queue: Workqueue): Steps<void> {
    const operation = this.#operation('rescuer_thread', queue.object, null, {
      refers: true,
      effect: this.#beginWork,
      attempt: (row, task) => {
        const { pool } = queue
        if (pool.busy.get(row) < pool.size(row, this.#works.length)) return BLOCKED
        const reference = pool.list.find(row, (item) => {
          const work = this.#workAt(item)
          return work.worker.get(row) === 0 && work.queue.get(row) === queue.object.id + 1
        })
        return reference === 0 ? BLOCKED : this.#begin(row, task, pool, reference)
      },
    })
    const object = this.#machine.objects[(yield* operation) - 1]
    if (object) yield* this.#run(object, null)
  }

  *#take(pool: WorkerPool): Steps<MachineObject | undefined> {
    const taken = yield* this.#operation('worker_thread', pool.object, null, {
      refers: true,
      effect: this.#beginWork,
      attempt: (row, task) => {
        const reference = this.#next(row, pool)
        if (reference === 0) return BLOCKED
        pool.busy.set(row, pool.busy.get(row) + 1)
        return this.#begin(row, task, pool, reference)
      },
    })
    return this.#machine.objects[taken - 1]
  }

  *#takeIfAny(pool: WorkerPool): Steps<MachineObject | undefined> {
    const taken = yield* this.#operation('process_one_work', pool.object, null, {
      refers: true,
      effect: this.#beginWork,
      attempt: (row, task) => {
        const reference = this.#next(row, pool)
        return reference === 0 ? 0 : this.#begin(row, task, pool, reference)
      },
    })
    return this.#machine.objects[taken - 1]
  }

  *#run(object: MachineObject, counted: WorkerPool | null): Steps<void> {
    const work = this.#byObject.get(object) as Work
    yield* work.fn()
    yield* this.#operation('finish_work', object, counted?.object ?? null, {
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
        const queue = this.#queueAt(work.runsFrom.get(row))
        work.runsFrom.set(row, 0)
        if (queue) this.#retire(row, queue)
        return 0
      },
    })
  }

  /** How many workers of a pool run an item. */
  #atWork(row: Row, pool: WorkerPool): number {
    const workers = this.#workers.get(pool) ?? []
    return this.#works.filter(({ worker }) =>
      this.#tasks.referred(worker.get(row)).some((task) => workers.includes(task)),
    ).length
  }

  /** How many items of a pool a worker may take. */
  #waiting(row: Row, pool: WorkerPool): number {
    return pool.list.all(row).filter((item) => this.#workAt(item).worker.get(row) === 0).length
  }

  /** The first item of a pool that a worker may take: one that runs already has to wait. */
  #next(row: Row, pool: WorkerPool): number {
    return pool.list.find(row, (reference) => this.#workAt(reference).worker.get(row) === 0)
  }

  #begin(row: Row, task: number, pool: WorkerPool, reference: number): number {
    const work = this.#workAt(reference)
    pool.list.remove(row, reference)
    work.pending.set(row, 0)
    work.worker.set(row, this.#tasks.reference(task))
    work.runsFrom.set(row, work.queue.get(row))
    for (const waiter of work.pendingBarriers.all(row)) work.runningBarriers.push(row, waiter)
    work.pendingBarriers.clear(row)
    this.#current.adopt(row, task, work.conveyed.get(row))
    return reference
  }

  /** An item of a queue is done: the first inactive one takes its place. */
  #retire(row: Row, queue: Workqueue): void {
    const next = queue.inactive.find(row, () => true)
    if (next === 0) queue.active.set(row, queue.active.get(row) - 1)
    else {
      queue.inactive.remove(row, next)
      queue.pool.list.push(row, next)
    }
  }

  #workAt(reference: number): Work {
    return this.#byObject.get(this.#machine.objects[reference - 1] as MachineObject) as Work
  }

  #queueOf(row: Row, work: Work): Workqueue | undefined {
    return this.#queueAt(work.queue.get(row))
  }

  #queueAt(reference: number): Workqueue | undefined {
    return this.#queues.find(({ object }) => object.id + 1 === reference)
  }

  #operation(
    name: string,
    object: MachineObject,
    operand: MachineObject | number | null,
    spec: Omit<KernelOperationSpec, 'name' | 'object' | 'operands'>,
  ): Operation {
    const key = `${name} ${object.id} ${typeof operand === 'number' ? `number ${operand}` : operand?.id}`
    let operation = this.#operations.get(key)
    if (operation === undefined) {
      operation = new KernelOperation({
        name,
        object,
        operands: operand === null ? [] : [operand],
        ...spec,
      })
      this.#operations.set(key, operation)
    }
    return operation
  }
}
