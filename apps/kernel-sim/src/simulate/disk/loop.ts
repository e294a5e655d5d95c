/**
 * Loop: a filesystem in a file of another one (drivers/block/loop.c, 6.1, with `losetup --direct-io=on`: the file has no pages in the page cache of its
 * own). A worker passes requests on, one after the other. What it allocates for one must not be waited for by those who need the request
 * done, so it runs in a NOIO scope. Its queue has no rescuer: without a worker, and memory for one, nothing is read or written.
 */
import {
  GFP_KERNEL,
  GFP_NOIO,
  memallocNoioRestore,
  memallocNoioSave,
  type SlabCache,
} from '@scopemask/allocator'
import { type Cpus, type CpuTask, type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { Vm } from '../memory/vm.js'
import type { MachinePolicy } from '../policy.js'
import { WaitReason } from '../sched/wait-reason.js'
import type { Task } from '../task.js'
import { type WorkerPool, Workqueue } from '../work/workqueue.js'
import type { BlockDevice, BlockRequest } from './block-device.js'

/** Requests that it accepts at once (LOOP_DEFAULT_HW_Q_DEPTH). */
const DEPTH = 128
/** Bytes of what direct I/O allocates for a request (fs/iomap/direct-io.c, struct iomap_dio). */
const DIO_SIZE = 96

export class Loop implements BlockDevice {
  /** loop0: unbound, and without a rescuer. */
  readonly queue: Workqueue
  /** Requests that were passed on. */
  passed = 0
  readonly #lower: BlockDevice
  readonly #cpus: Cpus
  readonly #vm: Vm
  readonly #policy: MachinePolicy
  readonly #dios: SlabCache
  /** Requests that no worker has taken yet; while there are some, one item is queued (lo->rootcg_work). */
  readonly #commands: BlockRequest[] = []
  #isQueued = false
  /** Requests accepted and not done, and who waits until that are fewer. */
  #inFlight = 0
  readonly #waiting: CpuTask[] = []

  constructor(parts: {
    readonly lower: BlockDevice
    readonly workers: WorkerPool
    readonly cpus: Cpus
    readonly vm: Vm
    readonly policy: MachinePolicy
  }) {
    this.#lower = parts.lower
    this.#cpus = parts.cpus
    this.#vm = parts.vm
    this.#policy = parts.policy
    this.#dios = parts.vm.slab.createCache({ name: 'iomap_dio', size: DIO_SIZE })
    this.queue = new Workqueue(parts.workers, { name: 'loop0', maxActive: 256, memReclaim: false })
  }

  get maxPages(): number {
    return this.#lower.maxPages
  }

  /** Requests accepted and not done. */
  get inFlight(): number {
    return this.#inFlight
  }

  *submit(task: CpuTask, request: BlockRequest): LiveSteps {
    while (this.#inFlight >= DEPTH) {
      this.#waiting.push(task)
      task.reason = WaitReason.QUEUE
      yield WAIT
    }
    this.#inFlight++
    this.#commands.push(request)
    if (this.#isQueued) return
    this.#isQueued = true
    this.queue.queue((worker) => this.#process(worker))
  }

  /** loop_process_work. */
  *#process(worker: Task): LiveSteps {
    const { scope, explicit } = this.#policy
    const saved = scope ? memallocNoioSave(worker.context) : null
    // Code of the filesystem below allocates: it is told by a scope, and by flags only where it takes any.
    const gfp = explicit ? GFP_NOIO : GFP_KERNEL
    for (let next = this.#commands.shift(); next !== undefined; next = this.#commands.shift()) {
      const { write, bytes, done } = next
      const dio = yield* this.#vm.allocObject(worker, this.#dios, gfp)
      const passed = (): void => {
        if (dio >= 0) this.#vm.slab.free(this.#dios, dio)
        this.#finished()
        done()
      }
      this.passed++
      yield* this.#lower.submit(worker, { write, bytes, done: passed })
    }
    this.#isQueued = false
    if (saved !== null) memallocNoioRestore(worker.context, saved)
  }

  #finished(): void {
    this.#inFlight--
    const next = this.#waiting.shift()
    if (next !== undefined) this.#cpus.wake(next)
  }
}
