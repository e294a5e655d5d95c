/** How much a shrinker is asked for, by do_shrink_slab's rules. */
import { describe, expect, it } from 'vitest'
import { GFP_NOFS } from '../../src/gfp/flags.js'
import {
  SHRINK_STOP,
  type ShrinkControl,
  type Shrinker,
  Shrinking,
} from '../../src/reclaim/shrinker.js'

const shrink = (shrinker: Shrinker, gfp: number, node: number, priority: number) =>
  new Shrinking(shrinker, 2).shrink(gfp, node, priority)

/** A cache of so many objects that gives back what it is asked for, or what `scan` says. */
function cache(objects: number, seeks?: number, scan?: (control: ShrinkControl) => number) {
  const asked: number[] = []
  let left = objects
  return {
    asked,
    shrinker: {
      name: 'cache',
      ...(seeks === undefined ? {} : { seeks }),
      countObjects: () => left,
      scanObjects(control: ShrinkControl) {
        asked.push(control.nrToScan)
        expect(control).toMatchObject({ gfp: GFP_NOFS, node: 1 })
        const freed = scan?.(control) ?? control.nrToScan
        left -= Math.max(0, freed)
        return freed
      },
    },
  }
}

describe('a shrinker', () => {
  it('is asked for more the lower the priority is, 128 objects at once', () => {
    const { shrinker, asked } = cache(100_000)
    // 100,000 / 2^9, times 4, divided by 2 seeks: 390; what is left over of the batches is left.
    expect(shrink(shrinker, GFP_NOFS, 1, 9)).toEqual({ scanned: 384, freed: 384 })
    expect(asked).toEqual([128, 128, 128])
  })

  it('is asked for less if its objects are dear', () => {
    expect(shrink(cache(100_000, 8).shrinker, GFP_NOFS, 1, 8).scanned).toBe(128)
    expect(shrink(cache(100_000, 2).shrinker, GFP_NOFS, 1, 8).scanned).toBe(768)
  })

  it('is asked for half of what costs nothing to make again', () => {
    expect(shrink(cache(1024, 0).shrinker, GFP_NOFS, 1, 12).scanned).toBe(512)
  })

  it('is asked twice for all objects at most', () => {
    const { shrinker, asked } = cache(50, 1, () => 0)
    expect(shrink(shrinker, GFP_NOFS, 1, 0)).toEqual({ scanned: 100, freed: 0 })
    expect(asked).toEqual([100])
  })

  it('is asked for nothing when it has nothing, or too little for the priority', () => {
    const empty = cache(0)
    expect(shrink(empty.shrinker, GFP_NOFS, 1, 0)).toEqual({ scanned: 0, freed: 0 })
    const small = cache(1000)
    expect(shrink(small.shrinker, GFP_NOFS, 1, 12)).toEqual({ scanned: 0, freed: 0 })
    expect([...empty.asked, ...small.asked]).toEqual([])
  })

  it('can stop', () => {
    const { shrinker, asked } = cache(100_000, 2, () => SHRINK_STOP)
    expect(shrink(shrinker, GFP_NOFS, 1, 8)).toEqual({ scanned: 0, freed: 0 })
    expect(asked).toEqual([128])
  })

  it('is asked later for what it did not scan', () => {
    const { shrinker, asked } = cache(1000)
    const shrinking = new Shrinking(shrinker, 2)
    // Two objects of a thousand each time: too few for a batch until they are 128, less what the priority leaves of them.
    expect(shrinking.shrink(GFP_NOFS, 1, 10)).toEqual({ scanned: 0, freed: 0 })
    for (let i = 0; i < 9; i++) shrinking.shrink(GFP_NOFS, 1, 3)
    expect(asked.length).toBeGreaterThan(0)
    const refused = cache(100_000, 2, () => SHRINK_STOP)
    const later = new Shrinking(refused.shrinker, 2)
    later.shrink(GFP_NOFS, 1, 8)
    expect(later.deferred[1]).toBe(780)
    expect(later.deferred[0]).toBe(0)
  })
})
