/** Boosted watermarks: fragmentation raises them, kswapd reclaims for it, and then they fall. */
import { Task } from '@scopemask/core/task'
import { describe, expect, it } from 'vitest'
import {
  GFP_KERNEL,
  NO_PAGE,
  PageAllocator,
  PF,
  PG_DIRTY,
  PG_FILE,
  type Zone,
} from '../../src/index.js'

const task = new Task(PF)

/** A machine whose free memory is just above its high watermark, the rest page cache. */
function machine(flags = PG_FILE): { memory: PageAllocator; zone: Zone } {
  const memory = new PageAllocator({ nodes: [{ Normal: 65_536 }], minFreeKbytes: 4096 })
  const [zone] = memory.zones.all
  if (zone === undefined) throw new Error('one zone')
  // In blocks that no CPU keeps.
  while (zone.freePages > zone.watermarks.high + 55) {
    const page = memory.alloc(task, GFP_KERNEL, 5)
    if (page === NO_PAGE) throw new Error('no page')
    memory.lru.add(page, flags)
  }
  expect(zone.freePages).toBeGreaterThan(zone.watermarks.high)
  return { memory, zone }
}

describe('a boosted watermark', () => {
  it('is reclaimed for, and falls', () => {
    const { memory, zone } = machine()
    expect(memory.balanced(0)).toBe(true)
    expect(memory.kswapdNeeded(0)).toBe(false)
    zone.boost = 1024
    expect(memory.balanced(0)).toBe(false)
    expect(memory.kswapdNeeded(0)).toBe(true)
    const high = zone.watermarks.high
    expect(memory.balance(0)).toBe(true)
    expect(zone.freePages).toBeGreaterThan(high + 1024)
    expect(zone.boost).toBe(0)
    expect(memory.kswapdNeeded(0)).toBe(false)
    expect(memory.counters().events?.pgsteal_kswapd).toBeGreaterThanOrEqual(1000)
  })

  it('wakes kswapd though plenty is free, which then reclaims as much as it was raised by, without I/O', () => {
    const { memory, zone } = machine()
    for (let i = 0; i < 64; i++) memory.alloc(task, GFP_KERNEL, 5)
    const pages: number[] = []
    for (let i = 0; i < 64; i++) pages.push(memory.lru.last(0, 2))
    const free = (): number => zone.freePages
    while (free() < zone.watermarks.high + 3000) {
      const page = memory.lru.last(0, 2)
      memory.lru.remove(page)
      memory.free(page, 5)
    }
    zone.boost = 512
    expect(memory.balanced(0)).toBe(true)
    expect(memory.kswapdNeeded(0)).toBe(true)
    const before = free()
    memory.balance(0)
    expect(free() - before).toBeGreaterThanOrEqual(512)
    expect(free() - before).toBeLessThan(2048)
    expect(zone.boost).toBe(0)
  })

  it('falls too where nothing can be reclaimed without I/O, and kswapd is no failure', () => {
    const { memory, zone } = machine(PG_FILE | PG_DIRTY)
    while (zone.freePages < zone.watermarks.high + 2000) {
      const page = memory.lru.last(0, 2)
      memory.lru.remove(page)
      memory.free(page, 5)
    }
    zone.boost = 512
    const steps = memory.balancing(0)
    let next = steps.next()
    // What is added meanwhile stays for the next time.
    zone.boost += 512
    while (next.done !== true) next = steps.next()
    expect(zone.boost).toBe(512)
    expect(memory.counters().events).not.toHaveProperty('pgsteal_kswapd')
    expect(zone.reclaiming).toBe(false)
  })

  it('is reclaimed for with little on the lists of CPUs', () => {
    const { memory, zone } = machine()
    zone.boost = 1024
    const steps = memory.balancing(0)
    steps.next()
    expect(zone.reclaiming).toBe(true)
    steps.return(false)
    expect(zone.reclaiming).toBe(false)
  })
})
