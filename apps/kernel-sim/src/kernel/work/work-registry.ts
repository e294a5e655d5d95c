/** Work registry: the items, queues and pools that there are, and how they are found in a state. */
import type { Machine, MachineObject, Row } from '@scopemask/checker/machine'
import type { TaskStates } from '../task/task-state.js'
import type { Work } from './work.js'
import type { WorkerPool } from './worker-pool.js'
import type { Workqueue } from './workqueue.js'

export class WorkRegistry {
  readonly works: Work[] = []
  readonly queues: Workqueue[] = []
  readonly pools: WorkerPool[] = []
  readonly #machine: Machine
  readonly #tasks: TaskStates
  readonly #byObject = new Map<MachineObject, Work>()

  constructor(machine: Machine, tasks: TaskStates) {
    this.#machine = machine
    this.#tasks = tasks
  }

  addWork(work: Work): void {
    this.works.push(work)
    this.#byObject.set(work.object, work)
  }

  /** The item that a reference is to. */
  workAt(reference: number): Work {
    return this.#byObject.get(this.#machine.objects[reference - 1] as MachineObject) as Work
  }

  queueAt(reference: number): Workqueue | undefined {
    return this.queues.find(({ object }) => object.reference === reference)
  }

  /** The queue that an item was put on last. */
  queueOf(row: Row, work: Work): Workqueue | undefined {
    return this.queueAt(work.queue.get(row))
  }

  /** The item that a task works on, or null. */
  running(row: Row, task: number): Work | null {
    const me = this.#tasks.reference(task)
    return this.works.find((work) => work.worker.get(row) === me) ?? null
  }

  /** The first item of a pool that a worker may take, as a reference: one that runs already has to wait. */
  next(row: Row, pool: WorkerPool): number {
    return pool.list.find(row, (reference) => this.workAt(reference).worker.get(row) === 0)
  }

  /** An item of a queue is done: the first inactive one takes its place (pwq_activate_first_inactive). */
  retire(row: Row, queue: Workqueue): void {
    const next = queue.inactive.find(row, () => true)
    if (next === 0) queue.active.set(row, queue.active.get(row) - 1)
    else {
      queue.inactive.remove(row, next)
      queue.pool.list.push(row, next)
    }
  }
}
