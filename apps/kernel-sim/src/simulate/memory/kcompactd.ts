/**
 * kcompactd: the thread that makes large blocks of what is free by moving pages (mm/compaction.c, kcompactd, 6.1.192). kswapd wakes it
 * for blocks; every 500 ms it looks by itself whether most of what is free is in pieces, and when it made that no better it leaves
 * memory alone for 32 s.
 */
import { type CompactionSteps, type PageAllocator, PF } from '@scopemask/allocator'
import { type Clock, type Cpus, type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { Costs } from '../costs.js'
import type { Psi } from '../sched/psi.js'
import { Task } from '../task.js'
import { HZ, jiffiesFrom } from '../time.js'

/** HPAGE_FRAG_CHECK_INTERVAL_MSEC. */
const CHECK = HZ / 2
/** After a proactive compaction that was in vain (COMPACT_MAX_DEFER_SHIFT). */
const DEFERRED = CHECK << 6
/** What wakes it. */
const TIMER = 0
const WOKEN = 1
/** All zones of a node (nr_zones - 1). */
const HIGHEST = 3

export class Kcompactd {
  readonly task: Task
  /** Proactive compactions. */
  rounds = 0
  readonly #memory: PageAllocator
  readonly #clock: Clock
  readonly #cpus: Cpus
  readonly #costs: Costs
  readonly #psi: Psi
  readonly #node: number
  readonly #kswapdRuns: () => boolean
  /** It is on kcompactd_wait. */
  #resting = false
  #order = 0
  #highest = HIGHEST
  /** Timers of waits that are over go off in vain. */
  #waits = 0

  constructor(parts: {
    readonly memory: PageAllocator
    readonly clock: Clock
    readonly cpus: Cpus
    readonly costs: Costs
    readonly psi: Psi
    readonly node: number
    /** The CPUs that it runs on; null for all. */
    readonly allowed: readonly boolean[] | null
    /** Returns true while kswapd of the node is runnable (kswapd_is_running). */
    readonly kswapdRuns: () => boolean
  }) {
    this.#memory = parts.memory
    this.#clock = parts.clock
    this.#cpus = parts.cpus
    this.#costs = parts.costs
    this.#psi = parts.psi
    this.#node = parts.node
    this.#kswapdRuns = parts.kswapdRuns
    this.task = new Task(`kcompactd${parts.node}`, PF.mask('KTHREAD'), () => this.#run())
    this.task.allowed = parts.allowed
    parts.cpus.start(this.task)
  }

  /** kswapd has freed memory for a block, and is going to sleep (wakeup_kcompactd). */
  wake(order: number, highest = HIGHEST): void {
    if (order === 0) return
    this.#order = Math.max(this.#order, order)
    this.#highest = Math.min(this.#highest, highest)
    if (!this.#resting) return
    if (!this.#memory.kcompactdSuitable(this.#node, this.#order, this.#highest)) return
    this.#resting = false
    this.#cpus.wake(this.task, WOKEN)
  }

  *#run(): LiveSteps {
    for (let timeout = CHECK; ; ) {
      if (this.#order > 0 || (yield* this.#wait(timeout)) === WOKEN) {
        const order = this.#order
        const highest = this.#highest
        this.#order = 0
        this.#highest = HIGHEST
        const stalled = this.#psi.enter(this.task)
        yield* this.#take(this.#memory.kcompactd(this.#node, order, highest))
        this.#psi.leave(this.task, stalled)
        timeout = CHECK
        continue
      }
      timeout = CHECK
      // It may be in the middle of its work, and is then left to it.
      if (this.#kswapdRuns() || !this.#memory.compactsProactively(this.#node)) continue
      this.rounds++
      const steps = this.#memory.compactingProactively(this.#node, this.#kswapdRuns)
      if (!(yield* this.#take(steps))) timeout = DEFERRED
    }
  }

  /**
   * Takes the steps of a compaction. A page that moves is copied; what looking for pages takes has no line in the table of costs, and is
   * a resched point alone.
   */
  *#take<R>(steps: CompactionSteps<R>): LiveSteps<R> {
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value
      const time = step.value.moved * this.#costs.copy
      if (!this.#cpus.passes(time)) yield time
    }
  }

  *#wait(jiffies: number): LiveSteps<number> {
    const wait = ++this.#waits
    this.#resting = true
    this.#clock.at(
      jiffiesFrom(this.#clock.now, jiffies),
      (which) => {
        if (which === this.#waits) this.#cpus.wake(this.task, TIMER)
      },
      wait,
    )
    const answer = yield WAIT
    this.#waits++
    this.#resting = false
    return answer
  }
}
