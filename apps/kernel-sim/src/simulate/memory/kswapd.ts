/**
 * kswapd: the thread that keeps memory free (mm/vmscan.c, kswapd, kswapd_try_to_sleep and wakeup_kswapd, 6.1.192). A request that finds
 * less than the low watermark wakes it; it reclaims up to the high one, naps for 100 ms, and only then goes to sleep.
 */
import { type PageAllocator, PF } from '@scopemask/allocator'
import { type Clock, type Cpus, type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { Costs } from '../costs.js'
import type { Psi } from '../sched/psi.js'
import { WaitReason } from '../sched/wait-reason.js'
import { Task } from '../task.js'
import { HZ, jiffiesFrom } from '../time.js'

/** The nap before it sleeps. */
const NAP = HZ / 10
/** VMSCAN_THROTTLE_WRITEBACK: it waits for writing to get on. */
const THROTTLE = HZ / 10
/** What wakes it. */
const TIMER = 0
const WOKEN = 1

export class Kswapd {
  readonly task: Task
  /** The node whose memory it keeps free. */
  readonly node: number
  /** Slept until it was needed again (mm_vmscan_kswapd_sleep). */
  fullSleeps = 0
  /** Found too little free when it wanted to sleep: woken from its nap, or at the end of it. */
  lowHitQuickly = 0
  highHitQuickly = 0
  /** The least priority that it got to. */
  lowestPriority = 12
  readonly #memory: PageAllocator
  readonly #clock: Clock
  readonly #cpus: Cpus
  readonly #costs: Costs
  readonly #psi: Psi
  readonly #swapTime: () => number
  /** It is on kswapd_wait. */
  #resting = false
  #order = 0
  /** It goes to sleep after reclaim for a block of this order: kcompactd makes one of what was freed. */
  onSleep: ((order: number) => void) | null = null
  /** Timers of naps that are over go off in vain. */
  #naps = 0

  constructor(parts: {
    readonly memory: PageAllocator
    readonly clock: Clock
    readonly cpus: Cpus
    readonly costs: Costs
    readonly psi: Psi
    readonly node: number
    /** The CPUs that it runs on; null for all. */
    readonly allowed: readonly boolean[] | null
    /** What compressing pages has taken since this was last asked, ns. */
    readonly swapTime: () => number
  }) {
    this.#swapTime = parts.swapTime
    this.#memory = parts.memory
    this.#clock = parts.clock
    this.#cpus = parts.cpus
    this.#costs = parts.costs
    this.#psi = parts.psi
    this.node = parts.node
    this.task = new Task(`kswapd${parts.node}`, PF.mask('KTHREAD', 'KSWAPD', 'MEMALLOC'), () =>
      this.#run(),
    )
    this.task.allowed = parts.allowed
    parts.cpus.start(this.task)
  }

  /** Somebody needs it (wakeup_kswapd). */
  wake(order: number): void {
    if (!this.#resting) return
    this.#order = Math.max(this.#order, order)
    // A node where nothing can be reclaimed is left to those who ask.
    if (this.#memory.kswapdHopeless(this.node)) return
    if (this.#memory.balanced(this.node, order)) return
    this.#resting = false
    this.#cpus.wake(this.task, WOKEN)
  }

  *#run(): LiveSteps {
    // The machine has been up for long: it sleeps already.
    yield* this.#sleepUntilNeeded()
    for (let done = 0; ; ) {
      yield* this.#tryToSleep(done)
      const order = this.#order
      this.#order = 0
      const stalled = this.#psi.enter(this.task)
      const steps = this.#memory.balancing(this.node, order)
      for (let step = steps.next(), time = 0; !step.done; step = steps.next()) {
        switch (step.value.kind) {
          case 'scan':
            time = step.value.reclaimed * this.#costs.kswapdPage + this.#swapTime()
            if (!this.#cpus.passes(time)) yield time
            break
          case 'slab':
            this.lowestPriority = Math.min(this.lowestPriority, step.value.priority)
            time = step.value.rounds * this.#costs.round + step.value.freed * this.#costs.kswapdPage
            if (!this.#cpus.passes(time)) yield time
            break
          case 'throttle':
            yield* this.#sleep(THROTTLE)
            break
          case 'deactivate':
          case 'age':
            if (!this.#cpus.passes(0)) yield 0
        }
      }
      this.#psi.leave(this.task, stalled)
      done = order
    }
  }

  /** @param order of what it has just reclaimed for */
  *#tryToSleep(order: number): LiveSteps {
    let early = false
    if (this.#mayRest()) {
      this.#memory.kswapdSleeps(this.node)
      this.onSleep?.(order)
      this.#resting = true
      const nap = ++this.#naps
      this.#clock.at(jiffiesFrom(this.#clock.now, NAP), (which) => this.#napIsOver(which), nap)
      early = (yield WAIT) === WOKEN
      this.#naps++
      this.#resting = false
    }
    if (early) this.lowHitQuickly++
    else if (!this.#mayRest()) this.highHitQuickly++
    else {
      this.fullSleeps++
      yield* this.#sleepUntilNeeded()
    }
  }

  *#sleepUntilNeeded(): LiveSteps {
    this.#resting = true
    yield WAIT
    this.#resting = false
  }

  #napIsOver(nap: number): void {
    if (nap === this.#naps) this.#cpus.wake(this.task, TIMER)
  }

  *#sleep(jiffies: number): LiveSteps {
    this.#clock.at(jiffiesFrom(this.#clock.now, jiffies), () => this.#cpus.wake(this.task, TIMER))
    this.task.reason = WaitReason.THROTTLE
    yield WAIT
  }

  /** prepare_kswapd_sleep. */
  #mayRest(): boolean {
    const memory = this.#memory
    return memory.kswapdHopeless(this.node) || memory.balanced(this.node, this.#order)
  }
}
