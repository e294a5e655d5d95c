/**
 * Worker pool: threads that work on the items of several queues (struct worker_pool). It keeps an idle worker; how one is created
 * is in workers.ts.
 */
import type { Field, Machine, MachineObject, Operation, Row } from '@scopemask/checker/machine'
import { BLOCKED } from '@scopemask/checker/machine'
import { ReferenceList } from '../data/reference-list.js'
import { KernelOperation } from '../operation.js'

/** What a pool of workers may be made with. */
export interface PoolOptions {
  /** How many workers there are, all idle. By default as many as there are items, so that they never run out. */
  readonly workers?: number
  /**
   * True if the pool has to create a worker when the last idle one begins to work; kthreadd allocates it with
   * GFP_KERNEL. By default no.
   */
  readonly creates?: boolean
  /** How many workers there may be at most, with those created. By default enough for every item, and an idle one. */
  readonly most?: number
}

/** Workers that serve one or several queues (struct worker_pool). */
export class WorkerPool {
  /** The items that wait for a worker, oldest first. */
  readonly list: ReferenceList
  /** How many of its workers are at work. */
  readonly busy: Field
  /** How many workers were created beside those that it began with. */
  readonly created: Field
  /** The worker that creates another. */
  readonly manager: Field
  /** How many threads it has been given. */
  threads = 0
  /** A worker that is there only once relief has come, and whether it is; null where none ever comes. See relief.ts. */
  spare: {
    /** The number of its task. */
    readonly task: number
    /** True if it has been made. */
    readonly isThere: Field
  } | null = null
  /** kthreadd has made a worker. */
  readonly wakeUpNewTask: Operation
  /** Whoever asked for a worker waits for it. */
  readonly waitForWorker: Operation

  constructor(
    machine: Machine,
    /** What stands for it in the machine: for tools that show it. */
    readonly object: MachineObject,
    /** What it was made with. */
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
      // When it has its worker another one may be creating the next already.
      attempt: (row, task) =>
        this.manager.get(row) === (machine.tasks[task]?.id ?? -1) + 1 ? BLOCKED : 0,
    })
  }

  /** How many workers it has now. @param items how many items there are in all. */
  size(row: Row, items: number): number {
    return (this.options.workers ?? items) + this.created.get(row) + this.#spares(row)
  }

  /** How many workers there can be. */
  most(row: Row): number {
    return this.threads + this.#spares(row)
  }

  /** Returns true for a worker that is not there yet. */
  isAway(row: Row, task: number): boolean {
    return this.spare?.task === task && this.spare.isThere.get(row) === 0
  }

  #spares(row: Row): number {
    return this.spare?.isThere.get(row) ?? 0
  }
}
