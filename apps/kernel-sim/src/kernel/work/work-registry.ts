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
    return this.#byObject.get(this.#machine.referred(reference) as MachineObject) as Work
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

  /** Puts an item on the list of a queue's pool or, where too many are under way, on that of the queue. */
  insert(row: Row, queue: Workqueue, work: Work): void {
    const active = queue.active.get(row)
    if (active < queue.maxActive) {
      queue.active.set(row, active + 1)
      queue.pool.list.push(row, work.object.reference)
    } else queue.inactive.push(row, work.object.reference)
  }

  /** Takes an item off its list (try_to_grab_pending). */
  takeOff(row: Row, work: Work): void {
    const queue = this.queueOf(row, work)
    const { reference } = work.object
    if (queue?.pool.list.remove(row, reference) || queue?.scheduled?.remove(row, reference)) {
      this.retire(row, queue)
    } else queue?.inactive.remove(row, reference)
  }

  /** The timer of an item has come to its end, if it runs (delayed_work_timer_fn). @returns true if it ran. */
  expire(row: Row, work: Work): boolean {
    const queue = this.queueOf(row, work)
    if (work.timer.get(row) === 0 || queue === undefined) return false
    work.timer.set(row, 0)
    this.insert(row, queue, work)
    return true
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
