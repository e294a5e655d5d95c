/** Numbers are written as Intl writes them, and shares to the nearest tenth. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { number, percent } from '../../../src/report/form/numbers.js'

it('a number is written as in English texts', () => {
  const format = new Intl.NumberFormat('en-US')
  const any = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.nat(99_999), fc.double())
  fc.assert(
    fc.property(any, (value) => {
      // Minus zero is shown as zero.
      expect(number(value)).toBe(format.format(value === 0 ? 0 : value))
    }),
  )
})

it('a share is the nearest tenth of a percent, and never 0 % or 100 % where it is not', () => {
  expect([
    percent(17_908, 22_147),
    percent(9996, 10_000),
    percent(4, 10_000),
    percent(5, 10_000),
    percent(9994, 10_000),
    percent(3, 3),
    percent(0, 3),
    percent(0, 0),
  ]).toEqual(['80.9 %', '> 99.9 %', '< 0.1 %', '0.1 %', '99.9 %', '100 %', '0 %', '-'])
  const shares = fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => [Math.min(a, b), Math.max(a, b)])
  fc.assert(
    fc.property(shares, ([part = 0, whole = 0]) => {
      const said = percent(part, whole)
      if (whole === 0) return
      const exact = (100 * part) / whole
      expect(said === '100 %').toBe(part === whole)
      expect(said === '0 %').toBe(part === 0)
      if (said === '< 0.1 %') expect(exact).toBeLessThan(0.05)
      else if (said === '> 99.9 %') expect(exact).toBeGreaterThanOrEqual(99.95)
      else expect(Math.abs(Number.parseFloat(said) - exact)).toBeLessThanOrEqual(0.0500001)
    }),
  )
})
