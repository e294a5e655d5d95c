/**
 * Dirty throttle: how a task that dirties pages is slowed down to what the disk can write (mm/page-writeback.c, 6.1,
 * balance_dirty_pages). Below the middle between the background threshold and the limit nobody is held back; above it a task pauses
 * after some pages, for so long that the pages under way stay at a setpoint. Rates are pages a second, times jiffies.
 */
import { type Clock, type Cpus, type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { VmSysctls } from '../machine-spec.js'
import { Histogram } from '../measure/histogram.js'
import { WaitReason } from '../sched/wait-reason.js'
import type { Task } from '../task.js'
import { HZ, JIFFY, jiffiesFrom } from '../time.js'

/** No pause is longer (MAX_PAUSE). */
const MAX_PAUSE = HZ / 5
/** Rates are estimated anew after so long (BANDWIDTH_INTERVAL). */
const BANDWIDTH_INTERVAL = HZ / 5
/** A task that may dirty less at once pauses for longer instead (DIRTY_POLL_THRESH). */
const POLL_THRESHOLD = 32
/** Fixed point of ratios (RATELIMIT_CALC_SHIFT). */
const ONE = 1024
/** 100 MB/s, before anything is known (INIT_BW). */
const INITIAL_BANDWIDTH = 25_600
/** What a new task may dirty before it looks at the limits (copy_process). */
const FIRST_RATELIMIT = 32
/** roundup_pow_of_two(3 * HZ), roundup_pow_of_two(HZ) and roundup_pow_of_two(1 + HZ / 8). */
const BANDWIDTH_PERIOD = 1024
const HZ_POWER = 256
const EIGHTH_POWER = 32

/** What the limits follow from. */
export interface DirtyState {
  /** Pages that could be dirtied: free above the reserves, and on the file LRU (global_dirtyable_memory). */
  dirtyable(): number
  readonly dirty: number
  readonly writeback: number
  /** Pages dirtied and written since the start. */
  readonly dirtied: number
  readonly written: number
  /** The flusher is writing in the background, or is to begin. */
  startBackground(): void
}

/** Limits, pages. */
export interface Limits {
  readonly threshold: number
  readonly background: number
}

/** What a task knows of its own dirtying (current->nr_dirtied and others). */
interface Dirtier {
  dirtied: number
  pauseAfter: number
  pausedWhen: number
}

export class DirtyThrottle {
  readonly #clock: Clock
  readonly #cpus: Cpus
  readonly #state: DirtyState
  readonly #sysctls: VmSysctls
  readonly #dirtiers = new Map<Task, Dirtier>()
  /** The limit that is followed down slowly (dom->dirty_limit), and when that was last done. */
  #limit: number
  #limitStamp = 0
  #writeBandwidth = INITIAL_BANDWIDTH
  #averageBandwidth = INITIAL_BANDWIDTH
  #ratelimit = INITIAL_BANDWIDTH
  #balancedRatelimit = INITIAL_BANDWIDTH
  #bandwidthStamp = 0
  #dirtiedStamp = 0
  #writtenStamp = 0
  #exceeded = false
  /** The pauses that tasks were given (trace event balance_dirty_pages): jiffies. Those of less than 256 are told apart. */
  readonly pauses = new Histogram(128)
  /** What tasks saw when they looked, summed up. */
  readonly seen = { looks: 0, threshold: 0, background: 0, dirty: 0 }
  /** When somebody first paused, ns; -1 when nobody has. */
  firstPause = -1

  constructor(parts: {
    readonly clock: Clock
    readonly cpus: Cpus
    readonly state: DirtyState
    readonly sysctls: VmSysctls
    /** The limit that the kernel has set when it was started, pages. */
    readonly bootLimit: number
  }) {
    this.#clock = parts.clock
    this.#cpus = parts.cpus
    this.#state = parts.state
    this.#sysctls = parts.sysctls
    this.#limit = parts.bootLimit
  }

  /** The limits now (domain_dirty_limits). */
  limits(): Limits {
    const dirtyable = this.#state.dirtyable()
    const threshold = Math.floor((dirtyable * this.#sysctls.dirtyRatio) / 100)
    const background = Math.floor((dirtyable * this.#sysctls.dirtyBackgroundRatio) / 100)
    return { threshold, background: background >= threshold ? threshold >> 1 : background }
  }

  /** The disk's estimated rate of writing. */
  get bandwidth(): number {
    return this.#averageBandwidth
  }

  /** The limit that is followed down slowly. */
  get hardLimit(): number {
    return this.#limit
  }

  /**
   * A task has dirtied a page (balance_dirty_pages_ratelimited).
   * @returns true if it has to {@link balance}
   */
  dirtied(task: Task): boolean {
    const dirtier = this.#of(task)
    dirtier.dirtied++
    return (
      dirtier.dirtied >= (this.#exceeded ? Math.min(dirtier.pauseAfter, 8) : dirtier.pauseAfter)
    )
  }

  /** A task looks at the limits, and pauses if need be (balance_dirty_pages). */
  *balance(task: Task): LiveSteps {
    yield* this.#balance(task, this.#of(task))
  }

  #of(task: Task): Dirtier {
    let dirtier = this.#dirtiers.get(task)
    if (dirtier === undefined) {
      dirtier = { dirtied: 0, pauseAfter: FIRST_RATELIMIT, pausedWhen: 0 }
      this.#dirtiers.set(task, dirtier)
    }
    return dirtier
  }

  /** Estimates the disk's rate anew, if it is time for that (wb_update_bandwidth). */
  updateBandwidth(): void {
    const now = this.#jiffies()
    if (now <= this.#bandwidthStamp + BANDWIDTH_INTERVAL) return
    this.#estimate(now)
  }

  *#balance(task: Task, dirtier: Dirtier): LiveSteps {
    const state = this.#state
    const pages = dirtier.dirtied
    for (;;) {
      let now = this.#jiffies()
      const { threshold, background } = this.limits()
      const dirty = state.dirty + state.writeback
      if (state.dirty > background) state.startBackground()
      if (dirty <= (threshold + background) >> 1) {
        dirtier.pausedWhen = now
        dirtier.dirtied = 0
        dirtier.pauseAfter = pollInterval(dirty, threshold)
        return
      }
      state.startBackground()
      this.seen.looks++
      this.seen.threshold += threshold
      this.seen.background += background
      this.seen.dirty += dirty
      // There is one disk: its share of the limit is all of it, once it has written anything.
      const wbThreshold = state.written > 0 ? threshold : 0
      this.#exceeded = dirty > wbThreshold && dirty > threshold
      const ratio = this.#positionRatio(dirty, { threshold, background }, wbThreshold)
      if (now > this.#bandwidthStamp + BANDWIDTH_INTERVAL) {
        this.#followLimit(now, threshold, dirty)
        this.#updateRatelimit(now, dirty, { threshold, background }, ratio)
        this.#estimate(now)
      }
      const rate = Math.floor((this.#ratelimit * ratio) / ONE)
      const longest = this.#longestPause(dirty)
      const least = this.#leastPause(longest, rate)
      let period = longest
      let pause = longest
      if (rate > 0) {
        period = Math.floor((HZ * pages) / rate)
        pause = period
        if (dirtier.pausedWhen !== 0) pause -= now - dirtier.pausedWhen
        if (pause < least.pause) {
          if (pause < -HZ) {
            dirtier.pausedWhen = now
            dirtier.dirtied = 0
          } else if (period > 0) {
            dirtier.pausedWhen += period
            dirtier.dirtied = 0
          } else if (dirtier.pauseAfter <= pages) dirtier.pauseAfter += pages
          return
        }
        if (pause > longest) {
          now += Math.min(pause - longest, longest)
          pause = longest
        }
      }
      if (this.firstPause < 0) this.firstPause = this.#clock.now
      this.pauses.add(pause)
      this.#clock.at(jiffiesFrom(this.#clock.now, pause), () => this.#cpus.wake(task))
      task.reason = WaitReason.DIRTY
      yield WAIT
      dirtier.pausedWhen = now + pause
      dirtier.dirtied = 0
      dirtier.pauseAfter = least.pages
      if (rate > 0 || task.killed) return
    }
  }

  /** By how much the rate is to be changed so that the pages under way come to their setpoint (wb_position_ratio). */
  #positionRatio(dirty: number, { threshold, background }: Limits, wbThreshold: number): number {
    const limit = Math.max(threshold, this.#limit)
    if (dirty >= limit) return 0
    const setpoint = (((threshold + background) >> 1) + limit) >> 1
    let ratio = polynom(setpoint, dirty, limit)
    const share = Math.max(Math.min(wbThreshold, threshold), (limit - dirty) >> 3)
    const x = share / (threshold | 1)
    const wbSetpoint = Math.floor(setpoint * x)
    const span = Math.floor((threshold - share + 8 * this.#averageBandwidth) * x)
    const intercept = wbSetpoint + span
    if (dirty < intercept - span / 4) {
      ratio = Math.floor((ratio * (intercept - dirty)) / ((intercept - wbSetpoint) | 1))
    } else ratio = ratio >> 2
    // Too little under way for the disk to be busy.
    const reserve = share >> 1
    if (dirty < reserve) {
      ratio = dirty > reserve >> 3 ? Math.floor((ratio * reserve) / dirty) : ratio * 8
    }
    return ratio
  }

  /** update_dirty_limit. */
  #followLimit(now: number, threshold: number, dirty: number): void {
    if (now < this.#limitStamp + BANDWIDTH_INTERVAL) return
    this.#limitStamp = now
    if (this.#limit < threshold) {
      this.#limit = threshold
      return
    }
    const target = Math.max(threshold, dirty)
    if (this.#limit > target) this.#limit -= (this.#limit - target) >> 5
  }

  /** wb_update_dirty_ratelimit: what one task may dirty, when the pages under way are at their setpoint. */
  #updateRatelimit(
    now: number,
    dirty: number,
    { threshold, background }: Limits,
    ratio: number,
  ): void {
    const elapsed = Math.max(now - this.#bandwidthStamp, 1)
    const limit = Math.max(threshold, this.#limit)
    const setpoint = (((threshold + background) >> 1) + limit) >> 1
    const rate = Math.floor(((this.#state.dirtied - this.#dirtiedStamp) * HZ) / elapsed)
    const current = this.#ratelimit
    const task = Math.floor((current * ratio) / ONE) + 1
    const balanced = Math.min(
      Math.floor((task * this.#averageBandwidth) / (rate | 1)),
      this.#averageBandwidth,
    )
    let step = 0
    if (dirty < setpoint) {
      const target = Math.min(this.#balancedRatelimit, balanced, task)
      if (current < target) step = target - current
    } else {
      const target = Math.max(this.#balancedRatelimit, balanced, task)
      if (current > target) step = current - target
    }
    // Close to the target it goes slowly.
    const shift = Math.floor(current / (2 * step + 1))
    step = shift < 64 ? Math.ceil(Math.floor(step / 2 ** shift) / 8) : 0
    this.#ratelimit = Math.max(current < balanced ? current + step : current - step, 1)
    this.#balancedRatelimit = balanced
  }

  /** wb_update_write_bandwidth. */
  #estimate(now: number): void {
    const elapsed = Math.max(now - this.#bandwidthStamp, 1)
    const { written, dirtied } = this.#state
    const done = (written - this.#writtenStamp) * HZ
    const old = this.#writeBandwidth
    let average = this.#averageBandwidth
    let bandwidth: number
    if (elapsed > BANDWIDTH_PERIOD) {
      bandwidth = Math.floor(done / elapsed)
      average = bandwidth
    } else {
      bandwidth = Math.floor((done + old * (BANDWIDTH_PERIOD - elapsed)) / BANDWIDTH_PERIOD)
      if (average > old && old >= bandwidth) average -= (average - old) >> 3
      if (average < old && old <= bandwidth) average += (old - average) >> 3
    }
    this.#writeBandwidth = bandwidth
    this.#averageBandwidth = Math.max(average, 1)
    this.#bandwidthStamp = now
    this.#dirtiedStamp = dirtied
    this.#writtenStamp = written
  }

  /** wb_max_pause: the disk must not run out of work meanwhile. */
  #longestPause(dirty: number): number {
    const time = Math.floor(dirty / (1 + Math.floor(this.#averageBandwidth / EIGHTH_POWER))) + 1
    return Math.min(time, MAX_PAUSE)
  }

  /** wb_min_pause: shorter pauses are not worth while; and how many pages come before the next. */
  #leastPause(longest: number, rate: number): { readonly pause: number; readonly pages: number } {
    const ratelimit = this.#ratelimit
    const high = Math.floor(Math.log2(this.#averageBandwidth))
    const low = Math.floor(Math.log2(ratelimit))
    let time = Math.max(1, Math.floor(HZ / 100))
    if (high > low) time += Math.floor(((high - low) * 10 * HZ) / 1024)
    time = Math.min(time, 1 + (longest >> 1))
    let pages = Math.floor((ratelimit * time) / HZ_POWER)
    if (pages < POLL_THRESHOLD) {
      time = longest
      pages = Math.floor((ratelimit * time) / HZ_POWER)
      if (pages > POLL_THRESHOLD) {
        pages = POLL_THRESHOLD
        time = Math.floor((HZ * POLL_THRESHOLD) / ratelimit)
      }
    }
    if (Math.floor((HZ * pages) / (rate + 1)) > longest) {
      time = longest
      pages = Math.floor((rate * time) / HZ_POWER)
    }
    return { pause: pages >= POLL_THRESHOLD ? 1 + (time >> 1) : time, pages }
  }

  #jiffies(): number {
    return Math.floor(this.#clock.now / JIFFY)
  }
}

/** dirty_poll_interval. */
function pollInterval(dirty: number, threshold: number): number {
  return threshold > dirty ? 2 ** (Math.floor(Math.log2(threshold - dirty)) >> 1) : 1
}

/** pos_ratio_polynom: 1 at the setpoint, 0 at the limit, 2 at most. */
function polynom(setpoint: number, dirty: number, limit: number): number {
  const x = Math.trunc(((setpoint - dirty) * ONE) / ((limit - setpoint) | 1))
  let ratio = x
  ratio = Math.floor((ratio * x) / ONE)
  ratio = Math.floor((ratio * x) / ONE)
  return Math.min(Math.max(ratio + ONE, 0), 2 * ONE)
}
