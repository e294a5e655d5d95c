/**
 * Allocation latency: how long requests for memory took, by what they may do for it. A request that finds its page on the free lists at
 * once takes no time of its own: what it costs the CPU is part of the operation that asks.
 */
import {
  __GFP_DIRECT_RECLAIM,
  __GFP_FS,
  __GFP_IO,
  __GFP_MOVABLE,
  currentGfpContext,
} from '@scopemask/allocator'
import { Histogram } from './histogram.js'

/** Classes of requests, once the scopes of their task have been heard: by what reclaim may do for them. */
export const GFP_CLASSES = [
  'GFP_NOWAIT',
  'GFP_NOIO',
  'GFP_NOFS',
  'GFP_KERNEL',
  'GFP_HIGHUSER_MOVABLE',
] as const

export type GfpClass = (typeof GFP_CLASSES)[number]

/** Buckets of an octave: a quantile is off by 0.4 % at most. */
const PER_OCTAVE = 128

/** The class of a request, by its number in GFP_CLASSES. @param mask the scopes of the task */
export function gfpClassOf(mask: number, gfp: number): number {
  const allowed = currentGfpContext(mask, gfp)
  if ((allowed & __GFP_DIRECT_RECLAIM) === 0) return 0
  if ((allowed & __GFP_IO) === 0) return 1
  if ((allowed & __GFP_FS) === 0) return 2
  return (allowed & __GFP_MOVABLE) === 0 ? 3 : 4
}

/** The requests of one task. */
export class AllocLatency {
  /** By class: those served at once. */
  readonly #fast = new Float64Array(GFP_CLASSES.length)
  readonly #slow: (Histogram | null)[] = GFP_CLASSES.map(() => null)

  /** @param time ns; 0 for a request that was served at once */
  add(gfpClass: number, time: number): void {
    if (time === 0) {
      this.#fast[gfpClass] = (this.#fast[gfpClass] as number) + 1
      return
    }
    let slow = this.#slow[gfpClass] ?? null
    if (slow === null) {
      slow = new Histogram(PER_OCTAVE)
      this.#slow[gfpClass] = slow
    }
    slow.add(time)
  }

  /** Those of a class. */
  of(gfpClass: GfpClass): LatencyOfClass {
    const at = GFP_CLASSES.indexOf(gfpClass)
    return new LatencyOfClass(this.#fast[at] as number, this.#slow[at] ?? new Histogram(PER_OCTAVE))
  }
}

/** What is known of the requests of a class. Times are ns. */
export class LatencyOfClass {
  /** Served at once. */
  readonly fast: number
  /** The others. */
  readonly slow: Histogram

  constructor(fast: number, slow: Histogram) {
    this.fast = fast
    this.slow = slow
  }

  get count(): number {
    return this.fast + this.slow.count
  }

  get max(): number {
    return this.slow.max
  }

  /** The latency that this share of all requests does not exceed. */
  quantile(share: number): number {
    const wanted = share * this.count - this.fast
    return wanted <= 0 ? 0 : this.slow.quantile(wanted / this.slow.count)
  }
}
