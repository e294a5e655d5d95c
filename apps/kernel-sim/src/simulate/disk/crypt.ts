/**
 * Crypt: a disk on which everything is encrypted (drivers/md/dm-crypt.c, 6.1). What is written is encrypted into pages of its own first, by a
 * worker: so memory is needed to write, and writing is needed to free memory. A mempool of pages sees to it that a write can always be made, and
 * the workqueue's rescuer that somebody makes it.
 */
import {
  __GFP_DIRECT_RECLAIM,
  GFP_KERNEL,
  memallocNoioRestore,
  memallocNoioSave,
} from '@scopemask/allocator'
import { Mempool, NO_ELEMENT } from '@scopemask/allocator/slab'
import { type Clock, type Cpus, type CpuTask, type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { Costs } from '../costs.js'
import type { Vm } from '../memory/vm.js'
import type { MachinePolicy } from '../policy.js'
import { WaitReason } from '../sched/wait-reason.js'
import type { Task } from '../task.js'
import { jiffiesFrom } from '../time.js'
import { type WorkerPool, Workqueue } from '../work/workqueue.js'
import type { BlockDevice, BlockRequest } from './block-device.js'

/** Pages that are set aside (BIO_MAX_VECS). */
const POOL = 256
const PAGE = 4096
/** GFP_NOWAIT | __GFP_HIGHMEM: the first try for a page (crypt_alloc_buffer). */
const GFP_FIRST = 0x802
const __GFP_HIGHMEM = 0x2

export class Crypt implements BlockDevice {
  /** kcryptd: encrypts and decrypts. */
  readonly queue: Workqueue
  /** The fewest pages that were left in the pool, and how often a write had to wait for one. */
  leastReserved = POOL
  waits = 0
  readonly #lower: BlockDevice
  readonly #clock: Clock
  readonly #cpus: Cpus
  readonly #vm: Vm
  readonly #costs: Costs
  readonly #policy: MachinePolicy
  readonly #pool: Mempool<number, number>
  /** Who asks for a page just now. */
  #asking: Task | null = null
  readonly #sleepers: Task[] = []
  /** bio_alloc_lock: one at a time takes pages that it has to wait for. */
  #locked = false
  readonly #lockWaiters: Task[] = []

  constructor(parts: {
    readonly lower: BlockDevice
    readonly workers: WorkerPool
    readonly clock: Clock
    readonly cpus: Cpus
    readonly vm: Vm
    readonly costs: Costs
    readonly policy: MachinePolicy
  }) {
    const { cpus, workers, vm } = parts
    this.#lower = parts.lower
    this.#clock = parts.clock
    this.#cpus = cpus
    this.#vm = vm
    this.#costs = parts.costs
    this.#policy = parts.policy
    this.queue = new Workqueue(workers, {
      name: 'kcryptd',
      maxActive: cpus.count,
      memReclaim: true,
    })
    this.#pool = this.#created(workers.kthreadd)
  }

  get maxPages(): number {
    return this.#lower.maxPages
  }

  /** Pages that are set aside now. */
  get reserved(): number {
    return this.#pool.reserved
  }

  *submit(task: CpuTask, request: BlockRequest): LiveSteps {
    if (request.write) {
      this.queue.queue((worker) => this.#write(worker, request))
      return
    }
    const { bytes, done } = request
    const decrypt = (): void => this.queue.queue((worker) => this.#decrypted(worker, bytes, done))
    yield* this.#lower.submit(task, { write: false, bytes, done: decrypt })
  }

  /** kcryptd_crypt_read_convert. */
  *#decrypted(_worker: Task, bytes: number, done: () => void): LiveSteps {
    yield* this.#convert(bytes)
    done()
  }

  /** kcryptd_crypt_write_convert. */
  *#write(worker: Task, { bytes, done }: BlockRequest): LiveSteps {
    const pages = yield* this.#buffer(worker, Math.ceil(bytes / PAGE))
    yield* this.#convert(bytes)
    const written = (): void => {
      for (const page of pages) this.#free(page)
      done()
    }
    yield* this.#lower.submit(worker, { write: true, bytes, done: written })
  }

  /** The table of costs has no line for a cipher: a page costs what copying it does. */
  *#convert(bytes: number): LiveSteps {
    const time = (bytes / PAGE) * this.#costs.copy
    if (!this.#cpus.passes(time)) yield time
  }

  /** Pages to encrypt into: without waiting, or all of them by one writer at a time (crypt_alloc_buffer). */
  *#buffer(worker: Task, count: number): LiveSteps<number[]> {
    const pages: number[] = []
    while (pages.length < count) {
      const page = yield* this.#page(worker, GFP_FIRST)
      if (page === NO_ELEMENT) break
      pages.push(page)
    }
    if (pages.length === count) return pages
    for (const page of pages.splice(0)) this.#free(page)
    yield* this.#lock(worker)
    const { scope, explicit } = this.#policy
    // What may be reclaimed for it must not wait for this disk: that is said by flags, by a scope, or by nobody.
    const gfp = explicit ? GFP_FIRST | __GFP_DIRECT_RECLAIM : GFP_KERNEL | __GFP_HIGHMEM
    const saved = scope ? memallocNoioSave(worker.context) : null
    while (pages.length < count) pages.push(yield* this.#page(worker, gfp))
    if (saved !== null) memallocNoioRestore(worker.context, saved)
    this.#unlock()
    return pages
  }

  *#page(worker: Task, gfp: number): LiveSteps<number> {
    this.#asking = worker
    const steps = this.#pool.alloc(gfp)
    let answer = 0
    for (;;) {
      const step = steps.next(answer)
      this.leastReserved = Math.min(this.leastReserved, this.#pool.reserved)
      if (step.done) return step.value
      if (typeof step.value === 'number') answer = yield step.value
      else {
        yield* this.#sleep(worker, step.value.jiffies)
        answer = 0
      }
      this.#asking = worker
    }
  }

  /** Waits until a page comes back, or for so long. */
  *#sleep(worker: Task, jiffies: number): LiveSteps {
    this.waits++
    const sleepers = this.#sleepers
    sleepers.push(worker)
    this.#clock.at(jiffiesFrom(this.#clock.now, jiffies), () => {
      if (sleepers.includes(worker)) this.#cpus.wake(worker)
    })
    worker.reason = WaitReason.WRITE
    yield WAIT
    const at = sleepers.indexOf(worker)
    if (at >= 0) sleepers.splice(at, 1)
  }

  #free(page: number): void {
    if (!this.#pool.free(page)) return
    const sleeper = this.#sleepers.shift()
    if (sleeper !== undefined) this.#cpus.wake(sleeper)
  }

  *#lock(worker: Task): LiveSteps {
    while (this.#locked) {
      this.#lockWaiters.push(worker)
      worker.reason = WaitReason.LOCK
      yield WAIT
    }
    this.#locked = true
  }

  #unlock(): void {
    this.#locked = false
    const next = this.#lockWaiters.shift()
    if (next !== undefined) this.#cpus.wake(next)
  }

  /** The pool, full: it was made when there was memory. */
  #created(boot: Task): Mempool<number, number> {
    this.#asking = boot
    const { memory } = this.#vm
    const source = {
      alloc: (gfp: number) => this.#vm.alloc(this.#asking ?? boot, gfp),
      free: (page: number) => memory.free(page, 0),
    }
    const steps = Mempool.create<number, number>(POOL, source)
    for (let step = steps.next(0); ; step = steps.next(0)) {
      if (!step.done) continue
      if (step.value !== null) return step.value
      throw new RangeError(`there is no memory for ${POOL} pages of dm-crypt`)
    }
  }
}
