/** Numbers are written as Intl writes them. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { number } from '../../../src/report/form/numbers.js'

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
