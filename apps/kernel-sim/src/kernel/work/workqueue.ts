/**
 * Workqueue: a queue of items for the workers of a pool (struct workqueue_struct). A per-CPU one has a part for each pool (struct
 * pool_workqueue) with a list and a limit of its own, and one rescuer for all of them.
 */
import type { Field, Machine, MachineObject, Steps } from '@scopemask/checker/machine'
import { ReferenceList } from '../data/reference-list.js'
import type { WorkerPool } from './worker-pool.js'

/** What a workqueue may be made with. */
export interface WorkqueueOptions {
  /** WQ_MEM_RECLAIM: has a rescuer. By default no. */
  readonly memReclaim?: boolean
  /** True if its rescuer takes all items that are pending at once, as kernels up to 6.12 do: see workers.ts. By default one. */
  readonly rescuesAllAtOnce?: boolean
  /** How many items may be under way at once; 1 with one pool makes it ordered. By default unlimited. */
  readonly maxActive?: number
  /** The pool that serves it. By default the kernel's shared one. */
  readonly pool?: WorkerPool
  /** The pools of all CPUs, for a per-CPU queue; instead of `pool`. */
  readonly cpus?: readonly WorkerPool[]
}

/** What it is made of. */
export interface WorkqueueParts {
  readonly pool: WorkerPool
  readonly memReclaim: boolean
  readonly maxActive: number
  readonly rescuesAllAtOnce?: boolean | undefined
  /** The queue that it is a part of; by default it is whole. */
  readonly whole?: Workqueue
}

/** A workqueue (struct workqueue_struct). */
export class Workqueue {
  /** The part of each CPU, where it is per-CPU. */
  readonly cpus: Workqueue[] = []
  /** The queue that this is a part of; itself where it is whole. */
  readonly whole: Workqueue
  /** The items beyond `maxActive`, oldest first. */
  readonly inactive: ReferenceList
  /** What the rescuer has taken and not begun yet; null where it takes one item at a time. */
  readonly scheduled: ReferenceList | null
  /** How many items are under way. */
  readonly active: Field
  /** Where items queued from a restricted scope go, when the policy separates them. */
  restricted: Workqueue | null = null
  /** Waits until it is empty. */
  drain: () => Steps<unknown> = function* () {}
  /**
   * Queues that items have for themselves, by an intervention, instead of this one; by the kin of the item, so that replicas
   * share one and stay alike.
   */
  readonly own = new Map<number, Workqueue>()

  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  /** The pool that serves it. */
  readonly pool: WorkerPool
  /** WQ_MEM_RECLAIM: it has a rescuer. */
  readonly memReclaim: boolean
  /** How many items may be under way at once. */
  readonly maxActive: number

  constructor(
    machine: Machine,
    object: MachineObject,
    { pool, memReclaim, maxActive, rescuesAllAtOnce = false, whole }: WorkqueueParts,
  ) {
    this.whole = whole ?? this
    this.object = object
    this.pool = pool
    this.memReclaim = memReclaim
    this.maxActive = maxActive
    this.inactive = new ReferenceList(machine, object, 'inactive')
    this.scheduled = rescuesAllAtOnce ? new ReferenceList(machine, object, 'scheduled') : null
    this.active = machine.field(object, 'active')
  }

  /** The lists that items of it may be on: its own, or those of its parts. */
  get parts(): readonly Workqueue[] {
    return this.cpus.length > 0 ? this.cpus : [this]
  }
}
