/** Shrinker: a cache that gives objects back when memory is short (include/linux/shrinker.h; mm/vmscan.c, do_shrink_slab, 6.1.192). */

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
}

/** A cache that reclaim can ask for memory (struct shrinker of include/linux/shrinker.h, 6.1). */
export interface Shrinker {
  /** What it is called in reports. */
  readonly name: string
  /** What it costs to make an object again; by default 2. */
  readonly seeks?: number
  /** How many objects are scanned at once; by default 128. */
  readonly batch?: number
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

  constructor(shrinker: Shrinker, nodes: number) {
    this.shrinker = shrinker
    this.deferred = new Float64Array(nodes)
  }

  /** Asks for its share: the lower the priority number, the more. What it does not scan now is asked for again. */
  shrink(gfp: number, node: number, priority: number): Shrunk {
    const { shrinker } = this
    const freeable = shrinker.countObjects({ gfp, node, nrToScan: 0 })
    if (freeable <= 0) return NOTHING
    const { seeks = DEFAULT_SEEKS, batch = SHRINK_BATCH } = shrinker
    const deferred = this.deferred[node] as number
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
      const result = shrinker.scanObjects({ gfp, node, nrToScan })
      if (result === SHRINK_STOP) break
      freed += result
      scanned += nrToScan
      left -= nrToScan
    }
    this.deferred[node] = Math.min(Math.max(0, deferred + share - scanned), 2 * freeable)
    return { scanned, freed }
  }
}
