/** Slab and mempools on the page allocator. */
import { Task } from '@scopemask/core/task'
import { describe, expect, it } from 'vitest'
import {
  __GFP_NORETRY,
  __GFP_NOWARN,
  GFP_KERNEL,
  GFP_NOIO,
  Mempool,
  NO_ELEMENT,
  NO_OBJECT,
  PageAllocator,
  PF,
  SlabAllocator,
} from '../../src/index.js'

function setup(pages = 4096) {
  const log: string[] = []
  const memory = new PageAllocator(
    { nodes: [{ Normal: pages }] },
    { log: (text) => log.push(text) },
  )
  const slab = new SlabAllocator(memory, (site) => memory.callSites.name(site))
  return { memory, slab, log, task: new Task(PF, { name: 'test' }) }
}

const TRY = GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN

describe('slab on the page allocator', () => {
  it('uses up the memory, and gives it back', () => {
    const { memory, slab, task } = setup()
    const free = memory.zones.freePages()
    const objects: number[] = []
    for (let object = 0; object !== NO_OBJECT; ) {
      object = slab.kmalloc(task, 2048, TRY)
      if (object !== NO_OBJECT) objects.push(object)
    }
    expect(objects.length).toBeGreaterThan(7000)
    slab.validate()
    memory.validate()
    for (const object of objects) slab.kfree(object)
    for (const cache of slab.caches) cache.shrink()
    memory.zones.drain()
    expect(memory.zones.freePages()).toBe(free)
    slab.validate()
    memory.validate()
  })

  it('has its pages owned by the call site, and its requests checked against the scope', () => {
    const { memory, slab, task, log } = setup()
    const site = memory.callSites.number('xfs_buf_alloc')
    const object = task.run(PF.flags.MEMALLOC_NOFS, () => slab.kmalloc(task, 64, GFP_KERNEL, site))
    expect(() => memory.free(object / 4096, 0)).toThrow(
      'is part of a slab (order 0, owner xfs_buf_alloc)',
    )
    expect(log).toEqual([expect.stringContaining('xfs_buf_alloc: GFP_FS allocation is unsafe')])
    expect(memory.counters().events?.pgalloc_normal).toBe(1)
  })

  it('takes the steps of the page allocator', () => {
    const { memory, slab, task } = setup()
    const steps = slab.allocSteps(task, slab.createCache({ name: 'bio', size: 248 }), GFP_KERNEL)
    const kinds: string[] = []
    let step = steps.next()
    for (; !step.done; step = steps.next()) kinds.push(step.value.kind)
    expect(kinds).toEqual(['freelist', 'trace'])
    expect(step.value).not.toBe(NO_OBJECT)
    memory.validate()
    slab.validate()
  })

  it('gives memory back when a shrinker frees objects', () => {
    const { memory, slab, task } = setup(1024)
    const dentries = slab.createCache({ name: 'dentry', size: 192, reclaimAccount: true })
    const cached: number[] = []
    using _shrinker = memory.registerShrinker({
      name: 'dcache',
      countObjects: () => cached.length,
      scanObjects: ({ nrToScan }) => {
        const freed = cached.splice(0, nrToScan)
        for (const object of freed) slab.free(dentries, object)
        return freed.length
      },
    })
    // As many as there is memory for many times over: the oldest make room.
    for (let i = 0; i < 60_000; i++) cached.push(slab.alloc(task, dentries, GFP_KERNEL))
    expect(cached).not.toContain(NO_OBJECT)
    expect(cached.length).toBeLessThan(1024 * 21)
    slab.validate()
    memory.validate()
  })

  it('holds elements for a mempool that never fails', () => {
    const { slab, task } = setup()
    const pool = Mempool.create(4, {
      alloc: (gfp) => {
        const object = slab.kmalloc(task, 4096, gfp | __GFP_NORETRY)
        return object === NO_OBJECT ? NO_ELEMENT : object
      },
      free: (element: number) => slab.kfree(element),
    }).next().value
    if (!(pool instanceof Mempool)) throw new Error('no memory')
    const taken: number[] = []
    let waiter = pool.alloc(GFP_NOIO)
    let next = waiter.next()
    for (; next.done; next = waiter.next()) {
      taken.push(next.value)
      waiter = pool.alloc(GFP_NOIO)
    }
    expect(next.value).toEqual({ kind: 'sleep', jiffies: 1250 })
    expect(pool.reserved).toBe(0)
    expect(taken.length).toBeGreaterThan(3000)
    pool.free(taken.pop() ?? NO_ELEMENT)
    expect(waiter.next()).toMatchObject({ done: true })
    slab.validate()
  })
})
