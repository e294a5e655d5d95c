/** Ratelimit: lets so many messages of a kind through in a while, and says afterwards how many it has kept back (lib/ratelimit.c, ___ratelimit, 6.1.192). */
import type { Clock } from '@scopemask/checker/live'
import { SECOND } from '../time.js'

export class Ratelimit {
  readonly #clock: Clock
  readonly #name: string
  readonly #interval: number
  readonly #burst: number
  readonly #log: (text: string) => void
  #began = -1
  #printed = 0
  #missed = 0

  constructor(parts: {
    readonly clock: Clock
    /** The function whose messages they are. */
    readonly name: string
    readonly seconds: number
    /** How many get through in so many seconds. */
    readonly burst: number
    /** Is given what is said of those that did not. */
    readonly log: (text: string) => void
  }) {
    this.#clock = parts.clock
    this.#name = parts.name
    this.#interval = parts.seconds * SECOND
    this.#burst = parts.burst
    this.#log = parts.log
  }

  /** Returns true if a message gets through now. */
  allows(): boolean {
    const { now } = this.#clock
    if (this.#began < 0) this.#began = now
    if (now > this.#began + this.#interval) {
      if (this.#missed > 0) this.#log(`${this.#name}: ${this.#missed} callbacks suppressed`)
      this.#missed = 0
      this.#began = now
      this.#printed = 0
    }
    if (this.#printed < this.#burst) {
      this.#printed++
      return true
    }
    this.#missed++
    return false
  }
}
