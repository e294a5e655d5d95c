/** A slab cache against a model that only knows which objects are in use, with its invariants proved all along. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MIGRATE_UNMOVABLE } from '../../src/gfp/migratetype.js'
import { Buddy } from '../../src/pages/buddy.js'
import { InvariantError, Kind } from '../../src/pages/page-frames.js'
import { NO_OBJECT, SlabCache, type SlabCacheOptions } from '../../src/slab/slab-cache.js'

const PAGE = 4096

/** A cache on a zone of its own, and what it takes to work with it. */
function setup(options: Partial<SlabCacheOptions> = {}, cpus = 1, pages = 4096) {
  const zone = new Buddy(pages)
  const { frames } = zone
  const released: number[] = []
  const cache = new SlabCache(
    { name: 'test', size: 512, ...options },
    {
      number: 3,
      frames,
      cpus,
      release: (page, order) => {
        frames.state[page] = Kind.USED | order
        zone.free(page, order)
        released.push(page)
      },
    },
  )
  const grow = (cpu = 0, order = cache.layout.order) => {
    const page = zone.alloc(order, MIGRATE_UNMOVABLE)
    if (page >= 0) cache.add(cpu, page, order)
    return page >= 0
  }
  const alloc = (cpu = 0, owner = 0) => {
    const address = cache.take(cpu, owner)
    if (address !== NO_OBJECT) return address
    return grow(cpu) ? cache.take(cpu, owner) : NO_OBJECT
  }
  const head = (address: number) => frames.head(Math.floor(address / PAGE))
  const free = (address: number, cpu = 0) => cache.put(cpu, head(address), address)
  return { zone, frames, cache, grow, alloc, free, head, released }
}

describe('a cache', () => {
  it('has no object without a slab', () => {
    const { cache } = setup()
    expect(cache.take(0, 0)).toBe(NO_OBJECT)
    expect(cache.info()).toMatchObject({ activeObjects: 0, objects: 0, slabs: 0 })
  })

  it('cuts a slab into objects, first to last', () => {
    const { cache, alloc, head, frames } = setup({ size: 700 })
    const first = alloc()
    expect(cache.layout).toMatchObject({ size: 704, order: 1 })
    expect(frames.state[head(first)]).toBe(Kind.SLAB | 1)
    expect([alloc(), alloc()]).toEqual([first + 704, first + 1408])
    expect(cache.info()).toEqual({
      name: 'test',
      activeObjects: 11,
      objects: 11,
      objectSize: 704,
      objectsPerSlab: 11,
      pagesPerSlab: 2,
      slabs: 1,
    })
    expect([cache.inUse, cache.pages]).toEqual([3, 2])
    cache.validate()
  })

  it('gives an object that has just been freed again', () => {
    const { alloc, free } = setup()
    const [one, two] = [alloc(), alloc()]
    free(one)
    free(two)
    expect([alloc(), alloc()]).toEqual([two, one])
  })

  it('knows who allocated an object last', () => {
    const { cache, alloc, free, head } = setup()
    alloc(0, 7)
    const two = alloc(0, 8)
    free(two)
    expect(cache.owner(head(two), two)).toBe(8)
    expect(cache.owner(head(two), two - 1)).toBe(7)
  })

  it('says why an address is not that of an object in use', () => {
    const { cache, alloc, free, head } = setup({ size: 700 })
    const one = alloc()
    const fault = (address: number) => cache.fault(head(one), address)
    expect(fault(one)).toBeUndefined()
    expect(fault(one + 8)).toBe('is not where an object begins')
    expect(fault(one + 11 * 704)).toBe('is not where an object begins')
    expect(fault(one + 704)).toBe('is free already: freed twice?')
    free(one)
    expect(fault(one)).toBe('is free already: freed twice?')
  })

  it('asks for pages as its objects need them', () => {
    expect(setup({ size: 8 }).cache.gfp).toBe(0)
    expect(setup({ size: 8192, dma: true, reclaimAccount: true }).cache.gfp).toBe(0x40011)
  })
})

describe('slabs', () => {
  /** Slabs of 8 objects of which a CPU keeps 13. */
  const PER_SLAB = 8
  const fill = (slabs: number) => {
    const all = setup({ size: 512 })
    expect([all.cache.layout.cpuPartialSlabs, all.cache.objectsPerSlab]).toEqual([13, PER_SLAB])
    const objects = Array.from({ length: slabs * PER_SLAB }, () => all.alloc())
    return { ...all, objects, of: (slab: number) => objects.slice(slab * PER_SLAB)[0] ?? -1 }
  }

  it('that were full are kept by the CPU that frees the first object', () => {
    const { cache, free, of, alloc } = fill(3)
    free(of(0))
    free(of(1))
    // Nobody else can allocate them: they count as active.
    expect(cache.info()).toMatchObject({ activeObjects: 24, objects: 24 })
    expect(alloc()).toBe(of(1))
    expect(alloc()).toBe(of(0))
    cache.validate()
  })

  it('are given up when a CPU keeps too many', () => {
    const { cache, free, of } = fill(15)
    for (let slab = 0; slab < 13; slab++) free(of(slab))
    expect(cache.info().activeObjects).toBe(120)
    free(of(13))
    expect(cache.info().activeObjects).toBe(107)
    cache.validate()
  })

  it('go back when they are empty and there are enough others', () => {
    const { cache, free, objects, released, zone } = fill(20)
    for (const address of objects) free(address)
    expect(cache.layout.minPartial).toBe(5)
    // The one it allocates from, and what it keeps, are not asked.
    expect(released).toHaveLength(20 - 1 - 5 - 6)
    cache.validate()
    cache.shrink()
    expect(cache.info()).toMatchObject({ objects: 0, slabs: 0 })
    expect(cache.pages).toBe(0)
    expect(zone.freePages).toBe(4096)
    cache.validate()
    zone.validate()
  })

  it('stay when they are empty while there are few others', () => {
    const { cache, free, objects, of, released } = fill(3)
    free(of(0))
    free(of(1))
    cache.shrink()
    for (const address of objects.slice(1, PER_SLAB)) free(address)
    expect(cache.info()).toMatchObject({ activeObjects: 8 + 7, slabs: 3 })
    expect(released).toEqual([])
    cache.validate()
  })

  it('that a CPU gives up for a new one are listed, or go back', () => {
    const { cache, free, of, grow, alloc, released } = fill(7)
    grow()
    const one = alloc()
    // Not yet full: as when a task was given pages after it had found none.
    grow()
    cache.validate()
    expect(cache.info().activeObjects).toBe(7 * 8 + 1 + 8)
    for (let slab = 0; slab < 5; slab++) free(of(slab))
    free(one)
    cache.shrink()
    expect(released).toHaveLength(2)
    grow()
    grow()
    expect(released).toHaveLength(3)
    cache.validate()
  })

  it('keep their numbers low', () => {
    const { cache, alloc, free, frames, head } = setup()
    for (let round = 0; round < 10; round++) {
      const objects = Array.from({ length: 20 }, () => alloc())
      for (const address of objects) expect(frames.next[head(address)]).toBeLessThan(3)
      for (const address of objects) free(address)
      cache.shrink()
    }
  })

  it('can be put into a cache that never had so many', () => {
    const { cache, frames } = fill(20)
    const other = new SlabCache(
      { name: 'test', size: 512 },
      { number: 3, frames, cpus: 1, release: () => {} },
    )
    other.load(cache.save())
    other.validate()
    expect(other.info()).toEqual(cache.info())
  })

  it('with free objects are taken from the partial list, with some more to keep', () => {
    const { cache, free, of, alloc } = fill(30)
    for (let slab = 0; slab < 28; slab++) free(of(slab))
    const before = cache.info().activeObjects
    // Two times 13 were given up; the CPU keeps the last two, and uses them first.
    expect(before).toBe(240 - 26)
    alloc()
    alloc()
    expect(cache.info().activeObjects).toBe(before)
    // One to allocate from, and 7 to keep.
    alloc()
    expect(cache.info().activeObjects).toBe(before + 8)
    cache.validate()
  })

  it('that one CPU allocates from serve others only when it gives them up', () => {
    const { cache, grow, alloc, free } = setup({ size: 512 }, 2)
    const mine = alloc(0)
    expect(cache.take(1, 0)).toBe(NO_OBJECT)
    free(mine, 1)
    expect(cache.take(1, 0)).toBe(NO_OBJECT)
    cache.shrink()
    grow(0)
    alloc(0)
    cache.validate()
    expect(cache.inUse).toBe(1)
  })

  it('of the smallest order will do', () => {
    const { cache, grow, alloc } = setup({ size: 1024 })
    expect(cache.layout).toMatchObject({ order: 1, minOrder: 0 })
    grow(0, 0)
    const objects = Array.from({ length: 5 }, () => alloc())
    expect(new Set(objects.map((address) => Math.floor(address / PAGE))).size).toBe(2)
    expect(cache.info()).toMatchObject({ objects: 4 + 8, slabs: 2 })
    expect(cache.pages).toBe(3)
    cache.validate()
  })
})

describe('validating', () => {
  it('sees what is wrong', () => {
    const { cache, alloc, frames, head } = setup()
    const page = head(alloc())
    frames.state[page] = Kind.USED | 0
    expect(() => cache.validate()).toThrow(InvariantError)
    expect(() => cache.validate()).toThrow('in the cache test, slab 0: its pages are not its own')
  })
})

describe('any sequence', () => {
  const step = fc.record({
    cpu: fc.nat(2),
    what: fc.constantFrom('alloc', 'alloc', 'free', 'free', 'shrink', 'save', 'load'),
    which: fc.nat(),
    runs: fc.integer({ min: 1, max: 200 }),
  })
  const sizes = fc.constantFrom(8, 24, 96, 320, 1000, 2048, 5000, 8192, 40_000)

  it('keeps every object in exactly one place', () => {
    fc.assert(
      fc.property(sizes, fc.array(step, { maxLength: 40 }), (size, steps) => {
        const { cache, zone, frames, alloc, free } = setup({ size }, 3, 8192)
        let used = new Map<number, number>()
        const save = () => ({
          frames: frames.save(),
          zone: zone.save(),
          cache: cache.save(),
          used: new Map(used),
        })
        let saved = save()
        for (const { cpu, what, which, runs } of steps) {
          if (what === 'shrink') cache.shrink()
          else if (what === 'save') saved = save()
          else if (what === 'load') {
            frames.load(saved.frames)
            zone.load(saved.zone)
            cache.load(saved.cache)
            used = new Map(saved.used)
          }
          for (let i = 0; i < runs && what === 'alloc'; i++) {
            const address = alloc(cpu, runs)
            if (address === NO_OBJECT) break
            expect(used.has(address)).toBe(false)
            for (const other of [
              address - cache.layout.size + 1,
              address - 1,
              address + size - 1,
            ]) {
              if (other !== address) expect(used.has(other)).toBe(false)
            }
            used.set(address, runs)
          }
          for (let i = 0; i < runs && what === 'free' && used.size > 0; i++) {
            const address = [...used.keys()][which % used.size] as number
            const page = frames.head(Math.floor(address / PAGE))
            expect(cache.fault(page, address)).toBeUndefined()
            expect(cache.owner(page, address)).toBe(used.get(address))
            free(address, cpu)
            used.delete(address)
          }
          cache.validate()
          zone.validate()
          expect(cache.inUse).toBe(used.size)
          expect(zone.freePages + cache.pages).toBe(zone.pages)
        }
      }),
      { numRuns: 150 },
    )
  })
})
