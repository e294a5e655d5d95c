/** LRU lists, and what reclaim does with the pages on them. */
import { Task } from '@scopemask/core/task'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MemoryHooks } from '../../src/alloc/memory-hooks.js'
import { PageAllocator } from '../../src/alloc/page-allocator.js'
import { __GFP_DMA, GFP_KERNEL, GFP_NOFS, GFP_NOIO } from '../../src/gfp/flags.js'
import { PageError } from '../../src/pages/page-error.js'
import { InvariantError, NO_PAGE } from '../../src/pages/page-frames.js'
import type { Lru } from '../../src/reclaim/lru.js'
import { ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE } from '../../src/reclaim/lru-counts.js'
import {
  PG_ACTIVE,
  PG_DIRTY,
  PG_FILE,
  PG_RECLAIM,
  PG_REFERENCED,
  PG_SWAPCACHE,
  PG_WORKINGSET,
  PG_WRITEBACK,
} from '../../src/reclaim/lru-flags.js'
import { LruvecStats } from '../../src/reclaim/lruvec-stats.js'
import { ScanCost } from '../../src/reclaim/scan-cost.js'
import {
  PGACTIVATE,
  PGSCAN_DIRECT,
  PGSKIP_DMA,
  PGSTEAL_DIRECT,
  type VmEvents,
  vmEvents,
} from '../../src/reclaim/vm-events.js'
import { Vmscan } from '../../src/reclaim/vmscan.js'
import { PF } from '../../src/task/flags.js'

const task = new Task(PF)
let hooks: { -readonly [K in keyof MemoryHooks]: MemoryHooks[K] }
let memory: PageAllocator
let lru: Lru
let vmscan: Vmscan
let events: VmEvents

beforeEach(() => {
  hooks = {}
  memory = new PageAllocator({ nodes: [{ DMA: 1024, Normal: 3072 }] })
  lru = memory.lru
  const { zones, workingset, memcgs: groups } = memory
  const stats = new LruvecStats(lru, groups, 1)
  const costs = new ScanCost(stats, 1 + groups.most)
  events = vmEvents()
  vmscan = new Vmscan({ zones, lru, stats, workingset, costs, groups, events, hooks })
})

const add = (flags: number, gfp = GFP_KERNEL, order = 0) => {
  const page = memory.alloc(task, gfp, order)
  lru.add(page, flags)
  return page
}
const addMany = (pages: number, flags: number) => Array.from({ length: pages }, () => add(flags))
const reclaim = (gfp = GFP_KERNEL) => vmscan.tryToFreePages({ gfp, node: 0 })

describe('a page on an LRU list', () => {
  it('was in use, and cannot be freed or added again until it is removed', () => {
    const page = add(PG_FILE, GFP_KERNEL, 2)
    expect(lru.pages(0, INACTIVE_FILE)).toBe(4)
    expect(() => memory.free(page, 2)).toThrow(/on an LRU list/)
    expect(() => lru.add(page, 0)).toThrow(PageError)
    expect(() => lru.add(page + 1, 0)).toThrow(PageError)
    lru.remove(page)
    expect(() => lru.remove(page)).toThrow(`page ${page} is on no LRU list`)
    memory.free(page, 2)
    expect(lru.pages(0, INACTIVE_FILE)).toBe(0)
    memory.validate()
  })

  it('becomes active when it is used a second time', () => {
    const page = add(PG_FILE)
    lru.markAccessed(page)
    expect(lru.flags(page)).toBe(PG_FILE | PG_REFERENCED)
    lru.markAccessed(page)
    expect(lru.flags(page)).toBe(PG_FILE | PG_ACTIVE)
    lru.markAccessed(page)
    expect(lru.flags(page)).toBe(PG_FILE | PG_ACTIVE | PG_REFERENCED)
    expect([INACTIVE_FILE, ACTIVE_FILE].map((list) => lru.pages(0, list))).toEqual([0, 1])
    memory.validate()
  })

  it('is missed by validate() when its flags or its list are wrong', () => {
    const page = add(PG_FILE)
    memory.frames.flags[page] = 0
    expect(() => lru.validate()).toThrow(InvariantError)
    memory.frames.flags[page] = PG_FILE
    lru.validate()
    memory.frames.remove(page)
    expect(() => lru.validate()).toThrow(InvariantError)
  })
})

describe('reclaim', () => {
  it('takes what has been on the list for longest', () => {
    const pages = addMany(200, PG_FILE)
    const gone: number[] = []
    hooks.reclaimed = (page) => gone.push(page)
    expect(reclaim()).toMatchObject({ pages: gone.length })
    expect(gone).toEqual(pages.slice(0, gone.length))
    // Enough is enough.
    expect(gone.length).toBeGreaterThanOrEqual(32)
    expect(gone.length).toBeLessThan(96)
  })

  it('takes active pages only after inactive ones, and when those are too few', () => {
    addMany(100, PG_FILE | PG_ACTIVE)
    expect(reclaim().pages).toBeGreaterThanOrEqual(32)
    expect(lru.pages(0, ACTIVE_FILE)).toBeLessThan(100)
  })

  it('leaves active pages alone while there are as many others', () => {
    addMany(100, PG_FILE | PG_ACTIVE)
    addMany(200, PG_FILE)
    expect(reclaim().pages).toBeGreaterThanOrEqual(32)
    expect(lru.pages(0, ACTIVE_FILE)).toBe(100)
  })

  it('wakes the flusher threads only when it meets nothing but dirty pages', () => {
    hooks.wakeFlushers = () => {
      throw new Error('there were clean pages')
    }
    for (let i = 0; i < 100; i++) add(i % 2 === 0 ? PG_FILE : PG_FILE | PG_DIRTY)
    expect(vmscan.tryToFreePages({ gfp: GFP_KERNEL, node: 0 }).pages).toBeGreaterThan(0)
  })

  it('remembers the pages that it met while they were written', () => {
    const [first, second, third] = [0, 0, 0].map(() => add(PG_FILE | PG_WRITEBACK)) as [
      number,
      number,
      number,
    ]
    lru.endWriteback(second)
    // Nobody wanted it meanwhile: it stays where it is.
    expect(lru.last(0, INACTIVE_FILE)).toBe(first)
    lru.endWriteback(first)
    expect(reclaim().pages).toBe(2)
    expect(lru.flags(third) & (PG_WRITEBACK | PG_RECLAIM)).toBe(PG_WRITEBACK | PG_RECLAIM)
    add(PG_FILE)
    lru.endWriteback(third)
    expect(lru.last(0, INACTIVE_FILE)).toBe(third)
  })

  it('undoes the boost of watermarks, by kswapd', () => {
    for (const zone of memory.zones.all) zone.boost = 512
    vmscan.balance(0, 0)
    expect(memory.zones.all.map(({ boost }) => boost)).toEqual([0, 0])
  })

  it('takes no page of a zone that would not help', () => {
    const low = Array.from({ length: 40 }, () => add(PG_FILE, GFP_KERNEL | __GFP_DMA))
    const high = addMany(100, PG_FILE)
    hooks.reclaimed = (page) => expect(low).toContain(page)
    expect(reclaim(GFP_KERNEL | __GFP_DMA).pages).toBeGreaterThanOrEqual(32)
    expect(lru.pagesOf(0, 2, INACTIVE_FILE)).toBe(high.length)
  })

  it('leaves dirty pages of files to the flusher threads', () => {
    const pages = addMany(64, PG_FILE | PG_DIRTY)
    let woken = 0
    hooks.wakeFlushers = () => woken++
    hooks.pageout = () => {
      throw new Error('direct reclaim writes no file')
    }
    expect(reclaim()).toEqual({ pages: 0, priority: 0 })
    expect(woken).toBeGreaterThan(0)
    const first = pages[0] ?? NO_PAGE
    expect(lru.flags(first) & ~(PG_ACTIVE | PG_WORKINGSET)).toBe(PG_FILE | PG_DIRTY | PG_RECLAIM)
    // The flusher writes it: it is next.
    lru.setFlags(first, PG_FILE | PG_RECLAIM | PG_WRITEBACK)
    lru.endWriteback(first)
    expect(lru.flags(first)).toBe(PG_FILE)
    expect(lru.last(0, INACTIVE_FILE)).toBe(first)
  })

  it('lets kswapd write files when the flusher threads cannot keep up', () => {
    addMany(64, PG_FILE | PG_DIRTY)
    // High enough that the node is never balanced.
    for (const zone of memory.zones.all) {
      zone.setReserves({ ...zone.watermarks, high: zone.managed }, zone.lowmemReserve)
    }
    let written = 0
    hooks.pageout = () => {
      written++
      return 'clean'
    }
    for (let i = 0; i < 5; i++) expect(vmscan.balance(0, 0)).toBe(false)
    expect(written).toBeGreaterThan(0)
    expect(lru.pages(0, INACTIVE_FILE) + lru.pages(0, ACTIVE_FILE)).toBe(64 - written)
  })

  it('goes on while a page is written, and takes it afterwards', () => {
    hooks.swapPages = () => 100
    hooks.pageout = () => 'writeback'
    const page = add(PG_DIRTY)
    expect(reclaim().pages).toBe(0)
    expect(lru.flags(page) & (PG_DIRTY | PG_WRITEBACK)).toBe(PG_WRITEBACK)
    lru.endWriteback(page)
    expect(reclaim().pages).toBe(1)
    hooks.pageout = () => 'keep'
    const other = add(PG_DIRTY)
    expect(reclaim().pages).toBe(0)
    expect(lru.flags(other)).toBe(PG_DIRTY)
    expect(lru.pages(0, INACTIVE_ANON)).toBe(1)
  })

  it('gives a page that was used since a second chance only if it is dirty', () => {
    const page = add(PG_FILE | PG_REFERENCED)
    expect(reclaim(GFP_NOFS).pages).toBe(1)
    expect(memory.frames.kind(page)).not.toBe(0x40)
  })
})

/** The rules of mm/vmscan.c, 6.1.192, function by function. */
describe('as in the kernel,', () => {
  it('a page that becomes inactive is still known to have been used: the next use activates it (shrink_active_list)', () => {
    const page = add(PG_FILE | PG_ACTIVE | PG_REFERENCED)
    addMany(99, PG_FILE | PG_ACTIVE)
    hooks.locked = (each) => each === page
    reclaim()
    expect(lru.flags(page)).toBe(PG_FILE | PG_REFERENCED | PG_WORKINGSET)
    memory.markAccessed(page)
    expect(lru.flags(page) & PG_ACTIVE).toBe(PG_ACTIVE)
  })

  it('active pages of zones that would not help stay active; what is passed over counts as scanned (isolate_lru_folios)', () => {
    for (let i = 0; i < 40; i++) add(PG_FILE | PG_ACTIVE, GFP_KERNEL | __GFP_DMA)
    addMany(100, PG_FILE | PG_ACTIVE)
    addMany(20, PG_FILE)
    for (let i = 0; i < 40; i++) add(PG_FILE, GFP_KERNEL | __GFP_DMA)
    expect(reclaim(GFP_KERNEL | __GFP_DMA).pages).toBeGreaterThanOrEqual(32)
    expect(lru.pagesOf(0, 2, ACTIVE_FILE)).toBe(100)
    const scanned = events[PGSCAN_DIRECT] ?? 0
    expect(scanned - (events[PGSKIP_DMA + 2] ?? 0)).toBe(events[PGSTEAL_DIRECT])
    expect(events[PGSKIP_DMA + 2]).toBeGreaterThanOrEqual(20)
  })

  it('a page of a file that was used and is dirty is activated for the flusher, like others (shrink_folio_list)', () => {
    const page = add(PG_FILE | PG_DIRTY | PG_REFERENCED)
    reclaim()
    expect(events[PGACTIVATE]).toBeGreaterThan(0)
    expect(lru.flags(page) & (PG_RECLAIM | PG_REFERENCED)).toBe(PG_RECLAIM)
  })

  it('a page with a slot that is clean goes in a NOIO scope too, and one that is dirty stays', () => {
    hooks.swapPages = () => 100
    const clean = add(PG_SWAPCACHE)
    const dirty = add(PG_SWAPCACHE | PG_DIRTY)
    expect(reclaim(GFP_NOIO).pages).toBe(1)
    expect(memory.frames.isUsed(clean)).toBe(false)
    expect(lru.flags(dirty)).toBe(PG_SWAPCACHE | PG_DIRTY)
  })

  it('what reclaim makes active ages what was evicted (move_folios_to_lru)', () => {
    addMany(300, PG_FILE | PG_ACTIVE)
    const evicted = memory.workingset.evict(add(PG_FILE), PG_FILE)
    hooks.locked = () => false
    addMany(40, PG_FILE | PG_DIRTY)
    const before = memory.workingset.save()[0] ?? Number.NaN
    reclaim(GFP_NOFS)
    expect(memory.workingset.save()[0]).toBeGreaterThanOrEqual(before + 40)
    expect(evicted).toBeGreaterThanOrEqual(0)
  })

  it('kswapd ages memory of programs of all groups when the node has too few inactive pages, also when swap space is full (kswapd_age_node)', () => {
    hooks.swapPages = () => 0
    hooks.totalSwapPages = () => 100
    const group = memory.memcgs.create('group')
    for (let i = 0; i < 200; i++) {
      const page = memory.alloc(task, GFP_KERNEL, 0)
      memory.charge({ task, gfp: GFP_KERNEL, page, group, cpu: 0 })
      // The group has enough inactive pages of its own, and the node has not.
      lru.add(page, i < 120 ? 0 : PG_ACTIVE)
    }
    addMany(300, PG_ACTIVE)
    for (const zone of memory.zones.all) {
      zone.setReserves({ ...zone.watermarks, high: zone.managed }, zone.lowmemReserve)
    }
    const before = lru.size(lru.lruvec(group.number, 0), INACTIVE_ANON)
    vmscan.balancing(0, 0).next()
    vmscan.balance(0, 0)
    expect(lru.size(lru.lruvec(group.number, 0), INACTIVE_ANON)).toBeGreaterThan(before)
  })

  it('a round ends with the next cluster once enough is freed and one kind of lists is given up (shrink_lruvec)', () => {
    hooks.swapPages = () => 10_000
    memory.memcgs.root.swappiness = 100
    addMany(2600, 0)
    addMany(300, PG_FILE)
    // So many that they are touched: else page cache alone would do.
    addMany(700, PG_FILE | PG_ACTIVE)
    let rounds = 0
    vmscan.registerShrinker({
      name: 'rounds',
      countObjects: () => 0 * ++rounds,
      scanObjects: () => 0,
    })
    // Somebody works on all of them, up to priority 2.
    hooks.locked = () => rounds < 11
    // At priority 1: 32 of each kind, then 32 of 137 that are left of the larger one.
    expect(reclaim()).toEqual({ pages: 96, priority: 1 })
  })

  it('kswapd may write files once it has met no page of a file in a round (shrink_node)', () => {
    for (const zone of memory.zones.all) {
      zone.setReserves({ ...zone.watermarks, high: zone.managed }, zone.lowmemReserve)
    }
    vmscan.balance(0, 0)
    expect(vmscan.save().dirty).toEqual([true])
  })

  it('requests wait a moment where kswapd has met all dirty pages before, in writing, until there is enough (LRUVEC_CONGESTED)', () => {
    const pages = addMany(64, PG_FILE | PG_WRITEBACK | PG_RECLAIM)
    const reasons = (): string[] => {
      const steps = [...vmscan.directReclaim({ gfp: GFP_KERNEL, node: 0 })]
      return steps.flatMap((step) => (step.kind === 'throttle' ? [step.reason] : []))
    }
    expect(reasons()).not.toContain('congested')
    for (const page of pages) lru.setFlags(page, PG_FILE | PG_WRITEBACK | PG_RECLAIM)
    const marks = memory.zones.all.map(({ watermarks }) => watermarks)
    for (const zone of memory.zones.all) {
      zone.setReserves({ ...zone.watermarks, high: zone.managed }, zone.lowmemReserve)
    }
    vmscan.balance(0, 0)
    expect(reasons()).toContain('congested')
    for (const [index, zone] of memory.zones.all.entries()) {
      zone.setReserves(marks[index] ?? zone.watermarks, zone.lowmemReserve)
    }
    vmscan.balance(0, 0)
    expect(reasons()).not.toContain('congested')
  })
})
