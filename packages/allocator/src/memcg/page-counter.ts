/** Page counter: pages that are charged, against a limit, in a hierarchy of counters (mm/page_counter.c, 6.1.192). */

/** No limit ("max"). */
export const NO_LIMIT: number = Number.MAX_SAFE_INTEGER

/** What a counter has counted, and its limits: a copy. */
export type PageCounterState = readonly [usage: number, watermark: number, failures: number]

/** Pages that are charged to a group and below it, in a hierarchy of counters (struct page_counter, 6.1). */
export class PageCounter {
  /** The counter above it; null for the root's. */
  readonly parent: PageCounter | null
  /** The hard limit, pages. */
  max = NO_LIMIT
  #min = 0
  #low = 0
  /** The most that was ever charged, or was about to be when a limit above was in the way (memory.peak). */
  watermark = 0
  /** How often the limit was in the way. */
  failures = 0
  /** Of what children protect whatever happens, as much as they use (children_min_usage). */
  childrenMin = 0
  /** Of what children protect as long as there is something else, as much as they use (children_low_usage). */
  childrenLow = 0
  #usage = 0
  #minUsage = 0
  #lowUsage = 0

  constructor(parent: PageCounter | null) {
    this.parent = parent
  }

  /** Pages that are charged, to this counter or below it. */
  get usage(): number {
    return this.#usage
  }

  /** Protected from reclaim whatever happens, pages. How the kernel distributes it: see protection.ts. */
  get min(): number {
    return this.#min
  }

  /** Sets it. */
  set min(pages: number) {
    this.#min = pages
    this.#propagate()
  }

  /** Protected from reclaim as long as there is something else, pages. */
  get low(): number {
    return this.#low
  }

  /** Sets it. */
  set low(pages: number) {
    this.#low = pages
    this.#propagate()
  }

  /** Pages that can still be charged (mem_cgroup_margin). */
  get margin(): number {
    return Math.max(0, this.max - this.#usage)
  }

  /**
   * Charges pages here and all the way up, unless a limit is in the way (page_counter_try_charge).
   * @returns the counter whose limit it is: then nothing has been charged
   */
  tryCharge(pages: number): PageCounter | null {
    for (let counter: PageCounter | null = this; counter !== null; counter = counter.parent) {
      const usage = counter.#usage + pages
      if (usage > counter.max) {
        counter.failures++
        return counter
      }
      // The kernel charges on its way up, and takes that back when it meets the limit: the peak has seen it.
      if (usage > counter.watermark) counter.watermark = usage
    }
    this.charge(pages)
    return null
  }

  /** Charges pages, whatever the limits (page_counter_charge). */
  charge(pages: number): void {
    for (let counter: PageCounter | null = this; counter !== null; counter = counter.parent) {
      counter.#usage += pages
      if (counter.#usage > counter.watermark) counter.watermark = counter.#usage
      counter.#propagate()
    }
  }

  /** Takes a charge back (page_counter_uncharge). */
  uncharge(pages: number): void {
    for (let counter: PageCounter | null = this; counter !== null; counter = counter.parent) {
      counter.#usage -= pages
      counter.#propagate()
    }
  }

  /** What has been counted: a copy. */
  save(): PageCounterState {
    return [this.#usage, this.watermark, this.failures]
  }

  /** Puts it back. */
  load([usage, watermark, failures]: PageCounterState): void {
    this.#usage = usage
    this.watermark = watermark
    this.failures = failures
    this.#propagate()
  }

  /** The parent knows how much of what its children protect is in use (propagate_protected_usage). */
  #propagate(): void {
    const { parent } = this
    if (parent === null) return
    const min = Math.min(this.#usage, this.#min)
    parent.childrenMin += min - this.#minUsage
    this.#minUsage = min
    const low = Math.min(this.#usage, this.#low)
    parent.childrenLow += low - this.#lowUsage
    this.#lowUsage = low
  }
}
