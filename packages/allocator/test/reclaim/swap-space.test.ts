/** Swap space: slots, areas by priority, and what compressed memory takes. */
import { describe, expect, it } from 'vitest'
import { NO_SWAP_ENTRY, SwapSpace, Zram } from '../../src/index.js'

/** Which area the next so many slots come from. */
const areas = (swap: SwapSpace, count: number): number[] =>
  Array.from({ length: count }, () => Math.floor(swap.alloc() / 2 ** 32))

describe('swap space', () => {
  it('hands out slots one after the other, and those that come back last', () => {
    const swap = new SwapSpace([{ pages: 4 }])
    const first = swap.alloc()
    expect([first, swap.alloc()]).toEqual([0, 1])
    swap.release(first)
    expect([swap.alloc(), swap.alloc(), swap.alloc(), swap.alloc()]).toEqual([
      2,
      3,
      0,
      NO_SWAP_ENTRY,
    ])
    expect([swap.pages, swap.free]).toEqual([4, 0])
  })

  it('fills areas by priority, and those of one priority in turn', () => {
    const swap = new SwapSpace([
      { pages: 3 },
      { pages: 2, priority: 5 },
      { pages: 3 },
      { pages: 2 },
    ])
    expect(areas(swap, 10)).toEqual([1, 1, 0, 2, 3, 0, 2, 3, 0, 2])
    expect(swap.alloc()).toBe(NO_SWAP_ENTRY)
    swap.release(2 ** 32)
    expect(areas(swap, 2)).toEqual([1, -1])
  })

  it('in compressed memory is written to and read there', () => {
    let pages = 0
    const zram = new Zram(100, { alloc: () => pages++, free: () => pages-- })
    const swap = new SwapSpace([{ pages: 100, priority: 1, zram }, { pages: 10 }])
    const entries = Array.from({ length: 8 }, () => swap.alloc())
    for (const entry of entries) expect(swap.write(entry, entry % 2 === 0 ? 1001 : 3500)).toBe(true)
    // Four in a page, and four pages that hardly shrink.
    expect([swap.zramPages, pages]).toEqual([5, 5])
    for (const entry of entries) swap.read(entry)
    expect(zram.work.decompressions).toBe(4)
    expect(swap.isZram(entries[0] ?? -1)).toBe(true)
    for (const entry of entries) swap.release(entry)
    expect([swap.zramPages, pages]).toEqual([0, 0])
    expect(() => swap.write(0, 1)).toThrow('swap entry 0 is not in use')
  })

  it.each([
    ['of no pages', () => new SwapSpace([{ pages: 0 }]), 'a swap area has 1 page or more, not 0'],
    [
      'that is free already',
      () => new SwapSpace([{ pages: 2 }]).release(1),
      'swap entry 1 is not in use',
    ],
    ['of another area', () => new SwapSpace([{ pages: 2 }]).release(2 ** 33), 'is not in use'],
  ])('%s is an error', (_what, make, message) => {
    expect(make).toThrow(RangeError)
    expect(make).toThrow(message)
  })
})
