/** LRU lists, and what reclaim does with the pages on them. */
import { Task } from '@scopemask/core/task'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MemoryHooks } from '../../src/alloc/memory-hooks.js'
import { PageAllocator } from '../../src/alloc/page-allocator.js'
import { __GFP_DMA, GFP_KERNEL, GFP_NOFS } from '../../src/gfp/flags.js'
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
  PG_WORKINGSET,
  PG_WRITEBACK,
} from '../../src/reclaim/lru-flags.js'
import { ScanCost } from '../../src/reclaim/scan-cost.js'
import { vmEvents } from '../../src/reclaim/vm-events.js'
import { Vmscan } from '../../src/reclaim/vmscan.js'
import { PF } from '../../src/task/flags.js'

const task = new Task(PF)
let hooks: { -readonly [K in keyof MemoryHooks]: MemoryHooks[K] }
let memory: PageAllocator
let lru: Lru
let vmscan: Vmscan

beforeEach(() => {
  hooks = {}
  memory = new PageAllocator({ nodes: [{ DMA: 1024, Normal: 3072 }] })
  lru = memory.lru
  const { zones, workingset, memcgs: groups } = memory
  const costs = new ScanCost(lru, 1, 0)
  vmscan = new Vmscan({ zones, lru, workingset, costs, groups, events: vmEvents(), hooks })
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
