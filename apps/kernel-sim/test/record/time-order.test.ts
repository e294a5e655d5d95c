import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimeOrder } from '../../src/record/time-order.js'

/** What comes out, in times. */
function ordered(times: readonly number[], limit?: number): number[] {
  const out: number[] = []
  const order = new TimeOrder((line) => out.push(Number(line)), limit)
  for (const time of times) order.add(time, String(time))
  order.end()
  return out
}

describe('the order of time', () => {
  it('is that of sorting, as long as nothing is later than two seconds', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1.9e9 })), (times) => {
        expect(ordered(times)).toEqual([...times].sort((a, b) => a - b))
      }),
    )
  })

  it('keeps the order of what happened at the same time', () => {
    const out: string[] = []
    const order = new TimeOrder((line) => out.push(line))
    for (const line of ['a', 'b', 'c', 'd', 'e']) order.add(7, line)
    order.end()
    expect(out).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('loses and invents nothing when it holds only a few, or what comes is very late', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1e12 })),
        fc.integer({ min: 0, max: 5 }),
        (times, limit) => {
          expect(ordered(times, limit).sort()).toEqual([...times].sort())
        },
      ),
    )
  })

  it('holds no more than it may', () => {
    const out: string[] = []
    const order = new TimeOrder((line) => out.push(line), 2)
    for (const time of [3, 1, 2]) order.add(time, String(time))
    expect(out).toEqual(['1'])
  })

  it('lets go of what is two seconds old', () => {
    const out: string[] = []
    const order = new TimeOrder((line) => out.push(line))
    order.add(0, 'old')
    order.add(2e9, 'now')
    expect(out).toEqual([])
    order.add(2e9 + 1, 'later')
    expect(out).toEqual(['old'])
  })
})
