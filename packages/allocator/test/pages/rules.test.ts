/** Where 6.1 and 6.18 decide differently: each rule beside the other. */
import { Task } from '@scopemask/core/task'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  __GFP_MOVABLE,
  __GFP_NORETRY,
  __GFP_THISNODE,
  ALLOC_NOFRAGMENT,
  type AllocatorRules,
  Buddy,
  type FallbackEvent,
  GFP_KERNEL,
  GFP_USER,
  MIGRATE_MOVABLE,
  MIGRATE_RECLAIMABLE,
  MIGRATE_UNMOVABLE,
  NO_PAGE,
  PageAllocator,
  PF,
  RULES_6_1,
  RULES_6_18,
  Zones,
} from '../../src/index.js'

const task = new Task(PF)

/** A movable pageblock in which only these pages, of order 0, are free; all other memory is in use. */
function fragments(
  rules: AllocatorRules,
  free: readonly number[],
  movable: boolean,
): { buddy: Buddy; events: FallbackEvent[] } {
  const buddy = new Buddy(1024)
  buddy.fallback = rules.fallback
  const events: FallbackEvent[] = []
  buddy.onFallback = (event) => events.push(event)
  const pages: number[] = []
  for (
    let page = buddy.alloc(0, MIGRATE_MOVABLE);
    page !== NO_PAGE;
    page = buddy.alloc(0, MIGRATE_MOVABLE)
  )
    pages.push(page)
  // A page on an LRU list can move.
  if (movable) for (const page of pages) if (!free.includes(page)) buddy.frames.state[page] = 0x40
  for (const page of free) buddy.free(page, 0)
  return { buddy, events }
}

const EVEN = Array.from({ length: 200 }, (_, i) => 2 * i)

describe('an unmovable request without pages of its own', () => {
  it.each([
    ['steals all that is free of the pageblock', RULES_6_1, 199],
    ['takes one page, and leaves the rest', RULES_6_18, 0],
  ])('%s, when less than half of it is free', (_what, rules, unmovable) => {
    const { buddy, events } = fragments(rules, EVEN, true)
    const page = buddy.alloc(0, MIGRATE_UNMOVABLE)
    expect(EVEN).toContain(page)
    expect(buddy.freeBlocks(0, MIGRATE_UNMOVABLE)).toBe(unmovable)
    expect(buddy.freeBlocks(0, MIGRATE_MOVABLE)).toBe(199 - unmovable)
    expect(buddy.pageblockMigratetype(page)).toBe(MIGRATE_MOVABLE)
    expect(events).toMatchObject([{ order: 0, found: 0, wanted: 0, from: 1, changed: false }])
    buddy.validate()
  })

  it.each([RULES_6_1, RULES_6_18])(
    'claims the pageblock when the rest does not move: $kernel',
    (rules) => {
      const { buddy, events } = fragments(rules, EVEN, false)
      const page = buddy.alloc(0, MIGRATE_UNMOVABLE)
      expect(buddy.freeBlocks(0, MIGRATE_UNMOVABLE)).toBe(199)
      expect(buddy.pageblockMigratetype(page)).toBe(MIGRATE_UNMOVABLE)
      expect(events).toMatchObject([{ changed: true }])
      buddy.validate()
    },
  )

  // A zone of one pageblock and a half: mm/page_alloc.c, move_freepages_block, 6.1.192 (it moves nothing), and prep_move_freepages_block, 6.18.
  it.each([RULES_6_1, RULES_6_18])(
    'takes no more than a block of a pageblock that the zone does not have all of: $kernel',
    (rules) => {
      const buddy = new Buddy(768)
      buddy.fallback = rules.fallback
      let mixed = 0
      buddy.onMixing = () => mixed++
      expect(buddy.alloc(9, MIGRATE_MOVABLE)).toBe(0)
      for (let i = 0; i < 128; i++) buddy.alloc(0, MIGRATE_MOVABLE)
      const page = buddy.alloc(0, MIGRATE_UNMOVABLE)
      expect(page).toBe(640)
      expect(mixed).toBe(1)
      expect(buddy.pageblockMigratetype(page)).toBe(MIGRATE_MOVABLE)
      expect(buddy.firstFree(0, MIGRATE_UNMOVABLE)).toBe(rules.fallback === 'steal' ? 641 : NO_PAGE)
      buddy.validate()
    },
  )

  it('tells the zone of each claim, also of those that fail: the watermarks rise', () => {
    for (const [rules, boosts] of [
      [RULES_6_1, 1],
      [RULES_6_18, 1],
    ] as const) {
      const zones = new Zones({ nodes: [{ Normal: 65_536 }], rules }, String)
      const [zone] = zones.all
      if (zone === undefined) throw new Error('one zone')
      const pages: number[] = []
      while (zone.freePages > 0) pages.push(zone.buddy.alloc(4, MIGRATE_MOVABLE))
      for (const page of pages) if (page % 512 === 0) zone.buddy.free(page, 4)
      for (const page of pages) if (page % 512 !== 0) zone.buddy.frames.state[page] = 0x44
      zone.buddy.alloc(0, MIGRATE_UNMOVABLE)
      expect(zone.boost).toBe(512 * boosts)
    }
  })

  it('takes the smallest block that is not worth a pageblock, where 6.1 takes the largest', () => {
    for (const [rules, found] of [
      [RULES_6_1, 3],
      [RULES_6_18, 1],
    ] as const) {
      const { buddy, events } = fragments(rules, [0, 1, 8, 9, 10, 11, 12, 13, 14, 15], true)
      buddy.alloc(0, MIGRATE_RECLAIMABLE)
      expect(events).toMatchObject([{ found }])
    }
  })
})

describe('a movable request without pages of its own', () => {
  it.each([RULES_6_1, RULES_6_18])(
    'claims large blocks only, and else takes the smallest: $kernel',
    (rules) => {
      const buddy = new Buddy(1024)
      buddy.fallback = rules.fallback
      buddy.convertPageblock(0, MIGRATE_UNMOVABLE)
      buddy.convertPageblock(512, MIGRATE_UNMOVABLE)
      const events: FallbackEvent[] = []
      buddy.onFallback = (event) => events.push(event)
      const small = buddy.alloc(2, MIGRATE_UNMOVABLE)
      buddy.alloc(0, MIGRATE_MOVABLE)
      // Half of the largest block is free.
      expect(events.at(-1)).toMatchObject({ found: 9, changed: true })
      expect(small).not.toBe(NO_PAGE)
      buddy.validate()
    },
  )
})

describe('without fragments', () => {
  it('a request claims whole pageblocks only', () => {
    for (const rules of [RULES_6_1, RULES_6_18]) {
      const { buddy } = fragments(rules, EVEN, true)
      expect(buddy.alloc(0, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT)).toBe(NO_PAGE)
      expect(buddy.alloc(0, MIGRATE_MOVABLE, ALLOC_NOFRAGMENT)).not.toBe(NO_PAGE)
    }
  })

  it('defrag_mode keeps requests until reclaim and compaction have failed', () => {
    const flagsOf = (rules: AllocatorRules): number[] => {
      const memory = new PageAllocator({ nodes: [{ Normal: 4096 }], rules })
      const steps = memory.steps({ task, gfp: GFP_KERNEL, order: 0 })
      const flags: number[] = []
      for (let next = steps.next(); next.done !== true && next.value.kind !== 'oom-lock'; ) {
        if (next.value.kind === 'freelist') flags.push(next.value.allocFlags & ALLOC_NOFRAGMENT)
        next = steps.next(next.value.kind === 'freelist' ? NO_PAGE : 0)
      }
      steps.return(NO_PAGE)
      return flags
    }
    expect(flagsOf(RULES_6_18)).toEqual([256, 0, 0])
    expect(flagsOf({ ...RULES_6_18, defragMode: true })).toEqual([256, 256, 256, 0])
  })

  it('defrag_mode takes pages of a lower zone, or of another node, rather than fragments', () => {
    for (const [defragMode, node] of [
      [false, 0],
      [true, 1],
    ] as const) {
      const rules = { ...RULES_6_18, defragMode }
      const memory = new PageAllocator({
        nodes: [{ Normal: 2048 }, { Normal: 2048 }],
        cpus: 2,
        rules,
      })
      const [zone] = memory.zones.all
      if (zone === undefined) throw new Error('zones')
      const pages: number[] = []
      while (zone.freePages > 0) pages.push(zone.buddy.alloc(0, MIGRATE_MOVABLE))
      for (const page of pages) if (page % 2 === 0) zone.buddy.free(page, 0)
      for (const page of pages) if (page % 2 !== 0) zone.buddy.frames.state[page] = 0x40
      const page = memory.alloc(task, GFP_KERNEL | __GFP_NORETRY, 0)
      expect(memory.zones.zoneOf(page).node).toBe(node)
    }
  })
})

/** Memory of programs with every second page free, in which nothing but the first pageblock is free as a whole. */
function scattered(rules: AllocatorRules): PageAllocator {
  const memory = new PageAllocator(
    { nodes: [{ Normal: 8192 }], minFreeKbytes: 1024, watermarkBoostFactor: 0, rules },
    { migrate: () => true },
  )
  const boot = new Task(PF, { mask: PF.mask('MEMALLOC') })
  const pages: number[] = []
  for (let page = 0; page !== NO_PAGE; page = memory.tryAlloc(boot, GFP_USER | __GFP_MOVABLE, 0)) {
    pages.push(page)
    if (pages.length > 7700) break
  }
  for (const page of pages.slice(1)) memory.lru.add(page, 0)
  for (const page of pages.slice(1)) {
    if (page >= 512 && page % 2 === 1) continue
    memory.lru.remove(page)
    memory.free(page, 0)
  }
  memory.zones.drain()
  return memory
}

describe('kswapd and kcompactd in defrag_mode', () => {
  const mode = { ...RULES_6_18, defragMode: true }

  it.each([
    ['for the block that was wanted', RULES_6_18, 1, 1],
    ['for a pageblock', mode, 1, 9],
    ['for more than a pageblock that was wanted', mode, 10, 10],
  ])('kswapd is woken %s', (_what, rules, wanted, order) => {
    const woken: number[] = []
    const memory = new PageAllocator(
      { nodes: [{ Normal: 4096 }], minFreeKbytes: 1024, rules },
      { wakeKswapd: (_node, block) => woken.push(block) },
    )
    while (woken.length === 0) memory.alloc(task, GFP_KERNEL, wanted)
    expect(woken[0]).toBe(order)
  })

  it('only pageblocks that are free as a whole count, and are made until there are enough', () => {
    const [plain, memory] = [scattered(RULES_6_18), scattered(mode)]
    const zone = memory.zones.all[0] ?? expect.fail()
    const { high } = zone.watermarks
    expect(zone.freePages).toBeGreaterThan(4 * high)
    // One pageblock is not above the high watermark.
    expect(zone.freeInPageblocks).toBe(512)
    expect([plain.balanced(0, 9), memory.balanced(0, 9), memory.balanced(0, 0)]).toEqual([
      true,
      false,
      true,
    ])
    expect([plain.kcompactdSuitable(0, 9), memory.kcompactdSuitable(0, 9)]).toEqual([false, true])
    for (const step of memory.kcompactd(0, 9)) expect(step.kind).toBe('compact')
    expect(zone.freeInPageblocks).toBeGreaterThanOrEqual(high + 512)
    expect([memory.balanced(0, 9), memory.kcompactdSuitable(0, 9)]).toEqual([true, false])
    memory.validate()
  })
})

describe('a huge page of one node that gives up early', () => {
  it.each([
    [RULES_6_1, false],
    [RULES_6_18, true],
  ])('reclaims or fails when compaction did not help: $0.kernel', (rules, reclaims) => {
    const memory = new PageAllocator({ nodes: [{ Normal: 4096 }], rules })
    const gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_THISNODE
    const steps = memory.steps({ task, gfp, order: 9 })
    const kinds: string[] = []
    // Compaction has looked everywhere (COMPACT_COMPLETE).
    for (let next = steps.next(); next.done !== true && kinds.length < 50; ) {
      kinds.push(next.value.kind)
      next = steps.next(
        next.value.kind === 'freelist' ? NO_PAGE : next.value.kind === 'compact' ? 5 : 0,
      )
    }
    expect(kinds.includes('reclaim')).toBe(reclaims)
  })
})

it('any requests under the rules of 6.18 leave each page in one place', () => {
  const action = fc.tuple(fc.nat(2), fc.nat(10), fc.boolean(), fc.nat(255))
  fc.assert(
    fc.property(fc.array(action, { minLength: 30, maxLength: 300 }), (actions) => {
      const buddy = new Buddy(4096)
      buddy.fallback = 'claim'
      const used: [number, number][] = []
      for (const [type, order, whole, pick] of actions) {
        const size = pick < 160 ? order % 4 : order
        const page =
          pick % 3 === 0 ? NO_PAGE : buddy.alloc(size, type, whole ? ALLOC_NOFRAGMENT : 0)
        if (page !== NO_PAGE) used.push([page, size])
        else {
          const [freed, freedOrder] = used.splice(pick % Math.max(1, used.length), 1)[0] ?? [
            NO_PAGE,
            0,
          ]
          if (freed !== NO_PAGE) buddy.free(freed, freedOrder)
        }
      }
      buddy.validate()
      for (const [page, order] of used) buddy.free(page, order)
      buddy.validate()
      expect(buddy.freeBlocks(10)).toBe(4)
    }),
    { numRuns: 60 },
  )
})
