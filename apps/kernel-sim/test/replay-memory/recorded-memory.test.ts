/** The recording's own arithmetic, against a set of free pages. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RecordedMemory } from '../../src/replay-memory/recorded-memory.js'

const PAGES = 4096

/** How many blocks of each order a set of free pages makes: the largest that are aligned and free as a whole. */
function blocksOf(free: ReadonlySet<number>): number[] {
  const blocks = new Array<number>(11).fill(0)
  for (let page = 0; page < PAGES; ) {
    let order = 10
    const isFree = (size: number) => {
      for (let each = page; each < page + (1 << size); each++) if (!free.has(each)) return false
      return true
    }
    while (order >= 0 && ((page & ((1 << order) - 1)) !== 0 || !isFree(order))) order--
    if (order >= 0) blocks[order] = (blocks[order] ?? 0) + 1
    page += order < 0 ? 1 : 1 << order
  }
  return blocks
}

it('has the largest blocks that what is free can make', () => {
  const step = fc.record({ page: fc.nat(PAGES - 1), order: fc.nat(10) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const memory = new RecordedMemory(PAGES)
      const free = new Set<number>()
      for (const { page: anywhere, order } of steps) {
        const page = anywhere & -(1 << order)
        const pages = Array.from({ length: 1 << order }, (_, i) => page + i)
        const count = pages.filter((each) => free.has(each)).length
        if (count === 0) {
          memory.give(page, order)
          for (const each of pages) free.add(each)
        } else {
          expect(memory.take(page, order)).toBe(count === pages.length)
          if (count === pages.length) for (const each of pages) free.delete(each)
        }
        expect(memory.free).toBe(free.size)
        expect([...memory.blocks]).toEqual(blocksOf(free))
      }
    }),
    { numRuns: 60 },
  )
})
