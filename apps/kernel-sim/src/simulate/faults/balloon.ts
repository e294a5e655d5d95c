/**
 * Balloon: takes memory away from a machine and gives it back, as the driver of a virtual machine does when its host wants memory
 * (drivers/virtio/virtio_balloon.c, fill_balloon and update_balloon_size_func, 6.1). It asks as one that gives up soon, and tries again
 * after a while: it makes others reclaim, and kills nobody.
 */
import { __GFP_NOMEMALLOC, __GFP_NORETRY, __GFP_NOWARN, PF } from '@scopemask/allocator'
import { type Clock, type Cpus, type LiveSteps, WAIT } from '@scopemask/checker/live'
import { GFP_HIGHUSER_MOVABLE, type Vm } from '../memory/vm.js'
import { Task } from '../task.js'
import { MS } from '../time.js'
import type { MemoryTaken } from './fault.js'

/** balloon_mapping_gfp_mask and balloon_page_alloc (mm/balloon_compaction.c). */
const GFP = (GFP_HIGHUSER_MOVABLE | __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN) >>> 0
/** Pages that it takes in one go (VIRTIO_BALLOON_ARRAY_PFNS_MAX). */
const BATCH = 256
/** When it got none, it waits so long (fill_balloon, msleep). */
const RETRY = 200 * MS

/** What a balloon works on. */
export interface BalloonParts {
  readonly clock: Clock
  readonly cpus: Cpus
  readonly vm: Vm
  /** When the run began, on the clock. */
  readonly began: number
}

export class Balloon {
  readonly task: Task
  /** Pages that it has. */
  readonly pages: number[] = []
  readonly #parts: BalloonParts
  readonly #fault: MemoryTaken

  /** Starts one. */
  constructor(parts: BalloonParts, fault: MemoryTaken) {
    this.#parts = parts
    this.#fault = fault
    this.task = new Task('balloon', PF.mask('KTHREAD', 'WQ_WORKER'), (task) => this.#run(task))
    parts.cpus.start(this.task)
  }

  *#run(task: Task): LiveSteps {
    const { at, length } = this.#fault
    const { clock } = this.#parts
    const from = this.#parts.began + at
    yield* this.#sleepUntil(from)
    const until = from + length
    while (clock.now < until && this.pages.length < this.#fault.pages) {
      if (!(yield* this.#fill(task))) yield* this.#sleepUntil(Math.min(clock.now + RETRY, until))
    }
    if (until === Number.POSITIVE_INFINITY) return
    yield* this.#sleepUntil(until)
    const { memory } = this.#parts.vm
    for (const page of this.pages.splice(0)) memory.free(page, 0, task.cpu)
  }

  /** Takes a batch; returns false when there was a page that it did not get. The table of costs has no line for its own time. */
  *#fill(task: Task): LiveSteps<boolean> {
    // Without CONFIG_BALLOON_COMPACTION, since nobody moves its pages here.
    const gfp = this.#parts.vm.staying(GFP)
    const wanted = Math.min(BATCH, this.#fault.pages - this.pages.length)
    for (let i = 0; i < wanted; i++) {
      const page = yield* this.#parts.vm.alloc(task, gfp)
      if (page < 0) return false
      this.pages.push(page)
    }
    yield 0
    return true
  }

  *#sleepUntil(time: number): LiveSteps {
    const { clock, cpus } = this.#parts
    if (time <= clock.now) return
    clock.at(time, () => cpus.wake(this.task))
    yield WAIT
  }
}
