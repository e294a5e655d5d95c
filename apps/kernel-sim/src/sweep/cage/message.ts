/** Message: what goes between a cage and who started it, beside jobs, which travel in core's envelopes. */
import type { Outcome } from '../job.js'

/** From the cage: it can be asked now. */
export interface Ready {
  readonly ready: true
}

/** From the cage: what became of a job. */
export interface Answer {
  readonly id: string
  readonly outcome: Outcome
  /** How long it took. */
  readonly seconds: number
}
