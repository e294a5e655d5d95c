/** Contiguous ranges: what is moved away for them, what is in the way, what a scope changes, and that nothing is lost when it fails. */

import { Task } from '@scopemask/core/task'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MemoryHooks } from '../../src/alloc/memory-hooks.js'
import {
  __GFP_MOVABLE,
  __GFP_NOWARN,
  type CmaArea,
  type ContigResult,
  GFP_KERNEL,
  GFP_USER,
  MIGRATE_MOVABLE,
  NO_PAGE,
  PageAllocator,
  PageError,
  PF,
  PF_MEMALLOC_NOFS,
  PG_ACTIVE,
  PG_DIRTY,
  PG_FILE,
  PG_WRITEBACK,
  vmstat,
} from '../../src/index.js'
import { MIGRATE_CMA, MIGRATE_ISOLATE } from '../../src/pages/cma-migratetypes.js'
import { Kind } from '../../src/pages/page-frames.js'
import { startIsolatePageRange } from '../../src/pages/page-isolation.js'

const MOVABLE = GFP_USER | __GFP_MOVABLE
const PAGES = 8192
const AREA = { name: 'video', start: 2048, pages: 2048 }

const task = new Task(PF, { name: 'camera' })
let hooks: { -readonly [K in keyof MemoryHooks]: MemoryHooks[K] }
let memory: PageAllocator
/** What is in each page that somebody owns, by its number. */
let content: Map<number, number>

beforeEach(() => {
  content = new Map()
  hooks = {
    migrate(from, to) {
      const what = content.get(from)
      if (what === undefined) throw new Error(`nobody owns page ${from}`)
      content.delete(from)
      content.set(to, what)
      return true
    },
    reclaimed: (page) => content.delete(page),
  }
  memory = new PageAllocator({ nodes: [{ Normal: PAGES }], minFreeKbytes: 256, cma: [AREA] }, hooks)
})

function area(): CmaArea {
  const [first] = memory.zones.cmaAreas
  if (first === undefined) throw new Error('no area')
  return first
}

/** Puts so many pages of a program, or of files, on LRU lists. */
function use(count: number, flags = 0): number[] {
  return Array.from({ length: count }, () => {
    const page = memory.alloc(task, MOVABLE, 0)
    memory.lru.add(page, flags)
    content.set(page, content.size)
    return page
  })
}

const isInArea = (page: number) => page >= AREA.start && page < AREA.start + AREA.pages
const zone = () => memory.zones.zoneOf(0)
const isolated = () => zone().buddy.pageblocks()[MIGRATE_ISOLATE]

function expectAllOwned(count: number): void {
  expect(new Set(content.values()).size).toBe(count)
  for (const page of content.keys()) expect(memory.lru.flags(page)).toBeDefined()
  memory.validate()
}

describe('pages of a CMA area', () => {
  it('are had although others are there: those move, and their owners know', () => {
    const pages = use(6000)
    expect(pages.filter(isInArea).length).toBeGreaterThan(900)
    const page = memory.contig.allocCma({ task, area: area(), pages: 1024, align: 8 })
    expect(isInArea(page) && page % 256 === 0).toBe(true)
    expect(area().used).toBe(1024)
    for (let each = page; each < page + 1024; each++) {
      expect(memory.frames.isUsed(each)).toBe(true)
      expect(content.has(each)).toBe(false)
    }
    expectAllOwned(6000)
    expect(isolated()).toBe(0)
    expect(zone().buddy.pageblocks()[MIGRATE_CMA]).toBe(4)
    memory.contig.freeCma(area(), { start: page, pages: 1024 })
    expect([area().used, area().succeeded, area().failed]).toEqual([0, 1024, 0])
    expectAllOwned(6000)
  })

  it('are not had where one stays: the next range is tried', () => {
    use(6000)
    const stays = [...content.keys()].filter(isInArea).sort((a, b) => a - b)[0] ?? NO_PAGE
    const { migrate } = hooks
    hooks.migrate = (from, to) => from !== stays && migrate?.(from, to) === true
    const page = memory.contig.allocCma({ task, area: area(), pages: 64, align: 6 })
    expect(isInArea(page) && !(stays >= page && stays < page + 64)).toBe(true)
    expect(memory.contig.allocCma({ task, area: area(), pages: 2048 })).toBe(NO_PAGE)
    expect([area().used, area().failed]).toEqual([64, 2048])
    expect(isolated()).toBe(0)
    expectAllOwned(6000)
  })

  it('of files stay in a NOFS scope, so that the range cannot be had', () => {
    use(6000, PG_FILE | PG_DIRTY)
    {
      using _ = task.enter(PF_MEMALLOC_NOFS)
      expect(memory.contig.allocCma({ task, area: area(), pages: 1600 })).toBe(NO_PAGE)
    }
    expect(memory.contig.allocCma({ task, area: area(), pages: 1600 })).not.toBe(NO_PAGE)
    expectAllOwned(6000)
  })

  it('that are clean and of files are given up, not moved', () => {
    use(6000, PG_FILE)
    let moved = 0
    hooks.migrate = () => {
      moved++
      return false
    }
    expect(memory.contig.allocCma({ task, area: area(), pages: 512 })).not.toBe(NO_PAGE)
    expect(moved).toBe(0)
    expect(content.size).toBeLessThan(6000)
    expectAllOwned(content.size)
  })

  it('that their owners keep in memory move, and are kept', () => {
    use(6000)
    const kept = [...content.keys()].filter(isInArea)
    for (const page of kept) memory.lru.mlock(page)
    const page = memory.contig.allocCma({ task, area: area(), pages: 1024 })
    expect(page).not.toBe(NO_PAGE)
    expect(memory.lru.unevictable(0)).toBe(kept.length)
    memory.validate()
  })

  it('under writeback are in the way', () => {
    use(6000, PG_FILE | PG_WRITEBACK)
    expect(memory.contig.allocCma({ task, area: area(), pages: 2048 })).toBe(NO_PAGE)
    expectAllOwned(6000)
  })

  it('cannot be had once there is nothing to move to', () => {
    use(PAGES - 400)
    expect(area().find(1, 0)).toBe(AREA.start)
    // The first range that has to be moved ends it: another would fail as well.
    expect(memory.contig.allocCma({ task, area: area(), pages: 2048 })).toBe(NO_PAGE)
    expect([area().used, isolated()]).toEqual([0, 0])
    expectAllOwned(PAGES - 400)
  })

  it('are not handed out to a request that is given up', () => {
    use(6000)
    const steps = memory.contig.allocatingCma({ task, area: area(), pages: 2048 })
    steps.next()
    expect(area().used).toBe(2048)
    steps.return(NO_PAGE)
    expect([area().used, isolated()]).toEqual([0, 0])
    expectAllOwned(6000)
  })

  it('are given back as what they are part of', () => {
    const page = memory.contig.allocCma({ task, area: area(), pages: 16 })
    expect(() => memory.contig.freeCma(area(), { start: page, pages: 2049 })).toThrow(
      new PageError('pages 2048 to 4096 are not part of CMA area video'),
    )
    expect(area().used).toBe(16)
  })
})

describe('in steps, while others run', () => {
  const cma = (pages: number) => memory.contig.allocatingCma({ task, area: area(), pages })

  it('what is under writeback or locked is waited for, from the fourth time on', () => {
    use(6000, PG_FILE | PG_DIRTY)
    const [written, locked] = [...content.keys()].filter(isInArea)
    if (written === undefined || locked === undefined) throw new Error('the area is empty')
    memory.lru.setFlags(written, PG_FILE | PG_WRITEBACK)
    let isLocked = true
    let looks = 0
    hooks.locked = (page) => {
      if (page === locked) looks++
      return page === locked && isLocked
    }
    const waits: unknown[] = []
    const steps = cma(1024)
    let step = steps.next()
    while (!step.done) {
      if (step.value.kind !== 'wait-on-page') step = steps.next()
      else {
        const { page, until } = step.value
        if (waits.length === 0) expect(looks).toBe(until === 'unlocked' ? 4 : 3)
        waits.push([page, until])
        if (until === 'written') memory.lru.endWriteback(page)
        else isLocked = false
        step = steps.next(1)
      }
    }
    expect(step.value).not.toBe(NO_PAGE)
    expect(waits.sort()).toEqual(
      [
        [written, 'written'],
        [locked, 'unlocked'],
      ].sort(),
    )
    expectAllOwned(6000)
  })

  it('an owner can free a page that is about to be moved, and set its flags', () => {
    use(6000)
    const steps = cma(512)
    steps.next()
    const isolatedPages = [...content.keys()].filter(
      (page) => memory.frames.kind(page) === Kind.ISOLATED,
    )
    const [freed, dirtied] = isolatedPages
    if (freed === undefined || dirtied === undefined) throw new Error('nothing is isolated')
    memory.lru.remove(freed)
    memory.free(freed, 0)
    content.delete(freed)
    memory.lru.setFlags(dirtied, PG_DIRTY)
    const what = content.get(dirtied)
    let step = steps.next()
    while (!step.done) step = steps.next()
    expect(step.value).not.toBe(NO_PAGE)
    const now = [...content].find(([, each]) => each === what)?.[0] ?? NO_PAGE
    expect([now !== dirtied, memory.lru.flags(now) & PG_DIRTY]).toEqual([true, PG_DIRTY])
    expectAllOwned(5999)
  })

  it('an owner can free a page that is about to be moved when nobody goes on', () => {
    use(6000)
    const steps = cma(512)
    steps.next()
    const freed = [...content.keys()].find((page) => memory.frames.kind(page) === Kind.ISOLATED)
    if (freed === undefined) throw new Error('nothing is isolated')
    memory.lru.remove(freed)
    memory.free(freed, 0)
    content.delete(freed)
    steps.return(NO_PAGE)
    expect([area().used, memory.lru.isolated(0, false), isolated()]).toEqual([0, 0, 0])
    expectAllOwned(5999)
  })

  it('counts what it does, where the kernel does, and logs what fails', () => {
    const logged: string[] = []
    hooks.log = (text) => logged.push(text)
    for (let i = 0; i < 100; i++) {
      use(40)
      use(20, PG_FILE)
    }
    const there = [...content.keys()].filter(isInArea).length
    let moved = 0
    let reclaimed = 0
    const steps = cma(2048)
    for (let step = steps.next(); !step.done; step = steps.next()) {
      if (step.value.kind !== 'migrate') continue
      moved += step.value.moved
      reclaimed += step.value.reclaimed
    }
    // What has moved did not move into the area again.
    expect(moved + reclaimed).toBe(there)
    expect(moved > 0 && reclaimed > 0).toBe(true)
    expect(cma(1).next()).toEqual({ done: true, value: NO_PAGE })
    const { events } = memory.counters()
    expect(events).toMatchObject({
      pgmigrate_success: moved,
      cma_alloc_success: 1,
      cma_alloc_fail: 1,
    })
    expect(logged).toEqual(['cma: cma_alloc: video: alloc failed, req-size: 1 pages, ret: -12'])
    expect(vmstat(memory.zones.all, memory.counters())).toMatch(
      /\nhtlb_buddy_alloc_fail 0\ncma_alloc_success 1\ncma_alloc_fail 1\n/,
    )
  })

  it('a page that stays fails after 5 times 10 tries, and is counted 5 times', () => {
    const logged: string[] = []
    hooks.log = (text) => logged.push(text)
    use(6000)
    const stays = [...content.keys()].find(isInArea) ?? NO_PAGE
    const { migrate } = hooks
    let tries = 0
    hooks.migrate = (from, to) => {
      if (from === stays) tries++
      return from !== stays && migrate?.(from, to) === true
    }
    expect(memory.contig.allocCma({ task, area: area(), pages: 2048 })).toBe(NO_PAGE)
    expect(tries).toBe(50)
    expect(memory.counters().events?.pgmigrate_fail).toBe(5)
    expect(logged).toEqual(['cma: cma_alloc: video: alloc failed, req-size: 2048 pages, ret: -16'])
    memory.contig.allocCma({ task, area: area(), pages: 2048, gfp: GFP_KERNEL | __GFP_NOWARN })
    expect(logged).toHaveLength(1)
    expectAllOwned(6000)
  })
})

describe('a range of pages', () => {
  const get = (start: number, pages: number): ContigResult =>
    memory.contig.alloc({ task, start, pages })

  it('is had to the page', () => {
    const free = memory.zones.freePages()
    expect(get(700, 37)).toBe('allocated')
    expect(memory.zones.freePages()).toBe(free - 37)
    expect([699, 700, 736, 737].map((page) => memory.frames.isUsed(page))).toEqual([
      false,
      true,
      true,
      false,
    ])
    memory.validate()
    memory.contig.free({ start: 700, pages: 37 })
    memory.zones.drain()
    expect(memory.zones.freePages()).toBe(free)
    expect(zone().buddy.pageblockMigratetype(700)).toBe(MIGRATE_MOVABLE)
    memory.validate()
  })

  it.each([
    ['the end', 5000],
    ['the middle', 5400],
    ['the beginning', 6000],
  ])('is not had when a pageblock at %s has a page that stays', (_where, at) => {
    const used = memory.contig.alloc({ task, start: at, pages: 1 })
    expect(used).toBe('allocated')
    expect(get(4700, 1400)).toBe('busy')
    expect(isolated()).toBe(0)
    memory.validate()
  })

  it('is not had when it is part of a CMA area, or somebody else is at it', () => {
    expect(get(AREA.start, 512)).toBe('busy')
    expect(startIsolatePageRange(zone(), { start: 512, end: 1024 }, MIGRATE_MOVABLE)).toBe(true)
    const free = memory.zones.freePages()
    expect(get(600, 1)).toBe('busy')
    expect(isolated()).toBe(1)
    expect(memory.zones.freePages()).toBe(free)
  })

  it('lies in one zone', () => {
    expect(() => get(PAGES - 1, 2)).toThrow('pages 8191 to 8192 do not lie in one zone')
    expect(() => get(5, 0)).toThrow(PageError)
  })

  it('is not had across a large block in use', () => {
    const block = memory.alloc(task, GFP_KERNEL, 10)
    expect(get(block + 512, 512)).toBe('busy')
    expect(isolated()).toBe(0)
    memory.validate()
  })

  it('is out of the reach of requests meanwhile', () => {
    use(3000)
    const steps = memory.contig.allocating({ task, start: 0, pages: 1024 })
    for (const page of [...content.keys()].filter((each) => each < 1024 && each % 3 === 0)) {
      memory.lru.remove(page)
      memory.free(page, 0)
      content.delete(page)
    }
    const owned = content.size
    memory.zones.drain()
    const before = memory.zones.freePages()
    steps.next()
    // Its free pages do not count, and its pages are off their lists.
    expect(isolated()).toBe(2)
    expect(memory.zones.freePages()).toBeLessThan(before)
    expect(memory.lru.isolated(0, false)).toBeGreaterThan(0)
    steps.return('busy')
    expect(isolated()).toBe(0)
    expect(memory.lru.isolated(0, false)).toBe(0)
    expect(memory.zones.freePages()).toBe(before)
    expectAllOwned(owned)
  })
})

/** Allocates from the area while owners free, dirty and finish writing pages at each step; it may be given up. */
function meanwhile(options: {
  readonly pages: number
  readonly seed: number
  readonly nofs: boolean
  readonly givenUpAt: number
}): number {
  const { pages, givenUpAt } = options
  let seed = options.seed
  const random = (below: number) => {
    seed = (seed * 48_271) % 0x7fffffff
    return seed % below
  }
  using _ = task.enter(options.nofs ? PF_MEMALLOC_NOFS : PF.mask())
  const steps = memory.contig.allocatingCma({ task, area: area(), pages })
  let step = steps.next()
  for (let at = 0; !step.done; at++) {
    if (at === givenUpAt) {
      steps.return(NO_PAGE)
      return NO_PAGE
    }
    const { value } = step
    const waits = value.kind === 'wait-on-page' ? value.page : NO_PAGE
    const others = [...content.keys()]
    const page = waits !== NO_PAGE ? waits : (others[random(Math.max(1, others.length))] ?? NO_PAGE)
    if (page !== NO_PAGE) {
      const flags = memory.lru.flags(page)
      const what = random(3)
      if ((flags & PG_WRITEBACK) !== 0) memory.lru.endWriteback(page)
      else if (what === 0) {
        memory.lru.remove(page)
        memory.free(page, 0)
        content.delete(page)
      } else memory.lru.setFlags(page, flags ^ (what === 1 ? PG_DIRTY : PG_ACTIVE))
    }
    if (at % 8 === 0) memory.validate()
    step = waits === NO_PAGE ? steps.next() : steps.next(1)
  }
  return step.value
}

describe('whatever happens', () => {
  it('no page is lost', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.record({
              kind: fc.constant('use' as const),
              count: fc.nat(400),
              flags: fc.constantFrom(0, PG_FILE, PG_FILE | PG_DIRTY, PG_FILE | PG_WRITEBACK),
            }),
            fc.record({ kind: fc.constant('kernel' as const), order: fc.nat(10) }),
            fc.record({
              kind: fc.constant('range' as const),
              start: fc.nat(PAGES - 1),
              pages: fc.integer({ min: 1, max: 1500 }),
            }),
            fc.record({
              kind: fc.constant('cma' as const),
              pages: fc.integer({ min: 1, max: 1100 }),
              align: fc.nat(9),
            }),
            fc.record({ kind: fc.constant('free' as const), which: fc.nat(1000) }),
            fc.record({
              kind: fc.constant('meanwhile' as const),
              pages: fc.integer({ min: 1, max: 700 }),
              seed: fc.integer({ min: 1, max: 1000 }),
              nofs: fc.boolean(),
              givenUpAt: fc.nat(60),
            }),
          ),
          { maxLength: 30 },
        ),
        fc.boolean(),
        (steps, stubborn) => {
          content = new Map()
          const { migrate } = hooks
          memory = new PageAllocator(
            { nodes: [{ Normal: PAGES }], minFreeKbytes: 256, cma: [AREA] },
            {
              ...hooks,
              migrate: (from, to) => !(stubborn && from % 7 === 0) && migrate?.(from, to) === true,
            },
          )
          const held: (() => void)[] = []
          for (const step of steps) {
            if (step.kind === 'use')
              use(Math.min(step.count, memory.zones.freePages() >> 2), step.flags)
            else if (step.kind === 'kernel') {
              const page =
                memory.zones.freePages() > 4000
                  ? memory.alloc(task, GFP_KERNEL, step.order)
                  : NO_PAGE
              if (page !== NO_PAGE) held.push(() => memory.free(page, step.order))
            } else if (step.kind === 'range') {
              const start = step.start
              const pages = Math.min(step.pages, PAGES - start)
              const result = memory.contig.alloc({ task, start, pages })
              if (result === 'allocated') held.push(() => memory.contig.free({ start, pages }))
            } else if (step.kind === 'cma') {
              const { pages, align } = step
              const start = memory.contig.allocCma({ task, area: area(), pages, align })
              if (start !== NO_PAGE)
                held.push(() => memory.contig.freeCma(area(), { start, pages }))
            } else if (step.kind === 'meanwhile') {
              const start = meanwhile(step)
              const { pages } = step
              if (start !== NO_PAGE)
                held.push(() => memory.contig.freeCma(area(), { start, pages }))
            } else if (held.length > 0) held.splice(step.which % held.length, 1)[0]?.()
            memory.validate()
            expect(isolated()).toBe(0)
          }
          const state = memory.snapshot()
          for (const free of held) free()
          memory.zones.drain()
          expect(memory.zones.freePages() + content.size).toBe(PAGES)
          memory.validate()
          memory.restore(state)
          memory.validate()
          expect(memory.snapshot()).toEqual(state)
        },
      ),
      { numRuns: 15 },
    )
  })
})
