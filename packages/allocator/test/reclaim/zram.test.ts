/** Zram and the zsmalloc below it: shapes of classes, and that what is stored takes the memory that it should. */
import { Task } from '@scopemask/core/task'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  GFP_KERNEL,
  NO_PAGE,
  PageAllocator,
  PF,
  PF_MEMALLOC,
  SAME_FILLED,
  SwapSpace,
  Zram,
} from '../../src/index.js'
import { NO_HANDLE, Zsmalloc, zsClasses, zsHugeClassSize } from '../../src/reclaim/zsmalloc.js'

describe('classes of zsmalloc', () => {
  const distinct = [...new Set(zsClasses())]

  it('are those of the kernel with zspages of up to four pages', () => {
    // /sys/kernel/debug/zsmalloc of 6.1 lists them by class and size; the largest are 190, 202 and 254.
    const sizes = zsClasses().map(({ size }) => size)
    const named = distinct.slice(-3).map(({ size }) => [sizes.lastIndexOf(size), size])
    expect(named).toEqual([
      [190, 3072],
      [202, 3264],
      [254, 4096],
    ])
    expect(zsClasses().find(({ size }) => size === 3264)).toEqual({
      size: 3264,
      pages: 4,
      objects: 5,
    })
    expect(zsClasses().find(({ size }) => size === 4096)).toEqual({
      size: 4096,
      pages: 1,
      objects: 1,
    })
    expect(zsClasses()[0]).toEqual({ size: 32, pages: 1, objects: 128 })
  })

  it('are 16 bytes apart at most up to half a page, and lose little of a zspage', () => {
    for (const { size, pages, objects } of distinct) {
      const lost = pages * 4096 - objects * size
      expect(lost / (pages * 4096)).toBeLessThan(0.13)
    }
  })

  it('say from which size on an object has a page of its own', () => {
    expect(zsHugeClassSize()).toBe(3264 - 7)
  })
})

/** Memory of so many pages. */
function source(most: number) {
  const used = new Set<number>()
  const gfps: number[] = []
  return {
    used,
    gfps,
    alloc(gfp: number): number {
      gfps.push(gfp)
      if (used.size === most) return NO_PAGE
      let page = 0
      while (used.has(page)) page++
      used.add(page)
      return page
    },
    free(page: number): void {
      if (!used.delete(page)) throw new Error(`page ${page} is free`)
    },
  }
}

describe('objects', () => {
  it('share zspages, the fullest first, and give them back with their last', () => {
    const memory = source(100)
    const pool = new Zsmalloc(memory)
    // Class 3264: five objects in four pages.
    const first = Array.from({ length: 5 }, () => pool.malloc(3200, 0))
    const second = Array.from({ length: 2 }, () => pool.malloc(3200, 0))
    expect(pool.pages).toBe(8)
    pool.free(first[0] ?? NO_HANDLE)
    // One has four of five, the other two: the next object goes where there are four.
    const next = pool.malloc(3200, 0)
    for (const handle of second) pool.free(handle)
    expect(pool.pages).toBe(4)
    for (const handle of [...first.slice(1), next]) pool.free(handle)
    expect([pool.pages, memory.used.size]).toEqual([0, 0])
    expect(() => pool.free(next)).toThrow('is not in use')
    expect(() => pool.malloc(4097, 0)).toThrow(RangeError)
  })

  it('get none of a zspage that there is not memory enough for', () => {
    const memory = source(3)
    const pool = new Zsmalloc(memory)
    expect(pool.malloc(3200, 0)).toBe(NO_HANDLE)
    expect([pool.pages, memory.used.size]).toEqual([0, 0])
  })

  it('have as many pages as their zspages have, whatever comes and goes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 4096 }), fc.boolean()), { maxLength: 300 }),
        (steps) => {
          const memory = source(10_000)
          const pool = new Zsmalloc(memory)
          const held: number[] = []
          for (const [size, frees] of steps) {
            const handle = frees ? held.splice(size % Math.max(1, held.length), 1)[0] : undefined
            if (handle !== undefined) pool.free(handle)
            else held.push(pool.malloc(size, 0))
            expect(pool.pages).toBe(memory.used.size)
          }
          expect(new Set(held).size).toBe(held.length)
          for (const handle of held) pool.free(handle)
          expect(memory.used.size).toBe(0)
        },
      ),
      { numRuns: 40, seed: 16 },
    )
  })
})

describe('zram', () => {
  it('stores pages of one value in nothing, and those that hardly shrink as they are', () => {
    const memory = source(1000)
    const zram = new Zram(100, memory)
    for (let slot = 0; slot < 10; slot++) expect(zram.write(slot, SAME_FILLED)).toBe(true)
    for (let slot = 10; slot < 30; slot++) zram.write(slot, 1000.5)
    for (let slot = 30; slot < 33; slot++) zram.write(slot, 3257)
    // 1,001 bytes and a handle are class 1,024: four in a page.
    expect(zram.stat).toEqual({
      orig_data_size: 33 * 4096,
      compr_data_size: 20 * 1001 + 3 * 4096,
      mem_used_total: (5 + 3) * 4096,
      mem_used_max: 8 * 4096,
      same_pages: 10,
      huge_pages: 3,
    })
    for (let slot = 0; slot < 33; slot++) zram.read(slot)
    expect(zram.work).toEqual({ compressions: 23, decompressions: 20, writestalls: 0 })
    // Written over: what was there goes.
    zram.write(10, SAME_FILLED)
    zram.write(0, 100)
    for (let slot = 0; slot < 33; slot++) zram.free(slot)
    expect(zram.stat).toMatchObject({
      orig_data_size: 0,
      compr_data_size: 0,
      mem_used_total: 0,
      same_pages: 0,
      huge_pages: 0,
    })
    expect(memory.used.size).toBe(0)
  })

  it('asks without reclaim first; if that fails it asks again, in a NOIO scope as it were, and compresses once more', () => {
    const memory = source(0)
    const zram = new Zram(10, memory)
    expect(zram.write(0, 500)).toBe(false)
    expect(zram.work).toEqual({ compressions: 1, decompressions: 0, writestalls: 1 })
    // __GFP_KSWAPD_RECLAIM|__GFP_NOWARN|__GFP_HIGHMEM|__GFP_MOVABLE, and GFP_NOIO|__GFP_HIGHMEM|__GFP_MOVABLE.
    expect(memory.gfps).toEqual([0x280a, 0xc0a])
    let calls = 0
    const late = new Zram(10, { alloc: () => (calls++ === 0 ? NO_PAGE : 7), free: () => {} })
    expect(late.write(0, 500)).toBe(true)
    expect(late.work).toEqual({ compressions: 2, decompressions: 0, writestalls: 1 })
  })
})

describe('swap to compressed memory', () => {
  it('takes pages of the memory that it is to free, and reclaim gets more than it costs', () => {
    const task = new Task(PF)
    const reclaimer = new Task(PF, { mask: PF_MEMALLOC })
    const entries = new Map<number, number>()
    const memory: PageAllocator = new PageAllocator(
      { nodes: [{ Normal: 8192 }] },
      {
        swapPages: () => swap.free,
        addToSwap: (page) => {
          const entry = swap.alloc(page)
          entries.set(page, entry)
          return entry >= 0
        },
        pageout: (page) => (swap.write(entries.get(page) ?? -1, 1300) ? 'clean' : 'keep'),
      },
    )
    const zram = new Zram(4000, {
      alloc: (gfp) => memory.alloc(reclaimer, gfp, 0),
      free: (page) => memory.free(page, 0),
    })
    const swap = new SwapSpace([{ pages: 4000, zram }], memory.memcgs)
    for (let i = 0; i < 3000; i++) memory.lru.add(memory.alloc(task, GFP_KERNEL, 0), 0)
    const free = memory.zones.freePages()
    let reclaimed = 0
    while (reclaimed < 300) {
      for (const step of memory.reclaiming({ task, gfp: GFP_KERNEL, order: 0 }, GFP_KERNEL)) {
        if (step.kind === 'scan') reclaimed += step.reclaimed
      }
    }
    expect(zram.stat.orig_data_size / 4096).toBe(reclaimed)
    // Class 1,360: three in a page.
    expect(zram.pages).toBe(Math.ceil(reclaimed / 3))
    expect(swap.zramPages).toBe(zram.pages)
    memory.zones.drain()
    expect(memory.zones.freePages() - free).toBe(reclaimed - zram.pages)
    for (const entry of entries.values()) swap.release(entry)
    expect(zram.pages).toBe(0)
    memory.validate()
  })
})
