/** memory.swap.max: how far the pages of a group go to swap space, and what reclaim makes of it. */
import { Task } from '@scopemask/core/task'
import { describe, expect, it } from 'vitest'
import {
  GFP_KERNEL,
  type MemcgLimits,
  PageAllocator,
  PF,
  PG_FILE,
  SwapSpace,
} from '../../src/index.js'

const task = new Task(PF)

/** A group at its limit: 300 pages of programs and 100 of files, and swap space of 1,000 pages. */
function group(limits: MemcgLimits, lruGen = false) {
  const entries = new Map<number, number>()
  const lost = { anon: 0, file: 0 }
  const memory: PageAllocator = new PageAllocator(
    { nodes: [{ Normal: 8192 }], lruGen },
    {
      swapPages: () => swap.free,
      addToSwap: (page) => {
        const entry = swap.alloc(page)
        if (entry >= 0) entries.set(page, entry)
        return entry >= 0
      },
      reclaimed: (page) => {
        lost[entries.has(page) ? 'anon' : 'file']++
      },
    },
  )
  const swap = new SwapSpace([{ pages: 1000 }], memory.memcgs)
  const parent = memory.memcgs.create('all')
  const child = memory.memcgs.create('job', limits, parent)
  for (let i = 0; i < 400; i++) {
    const page = memory.alloc(task, GFP_KERNEL, 0)
    memory.charge({ task, gfp: GFP_KERNEL, page, group: child })
    memory.lru.add(page, i < 300 ? 0 : PG_FILE)
  }
  const reclaim = (pages: number): number => {
    const steps = memory.memcgReclaiming(
      { kind: 'memcg-reclaim', group: child, gfp: GFP_KERNEL, pages },
      { task },
    )
    for (;;) {
      const step = steps.next()
      if (step.done) return step.value
    }
  }
  return { memory, swap, parent, child, entries, lost, reclaim }
}

describe.each([
  ['active and inactive lists', false],
  ['generations', true],
])('memory.swap.max with %s', (_, lruGen) => {
  it('of 0 leaves programs alone: only pages of files are reclaimed', () => {
    const { memory, lost, reclaim, child } = group({ swapMax: 0 }, lruGen)
    reclaim(64)
    expect(lost.anon).toBe(0)
    expect(lost.file).toBeGreaterThan(0)
    expect([child.swapUsage, child.swapEvents.max]).toEqual([0, 0])
    memory.validate()
  })

  it('counts what is in swap space, in groups above too, until the slot is given back', () => {
    const { memory, swap, parent, child, entries, lost, reclaim } = group({}, lruGen)
    while (lost.anon < 100 && reclaim(64) > 0);
    expect(lost.anon).toBeGreaterThan(0)
    expect([child.swapUsage, parent.swapUsage]).toEqual([entries.size, entries.size])
    const state = memory.memcgs.save()
    for (const entry of entries.values()) swap.release(entry)
    expect([child.swapUsage, parent.swapUsage, swap.free]).toEqual([0, 0, 1000])
    memory.memcgs.load(state)
    expect(parent.swapUsage).toBe(entries.size)
    memory.validate()
  })

  it('is not passed, by the group or by those above it', () => {
    const own = group({ swapMax: 70 }, lruGen)
    const above = group({}, lruGen)
    above.parent.setLimits({ swapMax: 70 })
    for (const { memory, child, reclaim } of [own, above]) {
      for (let i = 0; i < 20; i++) reclaim(64)
      expect(child.swapUsage).toBeLessThanOrEqual(70)
      expect(child.swapUsage).toBeGreaterThan(0)
      memory.validate()
    }
  })
})

describe('a slot', () => {
  it('that a group may not have is an event of the group and of those above it', () => {
    const { memory, swap, parent, child } = group({ swapMax: 1 })
    const page = memory.alloc(task, GFP_KERNEL, 0)
    memory.charge({ task, gfp: GFP_KERNEL, page, group: child })
    const entry = swap.alloc(page)
    expect(entry).toBe(0)
    expect([swap.alloc(page), swap.free]).toEqual([-1, 999])
    expect([child.swapEvents, parent.swapEvents]).toEqual([
      { max: 1, fail: 1 },
      { max: 1, fail: 1 },
    ])
    expect(child.swapRoom(swap.free)).toBe(0)
    expect(parent.swapRoom(swap.free)).toBe(999)
    expect(() => child.setLimits({ swapMax: -1 })).toThrow('memory.swap.max of /all/job is 0 pages')
  })

  it('keeps a removed group, and what it has then is charged above it', () => {
    const { memory, swap, parent } = group({})
    const job = memory.memcgs.create('late', {}, parent)
    const charged = Array.from({ length: 2 }, () => {
      const page = memory.alloc(task, GFP_KERNEL, 0)
      memory.charge({ task, gfp: GFP_KERNEL, page, group: job })
      return page
    })
    const first = swap.alloc(charged[0])
    memory.memcgs.remove(job)
    const second = swap.alloc(charged[1])
    expect([job.swapUsage, parent.swapUsage]).toEqual([1, 2])
    for (const page of charged) memory.free(page, 0)
    expect(parent.children).toContain(job)
    swap.release(first)
    expect(parent.children).not.toContain(job)
    swap.release(second)
    expect(parent.swapUsage).toBe(0)
  })
})
