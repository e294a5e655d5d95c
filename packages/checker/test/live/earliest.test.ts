/** Earliest is what looking at all times says, whatever changes. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Earliest } from '../../src/run/earliest.js'

it('finds the first of equal times, and when the others are', () => {
  const time = fc.oneof(fc.nat(6), fc.constant(Number.POSITIVE_INFINITY))
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.tuple(fc.nat(8), time), { maxLength: 40 }),
      (count, changes) => {
        const times = new Array<number>(count).fill(Number.POSITIVE_INFINITY)
        const earliest = new Earliest(count)
        for (const [which, changed] of changes) {
          times[which % count] = changed
          earliest.set(which % count, changed)
          const least = Math.min(...times)
          const first = times.indexOf(least)
          expect(earliest.time).toBe(least)
          expect(earliest.at(which % count)).toBe(changed)
          expect(earliest.first()).toBe(first)
          expect(earliest.others).toBe(Math.min(...times.filter((_, at) => at !== first)))
        }
      },
    ),
  )
})
