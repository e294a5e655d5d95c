/** Whether a page that is read again was thrown out too early, by mm/workingset.c's rules. */

import { Task } from '@scopemask/core/task'
import { describe, expect, it } from 'vitest'
import {
  GFP_KERNEL,
  type MemCgroup,
  NO_PAGE,
  PageAllocator,
  PF,
  PG_ACTIVE,
  PG_FILE,
} from '../../src/index.js'
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

/** What mm/workingset.c of 6.1.192 does where there are memory cgroups: the lruvec that a page was evicted from is that of the group whose limit it was. */
describe('with memory cgroups a page that comes back', () => {
  function grouped() {
    const memory = new PageAllocator({ nodes: [{ Normal: 16384 }], memcgs: 2 })
    const { lru, workingset, memcgs } = memory
    const [parent, other] = [memcgs.create('parent'), memcgs.create('other')]
    const task = new Task(PF)
    const list = (group: MemCgroup, pages: number, flags: number): number => {
      let page = NO_PAGE
      for (let i = 0; i < pages; i++) {
        page = memory.alloc(task, GFP_KERNEL, 0)
        memory.charge({ task, gfp: GFP_KERNEL, page, group, cpu: 0 })
        lru.add(page, flags)
      }
      return page
    }
    return { memory, workingset, memcgs, parent, other, list }
  }

  it('is measured by evictions for the same limit, and competes with the pages of that group', () => {
    const { workingset, parent, other, list } = grouped()
    list(parent, 10, PG_FILE | PG_ACTIVE)
    const page = list(parent, 1, PG_FILE)
    const shadow = workingset.evict(page, PG_FILE, parent)
    for (let i = 0; i < 100; i++) workingset.evict(page, PG_FILE, other)
    const group = parent.number
    expect(workingset.refault({ node: 0, shadow, group })).toBe(PG_ACTIVE)
    for (let i = 0; i < 100; i++) workingset.evict(page, PG_FILE, parent)
    expect(workingset.refault({ node: 0, shadow, group })).toBe(0)
    // Evictions for a limit age the node as well.
    const global = workingset.evict(page, PG_FILE)
    for (let i = 0; i < 100; i++) workingset.evict(page, PG_FILE, other)
    expect(workingset.refault({ node: 0, shadow: global, group })).toBe(0)
  })

  it('is counted for its group and all above it, and shows a change there alone', () => {
    const { memory, workingset, parent, other, list } = grouped()
    list(parent, 10, PG_FILE | PG_ACTIVE)
    const shadow = workingset.evict(list(parent, 1, PG_FILE), PG_FILE, parent)
    workingset.refault({ node: 0, shadow, group: parent.number })
    expect(memory.counters().nodes?.[0]).toMatchObject({ workingset_activate_file: 1 })
    const lruvec = (group: MemCgroup): number => memory.lru.lruvec(group.number, 0)
    expect([parent, other].map((group) => workingset.changing(lruvec(group)))).toEqual([
      true,
      false,
    ])
    workingset.look(lruvec(parent))
    expect([workingset.changing(lruvec(parent)), workingset.changing(0)]).toEqual([false, true])
  })

  it('to nobody, since the group is gone, is new, and is not counted', () => {
    const { memory, workingset, memcgs, other } = grouped()
    const page = memory.alloc(new Task(PF), GFP_KERNEL, 0)
    memory.lru.add(page, PG_FILE)
    const shadow = workingset.evict(page, PG_FILE, other)
    memcgs.remove(other)
    expect(workingset.refault({ node: 0, shadow })).toBe(0)
    expect(memory.counters().nodes?.[0]).toMatchObject({ workingset_refault_file: 0 })
  })
})
