import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Forecast } from '../src/search/forecast.js'

/** Levels that grow and shrink as those of searches do. */
function levelsOf(peak: number, width: number): number[] {
  const levels: number[] = []
  for (let depth = 0; depth < 8 * width; depth++) {
    const size = Math.round(peak * Math.exp(-((depth - 4 * width) ** 2) / (2 * width ** 2)))
    if (size > 0) levels.push(size)
  }
  return levels
}

describe('a forecast', () => {
  it('is near the number of states once a tenth of them is known, and rather below', () => {
    const shapes = fc.tuple(fc.integer({ min: 20_000, max: 1e6 }), fc.integer({ min: 3, max: 5 }))
    fc.assert(
      fc.property(shapes, ([peak, width]) => {
        const forecast = new Forecast()
        const levels = levelsOf(peak, width)
        const all = levels.reduce((sum, size) => sum + size)
        let total = 0
        for (const size of levels) {
          total += size
          const expected = forecast.next(size, total)
          if (total < all / 10 || total > all / 2) continue
          expect(expected).toBeGreaterThan(0.6 * all)
          expect(expected).toBeLessThan(1.1 * all)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('is none from few states, and none from a search before', () => {
    const forecast = new Forecast()
    expect([100, 200, 300].map((size) => forecast.next(size, 1_000))).toEqual([0, 0, 0])
    for (const size of [1_000, 2_000, 3_000, 4_000]) forecast.next(size, 10_000)
    expect(forecast.next(4_500, 14_500)).toBeGreaterThan(14_500)
    forecast.reset()
    expect([1_000, 2_000, 3_000].map((size) => forecast.next(size, 6_000))).toEqual([0, 0, 0])
  })
})
