/** Many pages at once: from one zone, as long as it stays above its watermark, and at least one. */
import { Task } from '@scopemask/core/task'
import { describe, expect, it } from 'vitest'
import {
  __GFP_MOVABLE,
  GFP_KERNEL,
  GFP_KERNEL_ACCOUNT,
  GFP_USER,
  linux6_1,
  type MemoryOptions,
  NO_PAGE,
  PageAllocator,
  PF,
} from '../../src/index.js'

const task = new Task(PF)
const NOWAIT = linux6_1.flags.GFP_NOWAIT | linux6_1.flags.__GFP_NOWARN
const none = (length: number): Int32Array => new Int32Array(length).fill(NO_PAGE)
const machine = (options: Partial<MemoryOptions> = {}): PageAllocator =>
  new PageAllocator({ nodes: [{ Normal: 8192 }, { Normal: 8192 }], cpus: 2, ...options })

describe('a bulk allocation', () => {
  it('fills the places that are empty, from the beginning, with pages of the own node', () => {
    const memory = machine()
    const pages = none(50)
    const kept = memory.alloc(task, GFP_KERNEL, 0, 0, 1)
    pages[3] = kept
    expect(memory.allocBulk(task, GFP_KERNEL, pages, 0, 1)).toBe(50)
    expect(new Set(pages).size).toBe(50)
    expect(pages[3]).toBe(kept)
    for (const page of pages) expect(memory.zones.zoneOf(page).node).toBe(1)
    expect(memory.allocBulk(task, GFP_KERNEL, pages, 0, 1)).toBe(50)
    expect(memory.counters().events).toMatchObject({ pgalloc_normal: 50 })
    for (const page of pages) memory.free(page, 0, 1)
    memory.validate()
  })

  it('gives the pages that as many requests would have got', () => {
    const [bulk, single] = [machine(), machine()]
    const pages = none(300)
    expect(bulk.allocBulk(task, GFP_KERNEL, pages)).toBe(300)
    expect([...pages]).toEqual(Array.from(pages, () => single.alloc(task, GFP_KERNEL, 0)))
  })

  it('takes one page when the zone would not stay above its watermark, and goes elsewhere for it', () => {
    const memory = machine()
    const [zone] = memory.zones.all
    if (zone === undefined) throw new Error('zones')
    while (zone.freePages > zone.watermarks.low + 100) memory.alloc(task, GFP_KERNEL, 0)
    expect(memory.allocBulk(task, GFP_KERNEL, none(zone.freePages))).toBe(1)
    for (;;) if (memory.zones.zoneOf(memory.alloc(task, NOWAIT, 0)).node === 1) break
    const pages = none(10)
    expect(memory.allocBulk(task, GFP_KERNEL, pages)).toBe(1)
    expect(memory.zones.zoneOf(pages[0] ?? NO_PAGE).node).toBe(1)
  })

  it('counts free pages of CMA areas for pages that move, and wakes nobody (prepare_alloc_pages, 6.1.192)', () => {
    const memory = machine({ nodes: [{ Normal: 8192 }], cma: [{ start: 2048, pages: 4096 }] })
    const [zone] = memory.zones.all
    if (zone === undefined) throw new Error('one zone')
    while (zone.freePages - zone.freeCma > zone.watermarks.low + 100)
      memory.alloc(task, GFP_KERNEL, 0)
    zone.boosted = true
    expect(memory.allocBulk(task, GFP_USER | __GFP_MOVABLE, none(500))).toBe(500)
    expect(zone.boosted).toBe(true)
    expect(memory.allocBulk(task, GFP_KERNEL, none(500))).toBe(1)
    memory.validate()
  })

  it('charges what is to be charged, one by one', () => {
    const memory = machine()
    const group = memory.memcgs.create('a')
    memory.memcgs.attach(task, group)
    const pages = none(5)
    expect(memory.allocBulk(task, GFP_KERNEL_ACCOUNT, pages)).toBe(1)
    expect(memory.memcgs.of(pages[0] ?? NO_PAGE)).toBe(group)
    memory.memcgs.attach(task, memory.memcgs.root)
  })

  it('of nothing is nothing', () => {
    expect(machine().allocBulk(task, GFP_KERNEL, none(0))).toBe(0)
    const empty = new PageAllocator({ nodes: [{}] })
    expect(empty.allocBulk(task, NOWAIT, none(3))).toBe(0)
  })
})
