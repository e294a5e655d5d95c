/**
 * Fallback comparison: what served allocations whose migratetype had no pages, in the kernel and in the model, allocation by allocation.
 */
import type { KernelFallback, KernelFallbacks } from './kernel-fallbacks.js'

/** Fallbacks of the model, by the migratetype that ran out and the one that gave. */
export interface FallbackCount {
  readonly wanted: number
  readonly from: number
  readonly count: number
  /** How many changed the migratetype of a whole pageblock. */
  readonly changed: number
}

/** The fallbacks that the kernel recorded (mm_page_alloc_extfrag), and how those of the model compare, allocation by allocation. */
export interface RecordedFallbacks {
  readonly counts: readonly FallbackCount[]
  /** Fallbacks whose allocation is not in the recording. */
  readonly unattributed: number
  /** Allocations for which both took from the same migratetype first. */
  readonly alike: number
  /** Those for which both took from another migratetype, but not from the same. */
  readonly otherwise: number
  readonly onlyKernel: number
  readonly onlyModel: number
}

/** No migratetype. */
const NO_TYPE = -1

export class FallbackComparison {
  readonly #kernel: KernelFallbacks
  readonly #model = new FallbackCounts()
  readonly #compared = { alike: 0, otherwise: 0, onlyKernel: 0, onlyModel: 0 }
  /** Of the allocation that is being served: the migratetype that gave first. */
  #gave = NO_TYPE

  constructor(kernel: KernelFallbacks) {
    this.#kernel = kernel
  }

  /** The model begins to serve an allocation. */
  begin(): void {
    this.#gave = NO_TYPE
  }

  /** The model fell back. */
  fellBack(fallback: KernelFallback): void {
    if (this.#gave === NO_TYPE) this.#gave = fallback.from
    this.#model.add(fallback)
  }

  /**
   * The model has served the allocation: holds what gave against what the kernel recorded.
   * @param place its place in the log
   */
  end(place: number): void {
    const [kernel] = this.#kernel.of(place)
    const compared = this.#compared
    if (kernel === undefined) {
      if (this.#gave !== NO_TYPE) compared.onlyModel++
    } else if (this.#gave === NO_TYPE) compared.onlyKernel++
    else if (this.#gave === kernel.from) compared.alike++
    else compared.otherwise++
  }

  /** Fallbacks of the model. */
  model(): readonly FallbackCount[] {
    return this.#model.counts()
  }

  /** Those of the kernel; null where the recording has none. */
  kernel(): RecordedFallbacks | null {
    const { all, unattributed } = this.#kernel
    if (all.length === 0) return null
    const counts = new FallbackCounts()
    for (const fallback of all) counts.add(fallback)
    return { counts: counts.counts(), unattributed, ...this.#compared }
  }
}

/** Counts fallbacks by the migratetypes of both sides. */
class FallbackCounts {
  readonly #counts = new Map<string, FallbackCount>()

  add({ wanted, from, changed }: KernelFallback): void {
    const key = `${wanted} ${from}`
    const before = this.#counts.get(key)
    this.#counts.set(key, {
      wanted,
      from,
      count: (before?.count ?? 0) + 1,
      changed: (before?.changed ?? 0) + (changed ? 1 : 0),
    })
  }

  /** The most frequent first. */
  counts(): readonly FallbackCount[] {
    return [...this.#counts.values()].sort((a, b) => b.count - a.count)
  }
}
