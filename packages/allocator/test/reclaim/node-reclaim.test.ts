/** Node reclaim: page cache of the own node before pages of another, where it is turned on. */
import { Task } from '@scopemask/core/task'
import { describe, expect, it } from 'vitest'
import {
  ALLOC_WMARK_LOW,
  GFP_KERNEL,
  GFP_NOFS,
  linux6_1,
  type MemoryHooks,
  type MemoryOptions,
  NO_PAGE,
  type NodeReclaimed,
  PageAllocator,
  PF,
  PF_MEMALLOC,
  PG_DIRTY,
  PG_FILE,
  PG_PRIVATE,
} from '../../src/index.js'

const task = new Task(PF)
const NOWAIT = linux6_1.flags.GFP_NOWAIT
const THISNODE = linux6_1.flags.__GFP_THISNODE | linux6_1.flags.__GFP_NOWARN

/** Two nodes, the first of which is full of page cache. */
function full(
  options: Partial<MemoryOptions>,
  flags = PG_FILE,
  hooks: MemoryHooks = {},
): PageAllocator {
  const nodes = [{ Normal: 4096 }, { Normal: 4096 }]
  const memory = new PageAllocator({ nodes, cpus: 2, ...options }, hooks)
  const take = (order: number): number =>
    memory.zones.alloc(THISNODE, order, ALLOC_WMARK_LOW, {
      cpu: 0,
      node: 0,
      taskFlags: PF_MEMALLOC,
    })
  // Blocks that no CPU keeps: what is freed of them is free in the zone at once.
  for (let page = take(4); page !== NO_PAGE; page = take(4)) memory.lru.add(page, flags)
  for (let page = take(0); page !== NO_PAGE; ) page = take(0)
  return memory
}

const nodeOf = (
  memory: PageAllocator,
  request: Partial<Parameters<PageAllocator['allocFor']>[0]> = {},
): number =>
  memory.zones.zoneOf(memory.allocFor({ task, gfp: GFP_KERNEL, order: 0, ...request })).node

describe('a request whose node is full of page cache', () => {
  it('goes to the next node, unless nodes are reclaimed', () => {
    expect(nodeOf(full({}))).toBe(1)
    const memory = full({ zoneReclaimMode: 1 })
    expect(nodeOf(memory)).toBe(0)
    expect(memory.counters().events).toMatchObject({ pgsteal_direct: expect.any(Number) })
    expect(memory.alloc(task, GFP_KERNEL, 0)).not.toBe(NO_PAGE)
    memory.validate()
  })

  it('that cannot wait, or frees memory itself, goes to the next node', () => {
    const memory = full({ zoneReclaimMode: 1 })
    expect(nodeOf(memory, { gfp: NOWAIT })).toBe(1)
    const memalloc = new Task(PF, { mask: PF_MEMALLOC })
    expect(nodeOf(memory, { task: memalloc })).toBe(1)
  })

  it('says which node was reclaimed for whom, and with what success', () => {
    const reports: NodeReclaimed[] = []
    const nodeReclaimed = (report: NodeReclaimed): void => {
      reports.push(report)
    }
    const memory = full({ zoneReclaimMode: 1 }, PG_FILE, { nodeReclaimed })
    expect(nodeOf(memory)).toBe(0)
    expect(reports).toEqual([
      { node: 0, gfp: GFP_KERNEL, reclaimed: expect.any(Number), rounds: 1 },
    ])
    expect(reports[0]?.reclaimed).toBeGreaterThanOrEqual(32)
    // In vain: with all priorities from 4 to 0 (NODE_RECLAIM_PRIORITY).
    const vain = full({ zoneReclaimMode: 1 }, PG_FILE | PG_PRIVATE, { nodeReclaimed })
    expect(nodeOf(vain, { gfp: GFP_NOFS })).toBe(1)
    expect(reports[1]).toEqual({ node: 0, gfp: GFP_NOFS, reclaimed: 0, rounds: 5 })
  })

  it('leaves alone what its scope does not let it release', () => {
    const memory = full({ zoneReclaimMode: 1 }, PG_FILE | PG_PRIVATE)
    expect(nodeOf(memory, { gfp: GFP_NOFS })).toBe(1)
    expect(memory.counters().events).toMatchObject({ zone_reclaim_failed: 1 })
    expect(nodeOf(memory)).toBe(0)
  })

  it('leaves dirty pages and memory of programs alone', () => {
    const dirty = full({ zoneReclaimMode: 1 }, PG_FILE | PG_DIRTY, { dirtyPages: () => 4096 })
    expect(nodeOf(dirty)).toBe(1)
    expect(dirty.counters().events).not.toHaveProperty('pgscan_direct')
    const anon = full({ zoneReclaimMode: 1 }, 0, { swapPages: () => 1000, slabPages: () => 4096 })
    expect(nodeOf(anon)).toBe(1)
    const unmap = full({ zoneReclaimMode: 4 }, 0, { swapPages: () => 1000, slabPages: () => 4096 })
    expect(nodeOf(unmap)).toBe(0)
  })

  it('of another node with CPUs, or far away, does not reclaim it', () => {
    const memory = full({ zoneReclaimMode: 1 })
    expect(nodeOf(memory, { node: 0, cpu: 1 })).toBe(1)
    // Without CPUs nobody else does.
    expect(nodeOf(full({ zoneReclaimMode: 1, cpuNodes: [1, 1] }), { node: 0, cpu: 1 })).toBe(0)
  })
})
