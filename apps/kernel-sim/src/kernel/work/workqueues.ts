/**
 * Workqueues: items that worker threads of a shared pool work on (kernel/workqueue.c). What an item, a queue and a pool are is in
 * files of their own, as is what is done with them: queueing.ts, flushing.ts, workers.ts.
 */
import {
  type Machine,
  type MachineObject,
  Misuse,
  type Row,
  type Steps,
} from '@scopemask/checker/machine'
import type { Interventions } from '../intervention.js'
import { OperationTable } from '../operation.js'
import type { Policy } from '../policy.js'
import type { Relief } from '../relief.js'
import type { Current } from '../task/current.js'
import type { TaskStates } from '../task/task-state.js'
import type { Waits } from '../task/waits.js'
import { Flushing } from './flushing.js'
import type { StartKthread } from './kthread.js'
import { Queueing } from './queueing.js'
import { Work } from './work.js'
import { WorkRegistry } from './work-registry.js'
import { type PoolOptions, WorkerPool } from './worker-pool.js'
import { type Threads, Workers } from './workers.js'
import { Workqueue, type WorkqueueOptions, type WorkqueueParts } from './workqueue.js'

/** Where an item is. */
export interface Item {
  readonly work: MachineObject
  /** The queue that it was put on last. */
  readonly queue: MachineObject | null
  /** True if that queue has no rescuer and could be given one. */
  readonly lacksRescuer: boolean
  readonly isPending: boolean
  /** True if it waits until fewer items of its queue are under way. */
  readonly isInactive: boolean
  /** The queue from which it runs; null when it does not. */
  readonly runsFrom: MachineObject | null
}

/** What workqueues are made with. */
export interface WorkqueuesOptions {
  readonly machine: Machine
  readonly tasks: TaskStates
  readonly current: Current
  readonly policy: Policy
  readonly interventions: Interventions
  readonly waits: Waits
  /** Starts a kernel thread. */
  readonly start: StartKthread
}

export class Workqueues {
  readonly queueing: Queueing
  readonly flushing: Flushing
  readonly #machine: Machine
  readonly #policy: Policy
  readonly #interventions: Interventions
  readonly #waits: Waits
  /** The items, queues and pools that there are. */
  readonly registry: WorkRegistry
  readonly #workers: Workers

  constructor({ machine, tasks, current, policy, interventions, waits, start }: WorkqueuesOptions) {
    this.#machine = machine
    this.#policy = policy
    this.#interventions = interventions
    this.#waits = waits
    this.registry = new WorkRegistry(machine, tasks)
    const operations = new OperationTable()
    const parts = { machine, tasks, current, registry: this.registry, operations }
    this.#workers = new Workers(parts, start)
    this.flushing = new Flushing(parts, waits, this.#workers)
    this.queueing = new Queueing(parts, this.flushing)
  }

  /** @throws Misuse for numbers of workers that a pool cannot have. */
  pool(name: string, options: PoolOptions): WorkerPool {
    const { workers = 0, creates = false, most = Math.max(1, workers) } = options
    if (!Number.isInteger(workers) || workers < 0) {
      throw new Misuse(`pool ${name} has ${workers} workers: give a whole number from 0`)
    }
    if (!Number.isInteger(most) || most < workers || (creates && most < 1)) {
      throw new Misuse(
        `pool ${name} has ${workers} workers and at most ${most}: give a whole number that is not less`,
      )
    }
    const pool = new WorkerPool(this.#machine, this.#machine.object(name), options)
    this.registry.pools.push(pool)
    return pool
  }

  queue(name: string, pool: WorkerPool, options: WorkqueueOptions): Workqueue {
    const { memReclaim = false, maxActive = Number.POSITIVE_INFINITY, rescuesAllAtOnce } = options
    const { cpus = [] } = options
    if (maxActive !== Number.POSITIVE_INFINITY && !(Number.isInteger(maxActive) && maxActive > 0)) {
      throw new Misuse(`queue ${name} has maxActive ${maxActive}: give a whole number from 1`)
    }
    if (options.pool !== undefined && options.cpus !== undefined) {
      throw new Misuse(`queue ${name} has a pool and cpus: give one of them`)
    }
    const object = this.#machine.object(name)
    const rescued = memReclaim || this.#interventions.rescues(object.kin)
    const parts = { pool, memReclaim: rescued, maxActive, rescuesAllAtOnce }
    const queue = this.#makeWhole(object, parts, cpus)
    queue.drain = this.flushing.drain(queue)
    if (this.#policy.separateQueues) {
      const restricted = this.#machine.object(`${name}/restricted`)
      const separate = this.#makeWhole(restricted, { ...parts, memReclaim: true }, cpus)
      queue.restricted = separate
      for (const [cpu, part] of queue.cpus.entries()) part.restricted = separate.cpus[cpu] ?? null
    }
    return queue
  }

  /** @param isDelayed true if it can be queued with a delay. */
  work(name: string, fn: () => Steps<unknown>, isDelayed = false): Work {
    const work = new Work(this.#machine, name, fn, isDelayed)
    this.registry.addWork(work)
    this.#waits.addWork(work)
    return work
  }

  /**
   * Makes the threads, once all items are known.
   * @param kthreadCreate waits until a worker has been created.
   * @param relief what comes from outside, if anything does.
   */
  startWorkers(kthreadCreate: (pool: WorkerPool) => Steps<void>, relief: Relief | null): Threads {
    const { works, queues, pools } = this.registry
    this.#makeOwnQueues()
    for (const list of [
      ...pools.map((pool) => pool.list),
      ...queues.map((queue) => queue.inactive),
      ...queues.flatMap(({ scheduled }) => scheduled ?? []),
    ]) {
      list.grow(works.length)
    }
    const { workers, rescuers } = this.#workers.start(kthreadCreate)
    const spare = relief === null ? [] : this.#workers.startSpare(relief, kthreadCreate)
    for (const { pendingBarriers, runningBarriers } of works) {
      pendingBarriers.grow(this.#machine.tasks.length)
      runningBarriers.grow(this.#machine.tasks.length)
    }
    return { workers: [...workers, ...spare], rescuers }
  }

  /** Returns true if a worker comes with relief. */
  get haveSpareWorkers(): boolean {
    return this.registry.pools.some(({ spare }) => spare !== null)
  }

  /** Adds a worker to each pool that has one to spare: see relief.ts. */
  addSpareWorkers(row: Row): void {
    for (const { spare } of this.registry.pools) spare?.isThere.set(row, 1)
  }

  get works(): MachineObject[] {
    return this.registry.works.map(({ object }) => object)
  }

  /** The queues that could be given a rescuer. */
  get queuesWithoutRescuer(): MachineObject[] {
    const lacking = this.registry.queues.filter(
      (queue) => queue.whole === queue && !queue.memReclaim && !this.#isOwn(queue),
    )
    return lacking.map(({ object }) => object)
  }

  /** The item that a task works on, or null. */
  running(row: Row, task: number): Work | null {
    return this.registry.running(row, task)
  }

  /** Where all items are. */
  items(row: Row): Item[] {
    return this.registry.works.map((work) => {
      const queue = this.registry.queueOf(row, work)
      const reference = work.object.reference
      const isPending = work.pending.get(row) === 1
      return {
        work: work.object,
        queue: queue?.whole.object ?? null,
        lacksRescuer: queue?.memReclaim === false && !this.#isOwn(queue),
        isPending,
        isInactive: isPending && queue?.inactive.includes(row, reference) === true,
        runsFrom: this.registry.queueAt(work.runsFrom.get(row))?.whole.object ?? null,
      }
    })
  }

  /** Returns true if a queue was made for one item, by an intervention. */
  #isOwn(queue: Workqueue): boolean {
    return this.registry.queues.some(({ own }) => [...own.values()].includes(queue))
  }

  /** A queue with a part for each CPU. */
  #makeWhole(
    object: MachineObject,
    options: WorkqueueParts,
    cpus: readonly WorkerPool[],
  ): Workqueue {
    const whole = this.#make(object, options)
    for (const pool of cpus) {
      const part = this.#machine.object(`${object} on ${pool.object}`)
      whole.cpus.push(this.#make(part, { ...options, pool, whole }))
    }
    return whole
  }

  #make(object: MachineObject, options: WorkqueueParts): Workqueue {
    const queue = new Workqueue(this.#machine, object, options)
    this.registry.queues.push(queue)
    return queue
  }

  /** Makes the queues that items have for themselves; a queue knows no items before they are queued, so for each queue one. */
  #makeOwnQueues(): void {
    for (const queue of this.registry.queues.filter(({ cpus }) => cpus.length === 0)) {
      for (const { object: item } of this.registry.works) {
        const own = this.#interventions.ownQueue(item.kin)
        if (own === undefined || item.id !== item.kin) continue
        const object = this.#machine.object(`${queue.object}/${item.name}`)
        const maxActive = Number.POSITIVE_INFINITY
        const { memReclaim } = own
        const { pool, scheduled } = queue
        const options = { pool, memReclaim, maxActive, rescuesAllAtOnce: scheduled !== null }
        queue.own.set(item.kin, this.#make(object, options))
      }
    }
  }
}
