/** Shrinker: a cache that gives objects back when memory is short (include/linux/shrinker.h; mm/vmscan.c, do_shrink_slab, 6.1.192). */

import type { MemCgroup } from '../memcg/mem-cgroup.js'

/** The scan cannot make progress now, most often because the request may not enter the filesystem. */
export const SHRINK_STOP = -1
/** What it costs to make an object again, in disk seeks, unless a shrinker says otherwise. */
const DEFAULT_SEEKS = 2
/** How many objects are scanned at once, unless a shrinker says otherwise. */
const SHRINK_BATCH = 128

/** What reclaim tells a shrinker. */
export interface ShrinkControl {
  /** The flags of the request, filtered by the scopes of the task: a shrinker asks them whether it may enter the filesystem. */
  readonly gfp: number
  /** The node whose objects are meant. */
  readonly node: number
  /** Objects. */
  readonly nrToScan: number
  /** The memory cgroup whose objects are meant, for a cache that knows of groups; the root for others. */
  readonly memcg?: MemCgroup
}

/** A cache that reclaim can ask for memory (struct shrinker of include/linux/shrinker.h, 6.1). */
export interface Shrinker {
  /** What it is called in reports. */
  readonly name: string
  /** What it costs to make an object again; by default 2. */
  readonly seeks?: number
  /** How many objects are scanned at once; by default 128. */
  readonly batch?: number
  /** It has objects of memory cgroups, and is asked for each group (SHRINKER_MEMCG_AWARE). By default it belongs to nobody. */
  readonly memcgAware?: boolean
  /** How many objects could be freed now. */
  countObjects(control: ShrinkControl): number
  /** Frees some of `nrToScan`; returns how many, or {@link SHRINK_STOP}. */
  scanObjects(control: ShrinkControl): number
}

/** How a shrinker did. */
export interface Shrunk {
  readonly scanned: number
  readonly freed: number
}

/** No object was asked for. */
const NOTHING: Shrunk = { scanned: 0, freed: 0 }

/** A shrinker, and what it could not scan so far. */
export class Shrinking {
  readonly shrinker: Shrinker
  /** By node: objects that it was asked for and has not scanned, since it might not, or had too few for a batch. */
  readonly deferred: Float64Array
  /** The same of memory cgroups, by group, then by node. */
  readonly #groups = new WeakMap<MemCgroup, Float64Array>()

  constructor(shrinker: Shrinker, nodes: number) {
    this.shrinker = shrinker
    this.deferred = new Float64Array(nodes)
  }

  /** Asks for its share: the lower the priority number, the more. What it does not scan now is asked for again. */
  shrink(gfp: number, node: number, priority: number, memcg?: MemCgroup): Shrunk {
    const { shrinker } = this
    const of = memcg === undefined ? {} : { memcg }
    const freeable = shrinker.countObjects({ gfp, node, nrToScan: 0, ...of })
    if (freeable <= 0) return NOTHING
    const { seeks = DEFAULT_SEEKS, batch = SHRINK_BATCH } = shrinker
    const postponed = this.#deferredOf(memcg)
    const deferred = postponed[node] as number
    // Those that cost nothing to make again lose half of them at once.
    const share =
      seeks === 0
        ? Math.floor(freeable / 2)
        : Math.floor((Math.floor(freeable / 2 ** priority) * 4) / seeks)
    let left = Math.min(Math.floor(deferred / 2 ** priority) + share, 2 * freeable)
    let scanned = 0
    let freed = 0
    while (left >= batch || left >= freeable) {
      const nrToScan = Math.min(batch, left)
      const result = shrinker.scanObjects({ gfp, node, nrToScan, ...of })
      if (result === SHRINK_STOP) break
      freed += result
      scanned += nrToScan
      left -= nrToScan
    }
    postponed[node] = Math.min(Math.max(0, deferred + share - scanned), 2 * freeable)
    return { scanned, freed }
  }

  #deferredOf(memcg: MemCgroup | undefined): Float64Array {
    if (memcg === undefined || memcg.parent === null) return this.deferred
    const known = this.#groups.get(memcg)
    if (known !== undefined) return known
    const made = new Float64Array(this.deferred.length)
    this.#groups.set(memcg, made)
    return made
  }
}
