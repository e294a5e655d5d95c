/**
 * Kernel fallbacks: the events mm_page_alloc_extfrag of a recording, by the allocation that they were made for: the next one of the same
 * task. A CPU fetches pages in batches, so one allocation may have several.
 */
import type { ExtfragEvent } from '../trace/event.js'

/** One of them, as far as it is compared. */
export interface KernelFallback {
  /** The migratetype that was wanted. */
  readonly wanted: number
  /** The migratetype that gave. */
  readonly from: number
  /** The whole pageblock was turned over. */
  readonly changed: boolean
}

export class KernelFallbacks {
  /** All of them. */
  readonly all: KernelFallback[] = []
  /** Those of an allocation, by its place in the log. */
  readonly #of = new Map<number, KernelFallback[]>()
  /** Those whose allocation is still to come, by task. */
  readonly #pending = new Map<number, KernelFallback[]>()

  add(event: ExtfragEvent): void {
    const { pid, allocMigratetype: wanted, fallbackMigratetype: from } = event
    const fallback = { wanted, from, changed: event.changeOwnership }
    this.all.push(fallback)
    const pending = this.#pending.get(pid)
    if (pending === undefined) this.#pending.set(pid, [fallback])
    else pending.push(fallback)
  }

  /** A task has allocated: what it fell back to before was for that. */
  allocated(pid: number, place: number): void {
    const pending = this.#pending.get(pid)
    if (pending === undefined) return
    this.#pending.delete(pid)
    this.#of.set(place, pending)
  }

  /** Those of an allocation, the first first. */
  of(place: number): readonly KernelFallback[] {
    return this.#of.get(place) ?? NONE
  }

  /** Those whose allocation is not in the recording. */
  get unattributed(): number {
    let count = 0
    for (const pending of this.#pending.values()) count += pending.length
    return count
  }
}

const NONE: readonly KernelFallback[] = []
