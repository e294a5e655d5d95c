/**
 * Workqueue: work that is left to threads of the kernel (kernel/workqueue.c, 6.1, unbound queues). A pool of workers serves all queues. Before
 * a worker begins it sees to it that another one is idle; to make one takes kthreadd, and memory. When that takes long, the queues that memory
 * reclaim depends on have a thread set aside, their rescuer, which does their work (WQ_MEM_RECLAIM).
 */
import { GFP_KERNEL, PF } from '@scopemask/allocator'
import { type Clock, type Cpus, type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { Vm } from '../memory/vm.js'
import { Task } from '../task.js'
import { HZ, jiffiesFrom } from '../time.js'

/** A rescuer is called when making a worker takes so long, and then again and again (MAYDAY_INITIAL_TIMEOUT, MAYDAY_INTERVAL). */
const MAYDAY_FIRST = Math.max(2, Math.floor(HZ / 100))
const MAYDAY_INTERVAL = HZ / 10
/** A stack of a thread, page by page (THREAD_SIZE, CONFIG_VMAP_STACK), zeroed. */
const STACK_PAGES = 4
const GFP_STACK = GFP_KERNEL | 0x100

/** What is to be done, by some worker. */
export type Work = (worker: Task) => LiveSteps

/** What is known of a queue. */
export interface WorkqueueOptions {
  readonly name: string
  /** Items of the queue that are under way at once. */
  readonly maxActive: number
  /** It has a rescuer (WQ_MEM_RECLAIM). */
  readonly memReclaim: boolean
}

interface Item {
  readonly queue: Workqueue
  readonly work: Work
}

/** A queue: its items begin in their order, some at once. */
export class Workqueue {
  readonly name: string
  readonly rescuer: Task | null
  /** Items that were done, and those of them that the rescuer did. */
  done = 0
  rescued = 0
  readonly #pool: WorkerPool
  readonly #maxActive: number
  #active = 0
  /** Items beyond so many active ones. */
  readonly #inactive: Work[] = []

  constructor(pool: WorkerPool, { name, maxActive, memReclaim }: WorkqueueOptions) {
    this.name = name
    this.#pool = pool
    this.#maxActive = maxActive
    const flags = PF.mask('KTHREAD', 'WQ_WORKER')
    this.rescuer = memReclaim ? new Task(name, flags, (task) => this.#rescue(task)) : null
    if (this.rescuer !== null) pool.cpus.start(this.rescuer)
  }

  /** Queues an item (queue_work). */
  queue(work: Work): void {
    if (this.#active >= this.#maxActive) {
      this.#inactive.push(work)
      return
    }
    this.#active++
    this.#pool.add({ queue: this, work })
  }

  /** @internal Does an item. */
  *execute(worker: Task, work: Work): LiveSteps {
    yield* work(worker)
    this.done++
    this.#active--
    const next = this.#inactive.shift()
    if (next !== undefined) this.queue(next)
  }

  *#rescue(task: Task): LiveSteps {
    for (;;) {
      yield WAIT
      for (let item = this.#pool.take(this); item !== null; item = this.#pool.take(this)) {
        this.rescued++
        yield* this.execute(task, item.work)
      }
    }
  }
}

export class WorkerPool {
  readonly cpus: Cpus
  readonly kthreadd: Task
  /** All of them. */
  readonly workers: Task[] = []
  readonly #clock: Clock
  readonly #vm: Vm
  readonly #pending: Item[] = []
  readonly #idle: Task[] = []
  /** The worker that waits for another one to be made (the manager). */
  #manager: Task | null = null

  constructor({
    clock,
    cpus,
    vm,
  }: { readonly clock: Clock; readonly cpus: Cpus; readonly vm: Vm }) {
    this.#clock = clock
    this.cpus = cpus
    this.#vm = vm
    this.kthreadd = new Task('kthreadd', PF.mask('KTHREAD'), (task) => this.#make(task))
    cpus.start(this.kthreadd)
    this.#start()
  }

  /** @internal An item is ready to be done. */
  add(item: Item): void {
    this.#pending.push(item)
    this.#wakeIdle()
  }

  /** @internal Takes the first item, of a queue or of any; null when there is none. */
  take(queue: Workqueue | null): Item | null {
    const at = queue === null ? 0 : this.#pending.findIndex((item) => item.queue === queue)
    return (at < 0 ? undefined : this.#pending.splice(at, 1)[0]) ?? null
  }

  #wakeIdle(): void {
    const worker = this.#idle.pop()
    if (worker !== undefined) this.cpus.wake(worker)
  }

  /** kthreadd: makes workers, for who waits for one. */
  *#make(task: Task): LiveSteps {
    for (;;) {
      if (this.#manager === null) {
        yield WAIT
        continue
      }
      for (let pages = 0; pages < STACK_PAGES; ) {
        if ((yield* this.#vm.alloc(task, GFP_STACK)) >= 0) pages++
      }
      this.#start()
      const manager = this.#manager
      this.#manager = null
      this.cpus.wake(manager)
    }
  }

  #start(): void {
    const name = `kworker/u:${this.workers.length}`
    const worker = new Task(name, PF.mask('KTHREAD', 'WQ_WORKER'), (task) => this.#work(task))
    this.workers.push(worker)
    this.cpus.start(worker)
  }

  *#work(worker: Task): LiveSteps {
    for (;;) {
      if (this.#pending.length === 0) {
        this.#idle.push(worker)
        yield WAIT
        continue
      }
      if (this.#idle.length === 0 && this.#manager === null) yield* this.#manage(worker)
      // As long as there is something it goes on, and others with it (keep_working).
      for (let item = this.take(null); item !== null; item = this.take(null)) {
        if (this.#pending.length > 0) this.#wakeIdle()
        yield* item.queue.execute(worker, item.work)
      }
    }
  }

  /** maybe_create_worker. */
  *#manage(worker: Task): LiveSteps {
    this.#manager = worker
    this.#callSoon(worker, MAYDAY_FIRST)
    this.cpus.wake(this.kthreadd)
    while (this.#manager === worker) yield WAIT
  }

  /** pool_mayday_timeout: as long as a worker is being made, those whose items wait are rescued. */
  #callSoon(manager: Task, jiffies: number): void {
    this.#clock.at(jiffiesFrom(this.#clock.now, jiffies), () => {
      if (this.#manager !== manager) return
      for (const { queue } of this.#pending) {
        if (queue.rescuer !== null) this.cpus.wake(queue.rescuer)
      }
      this.#callSoon(manager, MAYDAY_INTERVAL)
    })
  }
}
