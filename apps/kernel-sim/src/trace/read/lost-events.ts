/**
 * Lost events: what a recording is missing, by the recorder's own account, because its buffers were full. A gap
 * is a place where events are missing; often their number is known, sometimes only that there are some.
 */

/** What is missing of one CPU. */
export interface LostOnCpu {
  readonly cpu: number
  /** Events, as far as gaps come with a number. */
  readonly events: number
  readonly gaps: number
  /** Gaps of which nobody knows how many events are missing. */
  readonly uncounted: number
}

/** No machine has more CPUs. What is said of further ones counts in the sum only. */
const CPUS = 8192

export class LostEvents {
  readonly #cpus = new Map<number, { events: number; gaps: number; uncounted: number }>()
  #events = 0
  #gaps = 0
  #uncounted = 0

  /** Events, as far as gaps come with a number. */
  get events(): number {
    return this.#events
  }

  get gaps(): number {
    return this.#gaps
  }

  /** Gaps of which nobody knows how many events are missing. */
  get uncounted(): number {
    return this.#uncounted
  }

  /**
   * Events are missing.
   * @param events how many; undefined where nobody knows.
   * @param cpu whose; undefined where the recording does not say.
   */
  add(events: number | undefined, cpu?: number): void {
    this.#events += events ?? 0
    this.#gaps++
    if (events === undefined) this.#uncounted++
    if (cpu === undefined) return
    let sum = this.#cpus.get(cpu)
    if (sum === undefined) {
      if (this.#cpus.size === CPUS) return
      this.#cpus.set(cpu, (sum = { events: 0, gaps: 0, uncounted: 0 }))
    }
    sum.gaps++
    if (events === undefined) sum.uncounted++
    else sum.events += events
  }

  byCpu(): LostOnCpu[] {
    return [...this.#cpus].map(([cpu, sum]) => ({ cpu, ...sum })).sort((a, b) => a.cpu - b.cpu)
  }
}
