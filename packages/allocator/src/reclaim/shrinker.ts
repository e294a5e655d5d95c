/** Shrinker: a cache that gives objects back when memory is short (include/linux/shrinker.h; mm/vmscan.c, do_shrink_slab, 6.1). */

/** The scan cannot make progress now, most often because the request may not enter the filesystem. */
export const SHRINK_STOP = -1
/** What it costs to make an object again, in disk seeks, unless a shrinker says otherwise. */
const DEFAULT_SEEKS = 2
/** How many objects are scanned at once. */
const SHRINK_BATCH = 128

/** What reclaim tells a shrinker. */
export interface ShrinkControl {
  /** The flags of the request, filtered by the scopes of the task: a shrinker asks them whether it may enter the filesystem. */
  readonly gfp: number
  readonly node: number
  /** Objects. */
  readonly nrToScan: number
}

export interface Shrinker {
  readonly name: string
  /** What it costs to make an object again; by default 2. */
  readonly seeks?: number
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

/** Asks a shrinker for its share: the lower the priority number, the more. */
export function shrink(shrinker: Shrinker, gfp: number, node: number, priority: number): Shrunk {
  const freeable = shrinker.countObjects({ gfp, node, nrToScan: 0 })
  if (freeable <= 0) return { scanned: 0, freed: 0 }
  const { seeks = DEFAULT_SEEKS } = shrinker
  // Those that cost nothing to make again lose half of them at once.
  const share =
    seeks === 0
      ? Math.floor(freeable / 2)
      : Math.floor((Math.floor(freeable / 2 ** priority) * 4) / seeks)
  let left = Math.min(share, 2 * freeable)
  let scanned = 0
  let freed = 0
  while (left >= SHRINK_BATCH || (left > 0 && left >= freeable)) {
    const nrToScan = Math.min(SHRINK_BATCH, left)
    const result = shrinker.scanObjects({ gfp, node, nrToScan })
    if (result === SHRINK_STOP) break
    freed += result
    scanned += nrToScan
    left -= nrToScan
  }
  return { scanned, freed }
}
