/** CMA areas: which requests use their pages, what they count as, and which pages of them are handed out. */

import { Task } from '@scopemask/core/task'
import { describe, expect, it } from 'vitest'
import { RetryPolicy } from '../../src/alloc/retry.js'
import {
  __GFP_MOVABLE,
  ALLOC_CMA,
  ALLOC_MIN_RESERVE,
  ALLOC_WMARK_MIN,
  Buddy,
  CmaArea,
  COMPACT_PRIO_ASYNC,
  COMPACT_PRIO_SYNC_LIGHT,
  COMPACT_SUCCESS,
  GFP_KERNEL,
  GFP_USER,
  type MemoryOptions,
  MIGRATE_MOVABLE,
  MIGRATE_UNMOVABLE,
  NO_PAGE,
  PageAllocator,
  PF,
  PF_MEMALLOC_PIN,
  pagetypeinfo,
  vmstat,
  zoneinfo,
} from '../../src/index.js'
import { MIGRATE_CMA } from '../../src/pages/cma-migratetypes.js'
import { Zones } from '../../src/pages/zones.js'
import type { Vmscan } from '../../src/reclaim/vmscan.js'

const MOVABLE = GFP_USER | __GFP_MOVABLE

/** Four pageblocks, of which the last two are a CMA area. */
function buddyWithCma(): Buddy {
  const buddy = new Buddy(2048)
  for (const page of [1024, 1536]) {
    buddy.isolatePageblock(page)
    buddy.unisolatePageblock(page, MIGRATE_CMA)
  }
  buddy.validate()
  return buddy
}

function zonesWith(cma: MemoryOptions['cma'], pages = 8192): Zones {
  return new Zones(
    { nodes: [{ Normal: pages }], minFreeKbytes: 512, ...(cma ? { cma } : {}) },
    String,
  )
}

describe('free pages of a CMA area', () => {
  it('are counted apart, and come back to where they were', () => {
    const buddy = buddyWithCma()
    expect([buddy.freePages, buddy.freeCma]).toEqual([2048, 1024])
    const page = buddy.alloc(0, MIGRATE_MOVABLE, ALLOC_CMA)
    buddy.validate()
    buddy.free(page, 0)
    expect([buddy.freePages, buddy.freeCma]).toEqual([2048, 1024])
    buddy.validate()
  })

  it('come first while they are more than half of what is free', () => {
    const buddy = buddyWithCma()
    // Exactly half is not more than half.
    expect(buddy.alloc(0, MIGRATE_MOVABLE, ALLOC_CMA)).toBeLessThan(1024)
    expect(buddy.alloc(0, MIGRATE_MOVABLE, ALLOC_CMA)).toBeGreaterThanOrEqual(1024)
    expect(buddy.alloc(0, MIGRATE_MOVABLE, ALLOC_CMA)).toBeLessThan(1024)
    buddy.validate()
  })

  it('are taken before other migratetypes have to help out', () => {
    const buddy = buddyWithCma()
    while (buddy.alloc(9, MIGRATE_UNMOVABLE) !== NO_PAGE) {}
    buddy.free(0, 9)
    expect(buddy.pageblockMigratetype(0)).toBe(MIGRATE_UNMOVABLE)
    let fallbacks = 0
    buddy.onFallback = () => fallbacks++
    for (let i = 0; i < 2; i++) {
      expect(buddy.alloc(9, MIGRATE_MOVABLE, ALLOC_CMA)).toBeGreaterThanOrEqual(1024)
    }
    expect(fallbacks).toBe(0)
    expect(buddy.alloc(9, MIGRATE_MOVABLE, ALLOC_CMA)).toBe(0)
    expect(fallbacks).toBe(1)
  })

  it('are never had by a request that does not move, nor does their pageblock change', () => {
    const buddy = buddyWithCma()
    while (buddy.alloc(0, MIGRATE_UNMOVABLE) !== NO_PAGE) {}
    expect([buddy.freePages, buddy.freeCma]).toEqual([1024, 1024])
    expect(buddy.alloc(0, MIGRATE_MOVABLE)).toBe(NO_PAGE)
    expect(buddy.pageblocks()[MIGRATE_CMA]).toBe(2)
    buddy.validate()
  })

  it('do not merge with a pageblock that is not', () => {
    const buddy = new Buddy(1024)
    buddy.splitFree(0, 512)
    expect(buddy.freeBlocks(10)).toBe(1)
    buddy.isolatePageblock(512)
    buddy.splitFree(0, 512)
    buddy.unisolatePageblock(512, MIGRATE_CMA)
    const page = buddy.alloc(9, MIGRATE_MOVABLE, ALLOC_CMA)
    const other = buddy.alloc(9, MIGRATE_MOVABLE, ALLOC_CMA)
    buddy.free(page, 9)
    buddy.free(other, 9)
    expect([9, 10].map((order) => buddy.freeBlocks(order))).toEqual([2, 0])
    buddy.validate()
  })
})

describe('a request', () => {
  const cma = [{ start: 512, pages: 4096 }]

  it('sees free pages of a CMA area as its own only if it moves', () => {
    const zone = zonesWith(cma).all[0]
    if (zone === undefined) throw new Error('no zone')
    expect([zone.freeCma, zone.cmaPages]).toEqual([4096, 4096])
    const others = zone.managed - 4096
    while (zone.freePages - zone.freeCma > others / 4) zone.alloc(0, MIGRATE_UNMOVABLE, 0, 0)
    zone.setReserves({ min: 2000, low: 2500, high: 3000, promo: 3500 }, [0, 0, 0, 0])
    expect(zone.hasRoom(0, 2, ALLOC_WMARK_MIN, false)).toBe(false)
    expect(zone.hasRoom(0, 2, ALLOC_WMARK_MIN | ALLOC_CMA, false)).toBe(true)
  })

  it('that moves gets pages of it, one that does not gets none', () => {
    const memory = new PageAllocator({ nodes: [{ Normal: 8192 }], minFreeKbytes: 512, cma })
    const task = new Task(PF)
    const [zone] = memory.zones.all
    const inArea = (page: number) => page >= 512 && page < 4608
    const got = (gfp: number) =>
      Array.from({ length: 600 }, () => inArea(memory.alloc(task, gfp, 0))).filter(Boolean).length
    expect(got(GFP_KERNEL)).toBe(0)
    expect(got(MOVABLE)).toBeGreaterThan(400)
    {
      // Pages that are pinned for long must not be in anybody's way.
      using _ = task.enter(PF_MEMALLOC_PIN)
      expect(got(MOVABLE)).toBe(0)
    }
    expect(zone?.freeCma).toBeLessThan(4096 - 400)
    memory.validate()
  })

  it('that moves, but may not have pages of it, does not take what a CPU keeps', () => {
    const zone = zonesWith(cma).all[0]
    if (zone === undefined) throw new Error('no zone')
    zone.alloc(10, MIGRATE_UNMOVABLE, 0, 0)
    const page = zone.alloc(0, MIGRATE_MOVABLE, ALLOC_CMA, 0)
    expect(page >= 512 && page < 4608).toBe(true)
    const without = zone.alloc(0, MIGRATE_MOVABLE, 0, 0)
    expect(without >= 512 && without < 4608).toBe(false)
  })

  it('in bulk gets pages of it, too', () => {
    const memory = new PageAllocator({ nodes: [{ Normal: 8192 }], minFreeKbytes: 512, cma })
    const pages = new Int32Array(64).fill(NO_PAGE)
    memory.allocBulk(new Task(PF), MOVABLE, pages)
    expect(pages.some((page) => page >= 512 && page < 4608)).toBe(true)
  })

  it('does not set pageblocks of it aside for atomic requests', () => {
    const zone = zonesWith(cma).all[0]
    if (zone === undefined) throw new Error('no zone')
    zone.reserveHighatomic(1024, 0)
    expect([zone.reservedHighatomic, zone.buddy.pageblocks()[MIGRATE_CMA]]).toEqual([0, 8])
  })
})

describe('compaction', () => {
  /** All of memory is a CMA area, and every second page of it free; one compaction for a block of 8 pages. */
  function compact(gfp: number, priority: number) {
    const memory = new PageAllocator(
      { nodes: [{ Normal: 8192 }], minFreeKbytes: 512, cma: [{ start: 0, pages: 8192 }] },
      { migrate: () => true },
    )
    const task = new Task(PF)
    const zone = memory.zones.zoneOf(0)
    for (;;) {
      const page = zone.alloc(0, MIGRATE_MOVABLE, ALLOC_CMA, 0)
      if (page === NO_PAGE) break
      memory.lru.add(page, 0)
    }
    for (let page = 0; page < 8192; page += 2) {
      memory.lru.remove(page)
      memory.free(page, 0)
    }
    memory.zones.drain()
    const steps = memory.compacting(
      { task, gfp, order: 3 },
      { kind: 'compact', allocFlags: ALLOC_CMA, priority, gfp },
    )
    let looked = 0
    for (;;) {
      const next = steps.next()
      memory.validate()
      if (next.done) return { result: next.value, looked }
      looked += next.value.migrateScanned
    }
  }

  it('with little effort looks at CMA areas for requests that can use them', () => {
    expect(compact(GFP_KERNEL, COMPACT_PRIO_ASYNC).looked).toBe(0)
    expect(compact(MOVABLE, COMPACT_PRIO_ASYNC).looked).toBeGreaterThan(0)
  })

  it('moves pages within CMA areas, and is content with a block there', () => {
    const { result, looked } = compact(MOVABLE, COMPACT_PRIO_SYNC_LIGHT)
    expect(result).toBe(COMPACT_SUCCESS)
    // The first pageblock was enough.
    expect(looked).toBeLessThan(1024)
    expect(compact(GFP_KERNEL, COMPACT_PRIO_SYNC_LIGHT).result).not.toBe(COMPACT_SUCCESS)
  })
})

describe('another round of reclaim', () => {
  it.each([
    ['nothing but the watermark counts', 0, false],
    ['half of the reserve would do', ALLOC_MIN_RESERVE, true],
    ['pages of CMA areas would do', ALLOC_CMA, true],
  ])('makes sense if %s', (_what, allocFlags, sense) => {
    const memory = new PageAllocator({
      nodes: [{ Normal: 8192 }],
      minFreeKbytes: 4096,
      cma: [{ start: 4096, pages: 512 }],
    })
    const [zone] = memory.zones.all
    if (zone === undefined) throw new Error('no zone')
    // The watermark is 1024.
    while (zone.freePages - zone.freeCma > 800) zone.alloc(0, MIGRATE_UNMOVABLE, 0, 0)
    const vmscan = { reclaimable: () => 0 } as unknown as Vmscan
    const wanted = { gfp: GFP_KERNEL, node: 0, order: 0, allocFlags }
    expect(new RetryPolicy(memory.zones, vmscan).shouldReclaimRetry(wanted, 0)).toBe(sense)
  })
})

describe('areas', () => {
  it.each([
    [{ start: 100, pages: 512 }, /begins at a multiple of 512/],
    [{ start: 512, pages: 0 }, /begins at a multiple of 512/],
    [{ start: 512, pages: 511 }, /begins at a multiple of 512/],
    [{ start: 512, pages: 512, orderPerBit: 10 }, /units of order 0 to 9, not 10/],
    [{ start: 7680, pages: 1024 }, /lies in one zone: pages 7680 to 8703 do not/],
  ])('have to fit: %o', (area, why) => {
    expect(() => zonesWith([area])).toThrow(why)
  })

  it('do not overlap', () => {
    const [a, b] = [
      { start: 1024, pages: 1024 },
      { name: 'gpu', start: 512, pages: 1024 },
    ]
    expect(() => zonesWith([a, b])).toThrow('CMA area cma0 overlaps the one before it')
    expect(zonesWith([a, { ...b, pages: 512 }]).cmaAreas.map(({ name }) => name)).toEqual([
      'cma0',
      'gpu',
    ])
  })

  it('hand out the first pages that are free and aligned', () => {
    const area = new CmaArea({ start: 512, pages: 1024 }, 0)
    expect(area.find(3, 2)).toBe(512)
    area.mark(512, 3, true)
    expect(area.find(3, 0)).toBe(515)
    expect(area.find(3, 2)).toBe(516)
    expect(area.find(3, 2, area.after(516, 2))).toBe(520)
    expect(area.find(1021, 0)).toBe(515)
    expect(area.find(1022, 0)).toBeUndefined()
    area.mark(700, 1, true)
    expect(area.find(300, 6)).toBe(704)
    expect(area.used).toBe(4)
    area.mark(512, 3, false)
    expect(area.find(188, 0)).toBe(512)
  })

  it('begin at multiples of what is asked for, not of their own beginning', () => {
    const area = new CmaArea({ start: 512, pages: 2048 }, 0)
    expect(area.find(1, 10)).toBe(1024)
  })

  it('hand out units', () => {
    const area = new CmaArea({ start: 0, pages: 512, orderPerBit: 4 }, 0)
    area.mark(0, 17, true)
    expect([area.used, area.find(1, 0)]).toEqual([32, 32])
    expect(area.after(32, 0)).toBe(48)
    expect(area.after(32, 6)).toBe(96)
  })
})

describe('views', () => {
  it('tell CMA where there is any, as a kernel with CONFIG_CMA does', () => {
    const zones = zonesWith([{ start: 1024, pages: 1024 }])
    expect(zoneinfo(zones)).toContain('        cma      1024\n')
    expect(zoneinfo(zones)).toContain('      nr_free_cma  1024\n')
    expect(vmstat(zones.all)).toContain('nr_free_cma 1024\n')
    const types = pagetypeinfo(zones.all)
    expect(types).toMatch(/zone {3}Normal, type {10}CMA( +0){10} +1 /)
    expect(types).toMatch(/Reclaimable {3}HighAtomic {10}CMA {6}Isolate/)
    expect(pagetypeinfo(zonesWith(undefined).all)).not.toContain('CMA')
  })
})
