/** Message: what goes between a cage and who started it. Jobs travel in core's envelopes. */
import type { Job, Outcome } from '../job.js'

/** To the cage, in an envelope: jobs to do, one after the other. */
export interface Asked {
  readonly jobs: readonly Job[]
  /** True if each step of a scenario's code is watched. Otherwise whoever asks watches over the process while it says nothing. */
  readonly isWatched: boolean
}

/** To the cage: what comes after this job, and has not begun, is done by others. */
export interface Forget {
  readonly forgetAfter: string
}

/** From the cage: it can be asked now. */
export interface Ready {
  readonly ready: true
}

/** From the cage: a job is not a short one, and watched from now on. */
export interface Long {
  readonly id: string
}

/** From the cage: what became of a job. */
export interface Answer {
  readonly id: string
  readonly outcome: Outcome
  /** How long it took. */
  readonly seconds: number
}
