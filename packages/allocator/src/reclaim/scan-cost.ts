/**
 * Scan cost: what it has cost lately to reclaim pages with and without a file, by lruvec (mm/swap.c, lru_note_cost, 6.1.192): those that
 * were written for it, and those that came back though they belonged to the working set.
 */

import { ACTIVE_FILE, INACTIVE_ANON } from './lru-counts.js'
import type { LruvecStats } from './lruvec-stats.js'

/** What is known: a copy. */
export type ScanCostState = Float64Array

/** The costs of all lruvecs. */
export class ScanCost {
  readonly #stats: LruvecStats
  /** By lruvec: of pages without a file, and of those with one. */
  readonly #costs: Float64Array

  /**
   * @internal
   * @param lruvecs how many there are
   */
  constructor(stats: LruvecStats, lruvecs: number) {
    this.#stats = stats
    this.#costs = new Float64Array(lruvecs * 2)
  }

  /** What pages without a file have cost. */
  anon(lruvec: number): number {
    return this.#costs[2 * lruvec] as number
  }

  /** What pages of files have cost. */
  file(lruvec: number): number {
    return this.#costs[2 * lruvec + 1] as number
  }

  /**
   * Notes a cost, to a group and all above it; old ones count half as soon as there are many.
   * @param lruvecs of the group and those above it, on the node
   */
  note(lruvecs: Iterable<number>, file: boolean, pages: number): void {
    if (pages === 0) return
    for (const lruvec of lruvecs) {
      const at = 2 * lruvec + (file ? 1 : 0)
      this.#costs[at] = (this.#costs[at] as number) + pages
      if (this.anon(lruvec) + this.file(lruvec) <= Math.floor(this.#sizeOf(lruvec) / 4)) continue
      this.#costs[2 * lruvec] = Math.floor(this.anon(lruvec) / 2)
      this.#costs[2 * lruvec + 1] = Math.floor(this.file(lruvec) / 2)
    }
  }

  /** What is known. */
  save(): ScanCostState {
    return this.#costs.slice()
  }

  /** Puts it back. */
  load(state: ScanCostState): void {
    this.#costs.set(state)
  }

  /** All pages of a group, and of those below it. */
  #sizeOf(lruvec: number): number {
    const group = this.#stats.groupOf(lruvec)
    const node = this.#stats.nodeOf(lruvec)
    let pages = 0
    for (let list = INACTIVE_ANON; list <= ACTIVE_FILE; list++) {
      pages += this.#stats.pages(group, node, list)
    }
    return pages
  }
}
