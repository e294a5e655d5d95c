/** The buddy system against a model that only knows which pages are in use, with its invariants proved all along. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ALLOC_NOFRAGMENT,
  Buddy,
  type FallbackEvent,
  MIGRATE_HIGHATOMIC,
  MIGRATE_MOVABLE,
  MIGRATE_RECLAIMABLE,
  MIGRATE_UNMOVABLE,
  NO_PAGE,
  PageError,
} from '../../src/index.js'
import { Kind } from '../../src/pages/page-frames.js'

/** A generator of numbers below a limit: the same for a seed. */
function random(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

const saved = (buddy: Buddy) => ({ frames: buddy.frames.save(), buddy: buddy.save() })

describe('a zone', () => {
  it('begins with the largest blocks that fit, all free', () => {
    const buddy = new Buddy(1024 + 512 + 3)
    buddy.validate()
    expect(buddy.freePages).toBe(1539)
    expect([10, 9, 1, 0].map((order) => buddy.freeBlocks(order))).toEqual([1, 1, 1, 1])
  })

  it.each([0, -1, 1.5, Number.NaN, 2 ** 31])('has no %s pages', (pages) => {
    expect(() => new Buddy(pages)).toThrow(RangeError)
  })
})

describe('allocating', () => {
  it('splits a block, and freeing merges it again', () => {
    const buddy = new Buddy(1024)
    const page = buddy.alloc(0, MIGRATE_MOVABLE)
    expect(page).toBe(0)
    expect([0, 1, 9, 10].map((order) => buddy.freeBlocks(order))).toEqual([1, 1, 1, 0])
    buddy.free(page, 0)
    expect(buddy.freeBlocks(10)).toBe(1)
    buddy.validate()
  })

  it('says when there is no block', () => {
    const buddy = new Buddy(4)
    expect(buddy.alloc(3, MIGRATE_MOVABLE)).toBe(NO_PAGE)
    expect(buddy.alloc(2, MIGRATE_MOVABLE)).toBe(0)
    expect(buddy.alloc(0, MIGRATE_MOVABLE)).toBe(NO_PAGE)
  })

  it('turns a whole pageblock over to another migratetype', () => {
    const buddy = new Buddy(1024)
    const events: FallbackEvent[] = []
    buddy.onFallback = (event) => events.push(event)
    buddy.alloc(0, MIGRATE_UNMOVABLE)
    expect(events).toEqual([
      {
        page: 0,
        order: 0,
        found: 10,
        wanted: MIGRATE_UNMOVABLE,
        from: MIGRATE_MOVABLE,
        changed: true,
      },
    ])
    expect(buddy.pageblockMigratetype(0)).toBe(MIGRATE_UNMOVABLE)
    expect(buddy.lists(9)).toBe(1 << MIGRATE_UNMOVABLE)
    buddy.validate()
  })

  it.each([
    ['mostly free', 255, true, true],
    ['in use by pages that can move', 257, true, false],
    ['in use by pages that stay', 257, false, true],
  ])('asks what a pageblock is full of: %s', (_what, used, movable, changed) => {
    const buddy = new Buddy(512)
    for (let i = 0; i < used; i++) {
      const page = buddy.alloc(0, MIGRATE_MOVABLE)
      if (movable) buddy.frames.state[page] = Kind.LRU
    }
    const events: FallbackEvent[] = []
    buddy.onFallback = (event) => events.push(event)
    buddy.alloc(0, MIGRATE_RECLAIMABLE)
    expect(events.map((event) => event.changed)).toEqual([changed])
    buddy.validate()
  })

  it('lets a movable request take the smallest block of others, which it will not keep', () => {
    const buddy = new Buddy(8)
    buddy.alloc(0, MIGRATE_UNMOVABLE)
    const events: FallbackEvent[] = []
    buddy.onFallback = (event) => events.push(event)
    expect(buddy.alloc(0, MIGRATE_MOVABLE)).toBe(1)
    expect(events).toMatchObject([{ found: 0, changed: false }])
    buddy.validate()
  })

  it('does not break up pageblocks of others with ALLOC_NOFRAGMENT', () => {
    const buddy = new Buddy(256)
    expect(buddy.alloc(0, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT)).toBe(NO_PAGE)
    expect(buddy.alloc(0, MIGRATE_UNMOVABLE)).toBe(0)
  })

  it('leaves what is reserved for atomic requests alone', () => {
    const buddy = new Buddy(512)
    buddy.setPageblockMigratetype(0, MIGRATE_HIGHATOMIC)
    const page = buddy.alloc(9, MIGRATE_MOVABLE)
    buddy.free(page, 9)
    expect(buddy.lists(9)).toBe(1 << MIGRATE_HIGHATOMIC)
    expect(buddy.alloc(0, MIGRATE_MOVABLE)).toBe(NO_PAGE)
    expect(buddy.alloc(0, MIGRATE_HIGHATOMIC)).toBe(0)
  })
})

describe('freeing', () => {
  it.each<[string, (buddy: Buddy) => [page: number, order: number], RegExp]>([
    ['twice', () => [1, 0], /page 1 .* freed twice/],
    ['with a wrong order', () => [0, 3], /order 3 was allocated with order 0/],
    ['a page of elsewhere', () => [1024, 0], /page 1024 .* not in this zone/],
    ['a page before the zone', () => [-1, 0], /page -1 .* not in this zone/],
    ['half a page', () => [0.5, 0], /page 0.5 .* not in this zone/],
    ['no order', () => [0, 11], /orders are 0 to 10/],
    ['an order that looks like another state', () => [0, 32], /orders are 0 to 10/],
    [
      'an order below 0',
      (buddy) => [buddy.alloc(4, MIGRATE_MOVABLE) + 16, -12],
      /orders are 0 to 10/,
    ],
    ['half an order', () => [0, 0.5], /orders are 0 to 10/],
    ['a page inside a free block', () => [3, 0], /page 3 .* free already/],
    [
      'a page inside a block in use',
      (buddy) => [buddy.alloc(4, MIGRATE_MOVABLE) + 1, 0],
      /inside a block that begins with page/,
    ],
  ])('%s is an error that says so, and changes nothing', (_what, wrong, message) => {
    const buddy = new Buddy(1024)
    buddy.alloc(0, MIGRATE_MOVABLE)
    const [page, order] = wrong(buddy)
    const before = saved(buddy)
    expect(() => buddy.free(page, order)).toThrow(PageError)
    expect(() => buddy.free(page, order)).toThrow(message)
    expect(saved(buddy)).toEqual(before)
  })
})

describe('a block that is freed', () => {
  /** Takes all of a zone in single pages. */
  function taken(pages: number): Buddy {
    const buddy = new Buddy(pages)
    while (buddy.allocSmallest(0, MIGRATE_MOVABLE) !== NO_PAGE) {}
    return buddy
  }

  it('is the first to be used again', () => {
    const buddy = taken(1024)
    for (const page of [8, 16, 24]) buddy.free(page, 0)
    expect([0, 0, 0].map(() => buddy.allocSmallest(0, MIGRATE_MOVABLE))).toEqual([24, 16, 8])
  })

  it('is the last, when the block that it would merge into has a free buddy', () => {
    const buddy = taken(1024)
    buddy.free(16, 0)
    // 8 and 9 would merge, and then with 10 and 11, which are free.
    buddy.free(10, 0)
    buddy.free(11, 0)
    buddy.free(8, 0)
    expect(buddy.allocSmallest(0, MIGRATE_MOVABLE)).toBe(16)
    expect(buddy.allocSmallest(0, MIGRATE_MOVABLE)).toBe(8)
  })

  it('is not kept for blocks that cannot merge further', () => {
    const buddy = new Buddy(4096)
    const blocks: number[] = []
    for (let i = 0; i < 8; i++) blocks.push(buddy.allocSmallest(9, MIGRATE_MOVABLE))
    const [a = 0, b = 0, c = 0] = [0, 1024, 2048]
    expect(blocks).toContain(a)
    for (const block of [c, c + 512, b, a]) buddy.free(block, 9)
    expect(buddy.allocSmallest(9, MIGRATE_MOVABLE)).toBe(a)
  })

  it('takes its buddy to the lists of its own migratetype, when two pageblocks merge', () => {
    for (const [first, second] of [
      [0, 512],
      [512, 0],
    ] as const) {
      const buddy = new Buddy(1024)
      expect(buddy.allocSmallest(9, MIGRATE_MOVABLE)).toBeGreaterThanOrEqual(0)
      expect(buddy.allocSmallest(9, MIGRATE_MOVABLE)).toBeGreaterThanOrEqual(0)
      buddy.setPageblockMigratetype(0, MIGRATE_UNMOVABLE)
      buddy.free(first, 9)
      buddy.free(second, 9)
      const type = second === 0 ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE
      expect([
        buddy.firstFree(10, MIGRATE_UNMOVABLE),
        buddy.firstFree(10, MIGRATE_MOVABLE),
      ]).toEqual(type === MIGRATE_UNMOVABLE ? [0, NO_PAGE] : [NO_PAGE, 0])
      buddy.validate()
    }
  })
})

describe('any sequence', () => {
  it('keeps the invariants, step by step', () => {
    const operation = fc.record({
      order: fc.integer({ min: 0, max: 10 }),
      migratetype: fc.integer({ min: 0, max: 3 }),
      flags: fc.constantFrom(0, ALLOC_NOFRAGMENT),
      free: fc.option(fc.nat(), { freq: 2 }),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.array(operation, { maxLength: 60 }),
        (pages, operations) => {
          const buddy = new Buddy(pages)
          const used: { page: number; order: number }[] = []
          for (const { order, migratetype, flags, free } of operations) {
            if (free !== null && used.length > 0) {
              const [block] = used.splice(free % used.length, 1) as [
                { page: number; order: number },
              ]
              buddy.free(block.page, block.order)
            } else {
              const page = buddy.alloc(order, migratetype, flags)
              if (page !== NO_PAGE) used.push({ page, order })
            }
            buddy.validate()
            const inUse = used.reduce((sum, block) => sum + (1 << block.order), 0)
            expect(buddy.freePages).toBe(pages - inUse)
          }
          for (const { page, order } of used) buddy.free(page, order)
          buddy.validate()
          expect(buddy.freePages).toBe(pages)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('of a million steps hands no page out twice, and a snapshot brings everything back', () => {
    const pages = 1 << 15
    const next = random(20160427)
    const buddy = new Buddy(pages)
    const inUse = new Uint8Array(pages)
    const blocks: number[] = []
    let snapshot = saved(buddy)
    for (let step = 0; step < 1_000_000; step++) {
      if (blocks.length > 0 && next(100) < 49) {
        const index = next(blocks.length)
        const page = blocks[index] as number
        const last = blocks.pop() as number
        if (index < blocks.length) blocks[index] = last
        const order = buddy.allocatedOrder(page)
        inUse.fill(0, page, page + (1 << order))
        buddy.free(page, order)
      } else {
        const roll = next(100)
        const order = roll < 80 ? 0 : roll < 95 ? 1 + next(3) : 4 + next(6)
        const page = buddy.alloc(order, next(3))
        if (page === NO_PAGE) continue
        for (let at = page; at < page + (1 << order); at++) {
          if (inUse[at] !== 0) throw new Error(`page ${at} was handed out twice`)
          inUse[at] = 1
        }
        blocks.push(page)
      }
      if (step % 50_000 === 0) buddy.validate()
      if (step === 500_000) snapshot = saved(buddy)
    }
    buddy.validate()
    expect(buddy.freePages).toBe(inUse.reduce((free, used) => free - used, pages))

    buddy.frames.load(snapshot.frames)
    buddy.load(snapshot.buddy)
    buddy.validate()
    expect(saved(buddy)).toEqual(snapshot)
    expect(() => new Buddy(7).frames.load(snapshot.frames)).toThrow(RangeError)
  })
})
