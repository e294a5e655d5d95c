/**
 * Cma: allocations of drivers from the CMA areas of the machine (mm/cma.c, cma_alloc, 6.1.192), by a task, in its scopes and in its time: pages of programs and
 * of files that are in the area are moved or given up, and those that are locked or under writeback are waited for.
 *
 * One task at a time is at it (cma_mutex). The kernel lets others in between two ranges of an area; here they wait until the allocation is over.
 */
import { type CmaArea, NO_PAGE } from '@scopemask/allocator'
import { type Clock, type Cpus, type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { PageCache } from '../cache/page-cache.js'
import type { Writeback } from '../cache/writeback.js'
import type { Costs } from '../costs.js'
import { Histogram } from '../measure/histogram.js'
import { WaitReason } from '../sched/wait-reason.js'
import type { Task } from '../task.js'
import type { Vm } from './vm.js'

/** A buffer begins at a multiple of its size, rounded up to a power of two, and at most of 1 MiB (CONFIG_CMA_ALIGNMENT, kernel/dma/contiguous.c). */
const MOST_ALIGN = 8
/** A quantile of times is off by 0.4 % at most. */
const PER_OCTAVE = 128

export class Cma {
  /** How long allocations took that were successful, and those that were not, ns. */
  readonly successes = new Histogram(PER_OCTAVE)
  readonly failures = new Histogram(PER_OCTAVE)
  /** Ranges that were busy. */
  busy = 0
  /** Pages that were moved, and clean ones that were given up. */
  moved = 0
  reclaimed = 0
  /** Times that a page was waited for, and for how long in all, ns. */
  waits = 0
  waited = 0
  readonly #vm: Vm
  readonly #clock: Clock
  readonly #cpus: Cpus
  readonly #costs: Costs
  readonly #cache: PageCache
  readonly #writeback: Writeback
  #isTaken = false
  readonly #waiters: Task[] = []

  constructor(parts: {
    readonly vm: Vm
    readonly clock: Clock
    readonly cpus: Cpus
    readonly costs: Costs
    readonly cache: PageCache
    readonly writeback: Writeback
  }) {
    this.#vm = parts.vm
    this.#clock = parts.clock
    this.#cpus = parts.cpus
    this.#costs = parts.costs
    this.#cache = parts.cache
    this.#writeback = parts.writeback
  }

  /** The area with this name; the first where none is said. */
  area(name: string | undefined): CmaArea | undefined {
    const { cmaAreas } = this.#vm.memory.zones
    return name === undefined ? cmaAreas[0] : cmaAreas.find((each) => each.name === name)
  }

  /** Allocates pages in a row. @returns the first, or NO_PAGE */
  *alloc(task: Task, area: CmaArea, pages: number): LiveSteps<number> {
    yield* this.#lock(task)
    const began = this.#clock.now
    const page = yield* this.#allocated(task, area, pages)
    this.#unlock()
    const times = page === NO_PAGE ? this.failures : this.successes
    times.add(this.#clock.now - began)
    return page
  }

  /** Gives them back (cma_release). */
  free(task: Task, area: CmaArea, range: { readonly start: number; readonly pages: number }): void {
    this.#vm.memory.contig.freeCma(area, { ...range, cpu: task.cpu })
  }

  *#allocated(task: Task, area: CmaArea, pages: number): LiveSteps<number> {
    const { context, cpu } = task
    const align = Math.min(MOST_ALIGN, Math.ceil(Math.log2(pages)))
    const steps = this.#vm.memory.contig.allocatingCma({ task: context, area, pages, align, cpu })
    for (let answer: number | undefined; ; ) {
      const next = answer === undefined ? steps.next() : steps.next(answer)
      answer = undefined
      if (next.done) return next.value
      const step = next.value
      switch (step.kind) {
        case 'migrate':
          yield* this.#migrated(step.moved, step.reclaimed)
          break
        case 'wait-on-page':
          yield* this.#waitOn(task, step.page, step.until)
          answer = 1
          break
        case 'busy':
          this.busy++
          break
        case 'reclaim':
        case 'compact':
          answer = yield* this.#vm.reclaim.does(
            task,
            { task: context, gfp: step.gfp, order: 0, cpu },
            step,
          )
          break
        default:
      }
    }
  }

  /** A page that moves is copied, and one that is given up is freed as reclaim frees it. What looking for them takes has no line in the table of costs. */
  *#migrated(moved: number, reclaimed: number): LiveSteps {
    this.moved += moved
    this.reclaimed += reclaimed
    const time = moved * this.#costs.copy + reclaimed * this.#costs.directPage
    if (!this.#cpus.passes(time)) yield time
  }

  *#waitOn(task: Task, page: number, until: 'unlocked' | 'written'): LiveSteps {
    const began = this.#clock.now
    if (until === 'unlocked') yield* this.#cache.unlocked(task, page)
    else yield* this.#writeback.pageWritten(task, page)
    this.waits++
    this.waited += this.#clock.now - began
  }

  *#lock(task: Task): LiveSteps {
    while (this.#isTaken) {
      this.#waiters.push(task)
      task.reason = WaitReason.LOCK
      yield WAIT
    }
    this.#isTaken = true
  }

  #unlock(): void {
    this.#isTaken = false
    const next = this.#waiters.shift()
    if (next !== undefined) this.#cpus.wake(next)
  }
}
