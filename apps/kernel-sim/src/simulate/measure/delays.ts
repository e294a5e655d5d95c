/**
 * Delays: for how long a task was kept from going on, by cause (the times of waiting of taskstats, and more of them). With its CPU time
 * and the time for which it slept of its own accord they are all of its life.
 */
import { WAIT_REASONS, WaitReason } from '../sched/wait-reason.js'

/** Causes, by the names under which results show them. */
export const DELAY_CAUSES = [
  'cpu',
  'reclaim',
  'throttle',
  'dirty',
  'journal',
  'lock',
  'read',
  'queue',
  'write',
] as const

export type DelayCause = (typeof DELAY_CAUSES)[number]

export interface Delay {
  readonly times: number
  /** ns, in all and the longest. */
  readonly total: number
  readonly longest: number
}

/** It is runnable, and others run (run_delay of schedstat). */
const CPU = WAIT_REASONS
/** It reclaims itself. Not a reason to wait: it runs meanwhile, or could. */
const RECLAIM = WAIT_REASONS + 1
const KINDS = WAIT_REASONS + 2

const KIND_OF: Readonly<Record<DelayCause, number>> = {
  cpu: CPU,
  reclaim: RECLAIM,
  throttle: WaitReason.THROTTLE,
  dirty: WaitReason.DIRTY,
  journal: WaitReason.JOURNAL,
  lock: WaitReason.LOCK,
  read: WaitReason.READ,
  queue: WaitReason.QUEUE,
  write: WaitReason.WRITE,
}

export class Delays {
  readonly #times = new Float64Array(KINDS)
  readonly #total = new Float64Array(KINDS)
  readonly #longest = new Float64Array(KINDS)

  /** It has waited for so long, ns, for a WaitReason. */
  waited(reason: number, time: number): void {
    this.#times[reason] = (this.#times[reason] as number) + 1
    this.#total[reason] = (this.#total[reason] as number) + time
    if (time > (this.#longest[reason] as number)) this.#longest[reason] = time
  }

  /** It has reclaimed for so long, without what reclaim made it wait. */
  reclaimed(time: number): void {
    this.waited(RECLAIM, time)
  }

  /** It was runnable for so long before it ran. */
  delayed(time: number): void {
    if (time > 0) this.waited(CPU, time)
  }

  /** For how long it has slept of its own accord, or waited for work, ns. */
  get slept(): number {
    return this.#total[WaitReason.NONE] as number
  }

  of(cause: DelayCause): Delay {
    const at = KIND_OF[cause]
    return {
      times: this.#times[at] as number,
      total: this.#total[at] as number,
      longest: this.#longest[at] as number,
    }
  }
}
