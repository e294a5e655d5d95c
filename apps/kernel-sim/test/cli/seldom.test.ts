import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Seldom } from '../../src/cli/seldom.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** When something is done in so many ms, which is asked for each ms and takes some. */
function timesOf(seldom: Seldom, takes: number, all: number): number[] {
  const times: number[] = []
  for (let now = 0; now < all; now++) {
    if (seldom.isDue) {
      times.push(performance.now())
      seldom.do(() => void vi.advanceTimersByTime(takes))
    }
    vi.advanceTimersByTime(1)
  }
  return times
}

describe('what is done seldom', () => {
  it('is done at once, and takes no more than a fiftieth of the time', () => {
    const times = timesOf(new Seldom(), 4, 2_000)
    expect(times[0]).toBe(0)
    expect(times.slice(1).map((time, at) => time - (times[at] as number))).toEqual(
      times.slice(1).map(() => 4 + 201),
    )
    expect(times.length).toBeGreaterThan(5)
  })

  it('is done as often as was asked for', () => {
    const times = timesOf(new Seldom(0.1), 4, 1_000)
    expect(times[1]).toBe(4 + 101)
    expect(times.length).toBeGreaterThan(5)
  })
})
