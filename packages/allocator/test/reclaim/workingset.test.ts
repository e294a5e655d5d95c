/** Whether a page that is read again was thrown out too early, by mm/workingset.c's rules. */

import { Task } from '@scopemask/core/task'
import { expect, it } from 'vitest'
import { GFP_KERNEL, PageAllocator, PF, PG_ACTIVE, PG_FILE } from '../../src/index.js'
import { ACTIVE_FILE, INACTIVE_FILE } from '../../src/reclaim/lru-counts.js'
import { PG_WORKINGSET } from '../../src/reclaim/lru-flags.js'

const shadows = new Map<number, number>()
const memory = () => {
  shadows.clear()
  return new PageAllocator(
    { nodes: [{ Normal: 16384 }] },
    { reclaimed: (page, _order, shadow) => shadows.set(page, shadow) },
  )
}

function fill(allocator: PageAllocator, pages: number, flags: number): number[] {
  const task = new Task(PF)
  return Array.from({ length: pages }, () => {
    const page = allocator.alloc(task, GFP_KERNEL, 0)
    allocator.lru.add(page, PG_FILE | flags)
    return page
  })
}

it('a page that comes back soon enough to compete with active ones starts as one', () => {
  const allocator = memory()
  fill(allocator, 100, PG_ACTIVE)
  const [first] = fill(allocator, 4000, 0)
  for (const zone of allocator.zones.all) {
    zone.setReserves({ ...zone.watermarks, high: zone.managed }, zone.lowmemReserve)
  }
  const steps = allocator.balancing(0)
  while (shadows.size < 50) steps.next()
  const shadow = shadows.get(first ?? -1) ?? Number.NaN
  expect(allocator.workingset.refault({ node: 0, shadow })).toBe(PG_ACTIVE)
  while (shadows.size < 200) steps.next()
  // More were evicted since than there are active pages.
  expect(allocator.workingset.refault({ node: 0, shadow })).toBe(0)
  expect(allocator.counters().nodes?.[0]).toMatchObject({
    workingset_refault_file: 2,
    workingset_activate_file: 1,
    workingset_restore_file: 0,
  })
})

it('a page that was active before says so when it comes back', () => {
  const allocator = memory()
  fill(allocator, 300, PG_ACTIVE)
  const task = new Task(PF)
  const request = { task, gfp: GFP_KERNEL, order: 0 }
  for (const _ of allocator.reclaiming(request, GFP_KERNEL));
  const [shadow = Number.NaN] = shadows.values()
  expect(allocator.workingset.refault({ node: 0, shadow })).toBe(PG_ACTIVE | PG_WORKINGSET)
})

it('kswapd scans a list of 15,993 pages by its size >> priority, until 118 pages are free', () => {
  const allocator = new PageAllocator({
    nodes: [{ DMA32: 23188 }],
    minFreeKbytes: 1206,
    watermarkBoostFactor: 0,
  })
  const [zone] = allocator.zones.all
  expect(zone?.watermarks).toMatchObject({ min: 301, low: 376, high: 451 })
  fill(allocator, 15_993, 0)
  const task = new Task(PF)
  while (allocator.zones.freePages() > 376) allocator.alloc(task, GFP_KERNEL, 0)
  const scanned: number[] = []
  let round = 0
  for (const step of allocator.balancing(0)) {
    if (step.kind === 'scan') round += step.scanned
    if (step.kind !== 'slab') continue
    scanned.push(round)
    round = 0
  }
  expect(scanned).toEqual([3, 7, 15, 31, 62])
  expect(allocator.lru.pages(0, INACTIVE_FILE)).toBe(15_993 - 118)
  expect(allocator.lru.pages(0, ACTIVE_FILE)).toBe(0)
})

it('direct reclaim looks at active pages too when nothing else has helped, and counts as two stalls then', () => {
  const allocator = new PageAllocator({ nodes: [{ Normal: 16384 }] }, { release: () => false })
  fill(allocator, 20, PG_ACTIVE)
  const pinned = fill(allocator, 30, 0x40)
  const task = new Task(PF)
  let rounds = 0
  const steps = allocator.reclaiming({ task, gfp: GFP_KERNEL, order: 0 }, GFP_KERNEL)
  for (const step of steps) if (step.kind === 'slab') rounds += step.rounds
  expect(pinned.every((page) => allocator.lru.flags(page) & PG_FILE)).toBe(true)
  expect(rounds % 13).toBe(0)
  expect(allocator.counters().events?.allocstall_normal).toBe(rounds / 13)
})
