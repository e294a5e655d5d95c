/** Unexplained reports by their titles: how many there are of each, and where the first stands. Numbers in a title do not tell two apart. */
import type { UnexplainedFound } from './report.js'

/** So many titles are told apart; the rest is counted together. */
const MOST = 256
/** A title is shown so far. */
const LONGEST = 120

export interface UnexplainedReports {
  /** What it is, in words. */
  readonly sort: string
  /** As the first of them says it. */
  readonly title: string
  readonly count: number
  readonly first: number
}

export class UnexplainedCounter {
  readonly #counts = new Map<
    string,
    { -readonly [key in keyof UnexplainedReports]: UnexplainedReports[key] }
  >()

  add({ sort, title, first }: UnexplainedFound): void {
    const key = title.replace(/\d+|\b[\da-f]{8,}\b/g, 'N')
    const known = this.#counts.get(key) ?? this.#counts.get(this.#isFull() ? '' : key)
    if (known !== undefined) known.count++
    else if (this.#isFull())
      this.#counts.set('', { sort: 'others', title: '(others)', count: 1, first })
    else this.#counts.set(key, { sort, title: title.slice(0, LONGEST), count: 1, first })
  }

  /** In the order of the log. */
  counts(): UnexplainedReports[] {
    return [...this.#counts.values()].map((each) => ({ ...each }))
  }

  #isFull(): boolean {
    return this.#counts.size >= MOST
  }
}
