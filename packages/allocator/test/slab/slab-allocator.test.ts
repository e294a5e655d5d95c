/** kmalloc and named caches on the zones of a machine. */
import { Task } from '@scopemask/core/task'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { PageAllocator } from '../../src/alloc/page-allocator.js'
import { ALLOC_WMARK_MIN } from '../../src/gfp/alloc-flags.js'
import { currentGfpContext } from '../../src/gfp/context.js'
import * as gfp from '../../src/gfp/flags.js'
import { formatGfp } from '../../src/gfp/format.js'
import { linux6_1 } from '../../src/gfp/kernels.js'
import { PageError } from '../../src/pages/page-error.js'
import { NO_PAGE } from '../../src/pages/page-frames.js'
import { Zones } from '../../src/pages/zones.js'
import {
  SlabAllocator,
  SlabError,
  type SlabPages,
  ZERO_SIZE_PTR,
} from '../../src/slab/slab-allocator.js'
import { NO_OBJECT } from '../../src/slab/slab-cache.js'
import { PF } from '../../src/task/flags.js'

const { GFP_KERNEL, GFP_NOFS } = gfp
const CPUS = 2

/** A machine of 64 MiB that remembers the requests for pages, as the filter leaves them. */
class Machine implements SlabPages {
  readonly zones: Zones
  readonly cpus = CPUS
  readonly requests: string[] = []
  /** Blocks larger than this are not to be had. */
  most = 10

  constructor() {
    this.zones = new Zones(
      { nodes: [{ DMA: 4096, Normal: 12288 }], cpus: CPUS },
      (owner) => `#${owner}`,
    )
  }

  get frames() {
    return this.zones.frames
  }

  alloc(task: Task<'PF'>, raw: number, order: number, site: number, cpu: number): number {
    const request = currentGfpContext(task.mask, raw)
    this.requests.push(`${order} ${formatGfp(linux6_1, request)}`)
    if (order > this.most) return NO_PAGE
    const page = this.zones.alloc(request, order, ALLOC_WMARK_MIN, { cpu, node: 0 })
    if (page !== NO_PAGE) this.frames.owner[page] = site
    return page
  }

  free(page: number, order: number, cpu: number): void {
    this.zones.zoneOf(page).free(page, order, cpu)
  }
}

const task = new Task(PF, { name: 'test' })
let machine: Machine
let slab: SlabAllocator

beforeEach(() => {
  machine = new Machine()
  slab = new SlabAllocator(machine, (site) => ['nobody', 'alice', 'bob'][site] ?? '?')
})

/** The cache that an address is in, by what a wrong free says. */
const cacheOf = (address: number) => {
  const message = (() => {
    try {
      slab.kfree(address + 1)
      return ''
    } catch (error) {
      return String(error)
    }
  })()
  return /the cache (\S+)/.exec(message)?.[1]
}

describe('kmalloc', () => {
  it.each([
    [1, 'kmalloc-8'],
    [8, 'kmalloc-8'],
    [9, 'kmalloc-16'],
    [64, 'kmalloc-64'],
    [65, 'kmalloc-96'],
    [97, 'kmalloc-128'],
    [129, 'kmalloc-192'],
    [193, 'kmalloc-256'],
    [1025, 'kmalloc-2k'],
    [8192, 'kmalloc-8k'],
  ])('of %s bytes is served by %s', (size, name) => {
    expect(cacheOf(slab.kmalloc(task, size, GFP_KERNEL))).toBe(name)
  })

  it.each([
    ['GFP_KERNEL_ACCOUNT', gfp.GFP_KERNEL_ACCOUNT, 'kmalloc-cg-64'],
    ['reclaimable', GFP_KERNEL | gfp.__GFP_RECLAIMABLE, 'kmalloc-rcl-64'],
    ['both', gfp.GFP_KERNEL_ACCOUNT | gfp.__GFP_RECLAIMABLE, 'kmalloc-rcl-64'],
    ['DMA', GFP_KERNEL | gfp.__GFP_DMA | gfp.__GFP_RECLAIMABLE, 'dma-kmalloc-64'],
  ])('of %s objects has caches of its own', (_what, flags, name) => {
    expect(cacheOf(slab.kmalloc(task, 64, flags))).toBe(name)
  })

  it('aligns objects whose size is a power of two to it', () => {
    for (const size of [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]) {
      for (let i = 0; i < 5; i++) expect(slab.kmalloc(task, size, GFP_KERNEL) % size).toBe(0)
    }
  })

  it('gives whole pages for more than caches have', () => {
    const address = slab.kmalloc(task, 8193, GFP_KERNEL)
    expect(machine.requests).toEqual(['2 GFP_KERNEL|__GFP_COMP'])
    expect(address % 4096).toBe(0)
    expect(() => slab.kfree(address + 4096)).toThrow(SlabError)
    slab.kfree(address)
    expect(() => slab.kfree(address)).toThrow('it is in no slab, and no block begins there')
    expect(slab.kmalloc(task, 2 ** 22 + 1, GFP_KERNEL)).toBe(NO_OBJECT)
    expect(slab.kmalloc(task, 2 ** 40, GFP_KERNEL)).toBe(NO_OBJECT)
  })

  it('of nothing can be freed', () => {
    expect(slab.kmalloc(task, 0, GFP_KERNEL)).toBe(ZERO_SIZE_PTR)
    slab.kfree(ZERO_SIZE_PTR)
    slab.kfree(NO_OBJECT)
    expect(machine.requests).toEqual([])
  })

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('of %s bytes is a mistake', (size) => {
    expect(() => slab.kmalloc(task, size, GFP_KERNEL)).toThrow(RangeError)
  })
})

describe('a slab', () => {
  it('is requested with what the caller allows, and with what the scope leaves of that', () => {
    slab.kmalloc(task, 64, GFP_KERNEL | gfp.__GFP_ZERO | gfp.__GFP_NOFAIL)
    expect(machine.requests.splice(0)).toEqual(['0 GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY'])
    task.run(PF.flags.MEMALLOC_NOFS, () => slab.kmalloc(task, 96, GFP_KERNEL))
    expect(machine.requests.splice(0)).toEqual(['0 GFP_NOFS|__GFP_NOWARN|__GFP_NORETRY'])
  })

  it('is of the smallest order, with all that is allowed, when a larger one takes an effort', () => {
    machine.most = 0
    const address = slab.kmalloc(task, 2048, GFP_NOFS | gfp.__GFP_NOFAIL)
    expect(machine.requests).toEqual([
      '3 __GFP_IO|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_NOMEMALLOC',
      '0 GFP_NOFS|__GFP_NOFAIL|__GFP_COMP',
    ])
    expect(address).not.toBe(NO_OBJECT)
    slab.validate()
    machine.zones.validate()
  })

  it('keeps what is allowed of reclaim when the caller may not wait', () => {
    slab.kmalloc(task, 2048, gfp.__GFP_KSWAPD_RECLAIM)
    expect(machine.requests).toEqual(['3 GFP_NOWAIT|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP'])
  })

  it('is not to be had at all: then there is no object', () => {
    machine.most = -1
    expect(slab.kmalloc(task, 64, GFP_KERNEL)).toBe(NO_OBJECT)
    slab.validate()
  })

  it('can be allocated in steps', () => {
    machine.most = 0
    const stepping = new SlabAllocator({
      frames: machine.frames,
      cpus: CPUS,
      alloc: () => expect.fail('at once'),
      free: (page, order, cpu) => machine.free(page, order, cpu),
      *steps({ task: who, gfp: flags, order, site, cpu }) {
        const reclaimed = yield { kind: 'reclaim', gfp: flags }
        if (reclaimed === 0) return NO_PAGE
        return machine.alloc(who, flags, order, site, cpu)
      },
    })
    const cache = stepping.createCache({ name: 'bio', size: 2048 })
    const steps = stepping.allocSteps(task, cache, GFP_NOFS, 1, 1)
    // The large slab first, then a small one.
    expect(steps.next().value).toMatchObject({ kind: 'reclaim', gfp: expect.any(Number) })
    expect(steps.next(1).value).toMatchObject({ kind: 'reclaim', gfp: GFP_NOFS | gfp.__GFP_COMP })
    const { done, value } = steps.next(32)
    expect(done).toBe(true)
    expect(machine.requests).toHaveLength(2)
    // The other object of that page is there at once.
    const next = stepping.allocSteps(task, cache, GFP_NOFS, 1, 1).next()
    expect(next).toEqual({ done: true, value: (value as number) + 2048 })
    const failing = stepping.allocSteps(task, cache, GFP_NOFS, 1, 1)
    failing.next()
    failing.next(0)
    expect(failing.next(0)).toEqual({ done: true, value: NO_OBJECT })
    stepping.validate()
  })

  it('is allocated at once where there are no steps', () => {
    const cache = slab.createCache({ name: 'bio', size: 100 })
    const { done, value } = slab.allocSteps(task, cache, GFP_KERNEL).next()
    expect([done, typeof value]).toEqual([true, 'number'])
    machine.most = -1
    const other = slab.createCache({ name: 'inode', size: 100 })
    expect(slab.allocSteps(task, other, GFP_KERNEL).next().value).toBe(NO_OBJECT)
  })

  it('of reclaimable objects has reclaimable pages, and is counted so', () => {
    const inodes = slab.createCache({ name: 'inode_cache', size: 600, reclaimAccount: true })
    slab.alloc(task, inodes, GFP_NOFS)
    expect(machine.requests).toEqual([
      '1 __GFP_IO|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_NOMEMALLOC|__GFP_RECLAIMABLE',
    ])
    slab.kmalloc(task, 8, GFP_NOFS)
    expect([slab.slabPages(true), slab.slabPages(false)]).toEqual([2, 1])
  })

  it('of DMA objects is in that zone', () => {
    const address = slab.kmalloc(task, 64, GFP_KERNEL | gfp.__GFP_DMA)
    expect(machine.zones.zoneOf(address / 4096).name).toBe('DMA')
  })
})

describe('a cache', () => {
  it('has a name of its own', () => {
    expect(() => slab.createCache({ name: 'kmalloc-8', size: 8 })).toThrow(
      'there is a cache kmalloc-8 already',
    )
  })

  it('takes back its own objects only, and names what is wrong', () => {
    const one = slab.createCache({ name: 'one', size: 100 })
    const two = slab.createCache({ name: 'two', size: 100 })
    const address = slab.alloc(task, one, GFP_KERNEL, 1)
    const at = `0x${address.toString(16)}`
    expect(() => slab.free(two, address)).toThrow(
      `${at} freed to the cache two is of the cache one (owner alice)`,
    )
    slab.free(one, address)
    expect(() => slab.free(one, address)).toThrow(
      new SlabError(`${at} of the cache one (owner alice) is free already: freed twice?`),
    )
    expect(() => slab.kfree(address + 8)).toThrow('is not where an object begins')
    const wrapped = slab.alloc(task, one, GFP_KERNEL) - 2 ** 44
    for (const nowhere of [2 ** 40, -4096, 0.5, Number.NaN, wrapped]) {
      expect(() => slab.free(one, nowhere), String(nowhere)).toThrow(SlabError)
      expect(() => slab.kfree(nowhere), String(nowhere)).toThrow(SlabError)
    }
    slab.validate()
  })

  it('protects its pages from being freed as such', () => {
    const page = slab.kmalloc(task, 64, GFP_KERNEL, 2) / 4096
    expect(() => machine.free(page, 0, 0)).toThrow(PageError)
    expect(() => machine.free(page, 0, 0)).toThrow('is part of a slab')
  })

  it('that was made after a snapshot is empty when that is put back', () => {
    const frames = machine.zones.save()
    const saved = slab.save()
    const late = slab.createCache({ name: 'late', size: 100 })
    slab.alloc(task, late, GFP_KERNEL)
    machine.zones.load(frames)
    slab.load(saved)
    expect(late.info()).toMatchObject({ objects: 0, slabs: 0 })
    slab.validate()
    machine.zones.validate()
    expect(slab.alloc(task, late, GFP_KERNEL)).not.toBe(NO_OBJECT)
  })
})

describe('any sequence', () => {
  const sizes = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40_000 }))
  const flags = fc.constantFrom(
    GFP_KERNEL,
    GFP_NOFS,
    gfp.GFP_KERNEL_ACCOUNT,
    GFP_KERNEL | gfp.__GFP_DMA,
  )
  const step = fc.record({
    size: sizes,
    flags,
    cpu: fc.nat(CPUS - 1),
    keep: fc.nat(3),
    which: fc.nat(),
  })

  it('gives all memory back in the end', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 300 }), (steps) => {
        const here = new Machine()
        const free = here.zones.freePages()
        const all = new SlabAllocator(here)
        const used = new Map<number, number>()
        for (const { size, flags: request, cpu, keep, which } of steps) {
          const address = all.kmalloc(task, size, request, 0, cpu)
          if (address !== NO_OBJECT) {
            for (const [other, bytes] of used) {
              expect(address >= other + bytes || address + size <= other).toBe(true)
            }
            used.set(address, size)
          }
          if (keep > 0 || used.size === 0) continue
          const freed = [...used.keys()][which % used.size] as number
          all.kfree(freed, cpu)
          used.delete(freed)
        }
        all.validate()
        here.zones.validate()
        for (const address of used.keys()) all.kfree(address)
        for (const cache of all.caches) cache.shrink()
        here.zones.drain()
        all.validate()
        here.zones.validate()
        expect(here.zones.freePages()).toBe(free)
      }),
      { numRuns: 60 },
    )
  })
})

describe('a cache that is destroyed', () => {
  it('gives its slabs and its name back, and is no cache any more', () => {
    const free = machine.zones.freePages()
    const cache = slab.createCache({ name: 'xfs_inode', size: 1000 })
    const objects = Array.from({ length: 200 }, () => slab.alloc(task, cache, GFP_KERNEL, 0, 1))
    for (const object of objects.slice(1)) slab.free(cache, object, 1)
    const [last = NO_OBJECT] = objects
    const before = slab.save()
    expect(() => slab.destroyCache(cache)).toThrow(
      new SlabError('kmem_cache_destroy xfs_inode: Slab cache still has objects, 1 of them in use'),
    )
    expect(slab.save()).toEqual(before)
    slab.free(cache, last)
    slab.destroyCache(cache)
    machine.zones.drain()
    expect(machine.zones.freePages()).toBe(free)
    expect(slab.caches).not.toContain(cache)
    expect(slab.info().map(({ name }) => name)).not.toContain('xfs_inode')
    expect(() => slab.destroyCache(cache)).toThrow('there is no such cache')
    expect(() => slab.load(before)).toThrow('a snapshot from before a cache was destroyed')
    const again = slab.createCache({ name: 'xfs_inode', size: 64 })
    expect(slab.alloc(task, again, GFP_KERNEL)).not.toBe(NO_OBJECT)
    slab.load(slab.save())
    slab.validate()
    machine.zones.validate()
  })
})

describe('on two nodes', () => {
  it('a CPU takes slabs of its own node, and of the other only when that has many', () => {
    const memory = new PageAllocator({ nodes: [{ Normal: 4096 }, { Normal: 4096 }], cpus: 2 })
    const caches = new SlabAllocator(memory)
    const cache = caches.createCache({ name: 'big', size: 2048 })
    const perSlab = cache.objectsPerSlab
    const { minPartial } = cache.layout
    const nodeOf = (object: number): number => memory.zones.zoneOf(Math.floor(object / 4096)).node
    /** Leaves so many slabs with one free object each on the list of the first node. */
    const leave = (slabs: number): void => {
      const objects = Array.from({ length: (slabs + 1) * perSlab }, () =>
        caches.alloc(task, cache, GFP_KERNEL, 0, 0),
      )
      for (let i = 0; i < slabs; i++) caches.free(cache, objects[i * perSlab] ?? NO_OBJECT, 0)
      // What the CPU keeps goes to the list.
      cache.shrink()
    }
    leave(minPartial)
    expect(nodeOf(caches.alloc(task, cache, GFP_KERNEL, 0, 1))).toBe(1)
    leave(minPartial + 1)
    cache.shrink()
    const taken = Array.from({ length: 3 * perSlab }, () =>
      nodeOf(caches.alloc(task, cache, GFP_KERNEL, 0, 1)),
    )
    expect(new Set(taken)).toEqual(new Set([0, 1]))
    caches.validate()
    memory.validate()
    caches.load(caches.save())
    caches.validate()
  })
})

describe('a slab of the reserves', () => {
  it('has objects for those who free memory, and for nobody else', () => {
    const memory = new PageAllocator({ nodes: [{ Normal: 2048 }] })
    const caches = new SlabAllocator(memory)
    const cache = caches.createCache({ name: 'big', size: 2048 })
    const nowait = (GFP_KERNEL & ~0x400) | gfp.__GFP_NOWARN
    while (caches.alloc(task, cache, nowait) !== NO_OBJECT) {}
    while (memory.alloc(task, nowait, 0) !== NO_PAGE) {}
    const swapper = new Task(PF, { name: 'swapper', mask: PF.mask('MEMALLOC') })
    const object = caches.alloc(swapper, cache, nowait)
    const page = memory.frames.head(Math.floor(object / 4096))
    expect(memory.isPfmemalloc(page)).toBe(true)
    // There are objects left in it, but not for this task.
    expect(caches.alloc(task, cache, nowait)).toBe(NO_OBJECT)
    expect(caches.alloc(task, cache, nowait | gfp.__GFP_MEMALLOC)).toBe(object + 2048)
    caches.load(caches.save())
    memory.restore(memory.snapshot())
    expect(memory.isPfmemalloc(page)).toBe(true)
    caches.validate()
    caches.free(cache, object)
    caches.free(cache, object + 2048)
    cache.shrink()
    expect(memory.isPfmemalloc(page)).toBe(false)
    caches.validate()
  })
})
