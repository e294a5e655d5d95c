/** Generations (MGLRU): sequences worked out from mm/vmscan.c of 6.1.192, and what must hold whatever happens. */
import { Task } from '@scopemask/core/task'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MemoryHooks } from '../../src/alloc/memory-hooks.js'
import { PageAllocator } from '../../src/alloc/page-allocator.js'
import { __GFP_DMA, __GFP_MOVABLE, GFP_KERNEL, GFP_NOIO } from '../../src/gfp/flags.js'
import { Kind, NO_PAGE } from '../../src/pages/page-frames.js'
import {
  ACTIVE_ANON,
  ACTIVE_FILE,
  INACTIVE_ANON,
  INACTIVE_FILE,
} from '../../src/reclaim/lru-counts.js'
import {
  PG_ACTIVE,
  PG_DIRTY,
  PG_FILE,
  PG_RECLAIM,
  PG_REFERENCED,
  PG_WORKINGSET,
  PG_WRITEBACK,
} from '../../src/reclaim/lru-flags.js'
import { GEN_ANON, GEN_FILE, LruGen, tierOf } from '../../src/reclaim/lru-gen.js'
import { tierToEvict, typeToEvict } from '../../src/reclaim/tier-control.js'
import { PF } from '../../src/task/flags.js'

const task = new Task(PF)
const LISTS = [INACTIVE_ANON, ACTIVE_ANON, INACTIVE_FILE, ACTIVE_FILE]

function machine(hooks: MemoryHooks = {}, pages = 16384, lruGen = true) {
  const memory = new PageAllocator({ nodes: [{ DMA: 1024, Normal: pages - 1024 }], lruGen }, hooks)
  const add = (flags: number, gfp = GFP_KERNEL): number => {
    const page = memory.alloc(task, gfp, 0)
    memory.lru.add(page, flags)
    return page
  }
  const addMany = (count: number, flags: number) => Array.from({ length: count }, () => add(flags))
  const reclaim = (gfp = GFP_KERNEL): number => {
    const steps = memory.reclaiming({ task, gfp, order: 0 }, gfp)
    for (;;) {
      const step = steps.next()
      if (step.done) return step.value
    }
  }
  return { memory, add, addMany, reclaim }
}

function generationsOf(memory: PageAllocator): LruGen {
  const { generations } = memory.lru
  if (!(generations instanceof LruGen)) throw new Error('no generations')
  return generations
}

const gensOf = (memory: PageAllocator) => {
  const gens = generationsOf(memory)
  return [gens.minSeq(0, GEN_ANON), gens.minSeq(0, GEN_FILE), gens.maxSeq(0)]
}

describe('a page gets into the generation that its flags mean', () => {
  const { memory, add } = machine()
  const gens = generationsOf(memory)

  it.each([
    ['of a file: the second oldest', PG_FILE, 1],
    ['of a file, active: the youngest', PG_FILE | PG_ACTIVE, 3],
    ['of a file, met while it was dirty: the one before', PG_FILE | PG_RECLAIM | PG_DIRTY, 2],
    ['of a file, dirty: as any', PG_FILE | PG_DIRTY, 1],
    ['of a program: the one before', 0, 2],
  ])('%s', (_, flags, seq) => {
    const page = add(flags)
    expect(gens.gen(page)).toBe(seq)
    expect(memory.lru.flags(page)).toBe(flags & ~PG_ACTIVE)
    memory.validate()
  })

  it('and one that a fault has made is the youngest', () => {
    const page = memory.alloc(task, GFP_KERNEL, 0)
    memory.lru.addFaulted(page, 0)
    expect(gens.gen(page)).toBe(3)
  })

  it('the two youngest generations count as active', () => {
    expect(LISTS.map((list) => memory.lru.pages(0, list))).toEqual([0, 2, 2, 2])
    expect(memory.counters().nodes?.[0]).toMatchObject({ nr_active_file: 2, nr_inactive_file: 2 })
  })
})

describe('uses of a page through a file descriptor', () => {
  it('leave it where it is, and raise its tier by their logarithm', () => {
    const { memory, add } = machine()
    const gens = generationsOf(memory)
    const page = add(PG_FILE)
    const tiers = Array.from({ length: 8 }, () => {
      memory.markAccessed(page)
      return [gens.refs(page), tierOf(gens.refs(page))]
    })
    expect(tiers).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 2],
      [4, 3],
      [4, 3],
      [4, 3],
      [4, 3],
    ])
    expect(gens.gen(page)).toBe(1)
    expect(memory.lru.flags(page)).toBe(PG_FILE | PG_REFERENCED | PG_WORKINGSET)
    expect(memory.counters().events?.pgactivate ?? 0).toBe(0)
    memory.validate()
  })
})

describe('aging', () => {
  it('begins a new generation; the one that was the second youngest is not active any more', () => {
    const { memory, addMany } = machine()
    const gens = generationsOf(memory)
    addMany(10, PG_FILE | PG_ACTIVE)
    addMany(20, PG_FILE)
    expect(LISTS.map((list) => memory.lru.pages(0, list))).toEqual([0, 0, 20, 10])
    // There are four of each already: the oldest, which are empty, go.
    gens.incMaxSeq(0, false)
    expect(gensOf(memory)).toEqual([1, 1, 4])
    expect(LISTS.map((list) => memory.lru.pages(0, list))).toEqual([0, 0, 20, 10])
    gens.incMaxSeq(0, false)
    expect(gensOf(memory)).toEqual([2, 2, 5])
    // What was left of the oldest one has moved on; generation 3 is neither of the youngest two.
    expect([2, 3, 4, 5].map((seq) => gens.size(0, seq, GEN_FILE))).toEqual([20, 10, 0, 0])
    expect(LISTS.map((list) => memory.lru.pages(0, list))).toEqual([0, 0, 30, 0])
    memory.validate()
  })

  it('leaves memory of programs that cannot be evicted where it is, which makes it young again', () => {
    const { memory, addMany } = machine()
    const gens = generationsOf(memory)
    addMany(5, 0)
    for (let i = 0; i < 3; i++) gens.incMaxSeq(0, false)
    expect(gensOf(memory)).toEqual([3, 3, 6])
    // Generation 2 is the place of generation 6.
    expect(gens.size(0, 6, GEN_ANON)).toBe(5)
    expect(memory.lru.pages(0, ACTIVE_ANON)).toBe(5)
    memory.validate()
  })

  it('moves what is left of the oldest generation on, where it can be evicted; files do not get ahead of programs then', () => {
    const { memory, addMany } = machine()
    const gens = generationsOf(memory)
    addMany(5, 0)
    for (let i = 0; i < 2; i++) gens.incMaxSeq(0, true)
    expect(gensOf(memory)).toEqual([2, 2, 5])
    expect(gens.tryToIncMinSeq(0, true)).toBe(false)
    expect(gensOf(memory)).toEqual([2, 2, 5])
    gens.incMaxSeq(0, true)
    expect([3, 4, 5, 6].map((seq) => gens.size(0, seq, GEN_ANON))).toEqual([5, 0, 0, 0])
    expect(gens.tryToIncMinSeq(0, false)).toBe(true)
    expect(gensOf(memory)).toEqual([3, 5, 6])
    memory.validate()
  })

  it.each([
    // [second oldest, middle, youngest] of 1,000 pages each; three generations, and aging is wanted when more than half is young, or less than a quarter old.
    { old: 1000, middle: 1000, young: 1000, ages: false },
    { old: 1000, middle: 400, young: 1401, ages: true },
    { old: 1000, middle: 400, young: 1400, ages: false },
    { old: 500, middle: 900, young: 601, ages: true },
    { old: 500, middle: 900, young: 600, ages: false },
  ])(
    'by kswapd depends on how pages are spread: $old, $middle, $young',
    ({ old, middle, young, ages }) => {
      const { memory, addMany } = machine()
      const gens = generationsOf(memory)
      addMany(old, PG_FILE)
      addMany(middle, PG_FILE | PG_RECLAIM | PG_DIRTY)
      addMany(young, PG_FILE | PG_ACTIVE)
      gens.tryToIncMinSeq(0, false)
      expect(gensOf(memory)).toEqual([0, 1, 3])
      for (const zone of memory.zones.all) {
        zone.setReserves({ ...zone.watermarks, high: zone.managed }, zone.lowmemReserve)
      }
      const steps = memory.balancing(0)
      // With fewer than 4,096 pages there is nothing to look at in the first round; the second one begins with its aging.
      expect(steps.next().value).toMatchObject({ kind: ages ? 'age' : 'scan' })
      expect(gens.maxSeq(0)).toBe(ages ? 4 : 3)
    },
  )

  it('promotes what page tables know to be used', () => {
    const { memory, addMany } = machine({ swapPages: () => 1000 })
    const gens = generationsOf(memory)
    const pages = addMany(100, 0)
    for (const page of pages.slice(0, 30)) memory.lru.access(page)
    const { lru } = memory
    expect(gens.promoteAccessed(0, (page) => lru.takeAccessed(page))).toBe(100)
    expect([2, 3].map((seq) => gens.size(0, seq, GEN_ANON))).toEqual([70, 30])
    memory.validate()
    expect(gens.promoteAccessed(0, (page) => lru.takeAccessed(page))).toBe(100)
    expect(gens.size(0, 3, GEN_ANON)).toBe(30)
  })
})

describe('eviction', () => {
  it('takes the pages of the oldest generation in batches of 64, and those that were added first', () => {
    const lost: number[] = []
    const { memory, addMany, reclaim } = machine({ reclaimed: (page) => lost.push(page) })
    const pages = addMany(4000, PG_FILE)
    expect(reclaim()).toBeGreaterThanOrEqual(32)
    // Until only two are left, the empty generation 0 goes first.
    expect(gensOf(memory)).toEqual([0, 1, 3])
    expect(lost).toEqual(pages.slice(0, lost.length))
    expect(lost.length % 64).toBe(0)
    expect(memory.counters().events).toMatchObject({
      pgsteal_direct: lost.length,
      pgsteal_file: lost.length,
    })
    memory.validate()
  })

  it('moves pages on that are dirty or in writing; the next to go is one that has been written', () => {
    const { memory, add, addMany, reclaim } = machine()
    const gens = generationsOf(memory)
    const writing = add(PG_FILE | PG_WRITEBACK)
    const dirty = add(PG_FILE | PG_DIRTY)
    addMany(4000, PG_FILE)
    reclaim()
    expect([gens.gen(writing), gens.gen(dirty)]).toEqual([2, 2])
    expect(memory.lru.flags(writing)).toBe(PG_FILE | PG_WRITEBACK | PG_RECLAIM)
    memory.lru.endWriteback(writing)
    expect(gens.gen(writing)).toBe(gens.minSeq(0, GEN_FILE) % 4)
    expect(gens.oldest(0, GEN_FILE, 2)).toBe(writing)
    memory.validate()
  })

  it('spares a page of a program that was used since, and takes those without swap only where there is some', () => {
    const { memory, addMany, reclaim } = machine()
    addMany(3000, 0)
    expect(reclaim()).toBe(0)
    const swap = machine({ swapPages: () => 10_000 })
    const pages = swap.addMany(3000, 0)
    const [used = NO_PAGE] = pages
    for (let i = 0; i < 2; i++) generationsOf(swap.memory).incMaxSeq(0, true)
    swap.memory.lru.access(used)
    expect(swap.reclaim()).toBeGreaterThan(0)
    expect(swap.memory.frames.kind(used)).toBe(Kind.LRU)
    expect(generationsOf(swap.memory).gen(used)).toBe(generationsOf(swap.memory).maxSeq(0) % 4)
    expect(swap.memory.frames.kind(pages[1] ?? NO_PAGE)).not.toBe(Kind.LRU)
    memory.validate()
    swap.memory.validate()
  })

  it('never takes a page that was used as often as can be counted: it moves on to the end of the next generation', () => {
    const { memory, add, addMany, reclaim } = machine()
    const gens = generationsOf(memory)
    const often = add(PG_FILE)
    for (let i = 0; i < 9; i++) memory.markAccessed(often)
    const middle = add(PG_FILE | PG_RECLAIM | PG_DIRTY)
    addMany(40, PG_FILE)
    reclaim()
    expect(memory.frames.kind(often)).toBe(Kind.LRU)
    expect(memory.lru.flags(often)).toBe(PG_FILE)
    expect(gens.gen(often)).toBe(gens.gen(middle))
    expect(gens.minSeq(0, GEN_FILE)).toBe(2)
    expect(gens.oldest(0, GEN_FILE, 2)).toBe(often)
    expect(gens.total(0, GEN_FILE, 3)).toBe(0)
    expect(memory.counters().nodes?.[0]).toMatchObject({ workingset_activate_file: 1 })
    memory.validate()
  })

  it('in a NOIO scope neither writes nor swaps: such pages go to the front of their generation', () => {
    const { memory, addMany, reclaim } = machine({ swapPages: () => 10_000 })
    addMany(500, 0)
    addMany(100, PG_FILE)
    generationsOf(memory).incMaxSeq(0, true)
    generationsOf(memory).incMaxSeq(0, true)
    reclaim(GFP_NOIO)
    expect(memory.lru.pages(0, INACTIVE_ANON) + memory.lru.pages(0, ACTIVE_ANON)).toBe(500)
    expect(memory.counters().events?.pgsteal_anon ?? 0).toBe(0)
    memory.validate()
  })
})

describe('tiers', () => {
  const gens = () => generationsOf(machine().memory)

  it('are all evicted as long as fewer than 64 pages of them have come back', () => {
    const g = gens()
    g.countEvicted(0, GEN_FILE, 1, 100)
    g.countRefaulted(0, GEN_FILE, 1, 63)
    expect(tierToEvict(g, 0, GEN_FILE)).toBe(3)
    g.countRefaulted(0, GEN_FILE, 1, 1)
    expect(tierToEvict(g, 0, GEN_FILE)).toBe(0)
  })

  it('are protected when they refault twice as often as the first', () => {
    // pv.refaulted * (sp.total + 64) * 1 <= (sp.refaulted + 1) * pv.total * 2
    const g = gens()
    g.countEvicted(0, GEN_FILE, 0, 1000 - 64)
    g.countRefaulted(0, GEN_FILE, 0, 199)
    g.countEvicted(0, GEN_FILE, 2, 1000)
    g.countRefaulted(0, GEN_FILE, 2, 400)
    expect(tierToEvict(g, 0, GEN_FILE)).toBe(3)
    g.countRefaulted(0, GEN_FILE, 2, 1)
    expect(tierToEvict(g, 0, GEN_FILE)).toBe(1)
  })

  it('say by their first which type is evicted, weighed by swappiness', () => {
    const g = gens()
    for (const type of [GEN_ANON, GEN_FILE] as const) g.countEvicted(0, type, 0, 1000)
    // Nothing has come back: files go.
    expect(typeToEvict(g, 0, 60).type).toBe(GEN_FILE)
    g.countRefaulted(0, GEN_FILE, 0, 500)
    g.countRefaulted(0, GEN_ANON, 0, 180)
    // 500 * 1064 * 60 <= 181 * 1000 * 140 is false; with a swappiness of 20 it is 10,640,000 <= 32,580,000.
    expect(typeToEvict(g, 0, 60).type).toBe(GEN_ANON)
    expect(typeToEvict(g, 0, 20).type).toBe(GEN_FILE)
  })

  it('halve what they know when the oldest generation is another', () => {
    const g = gens()
    g.countEvicted(0, GEN_FILE, 0, 101)
    g.countProtected(0, GEN_FILE, 1, 9)
    g.countRefaulted(0, GEN_FILE, 0, 31)
    g.incMaxSeq(0, true)
    expect([g.total(0, GEN_FILE, 0), g.total(0, GEN_FILE, 1), g.refaulted(0, GEN_FILE, 0)]).toEqual(
      [50, 4, 15],
    )
  })
})

describe('a page that comes back', () => {
  it('is counted for its tier as long as its generation is the oldest', () => {
    const { memory, add } = machine()
    const g = generationsOf(memory)
    const page = add(PG_FILE)
    for (let i = 0; i < 3; i++) memory.markAccessed(page)
    const shadow = memory.workingset.evict(page, memory.lru.flags(page))
    expect(g.total(0, GEN_FILE, 2)).toBe(1)
    expect(memory.workingset.refault({ node: 0, shadow })).toBe(0)
    expect(g.refaulted(0, GEN_FILE, 2)).toBe(1)
    expect(memory.counters().nodes?.[0]).toMatchObject({ workingset_refault_file: 1 })
    g.incMaxSeq(0, true)
    expect(memory.workingset.refault({ node: 0, shadow })).toBe(0)
    expect(memory.counters().nodes?.[0]).toMatchObject({ workingset_refault_file: 1 })
  })

  it('to another memory cgroup is new there', () => {
    const { memory, add } = machine()
    const shadow = memory.workingset.evict(add(PG_FILE), PG_FILE)
    expect(memory.workingset.refault({ node: 0, shadow, group: 1 })).toBe(0)
    expect(memory.counters().nodes?.[0]).toMatchObject({ workingset_refault_file: 0 })
  })

  it('though it was used often, or in a fault, belongs to the working set, and counts as used often', () => {
    const { memory, add } = machine()
    const page = add(PG_FILE)
    for (let i = 0; i < 9; i++) memory.markAccessed(page)
    const shadow = memory.workingset.evict(page, memory.lru.flags(page))
    const flags = memory.workingset.refault({ node: 0, shadow })
    expect(flags).toBe(PG_WORKINGSET)
    expect(generationsOf(memory).refs(add(PG_FILE | flags))).toBe(4)
    const program = memory.workingset.evict(add(0), 0)
    expect(memory.workingset.refault({ node: 0, shadow: program, file: false })).toBe(PG_WORKINGSET)
    memory.validate()
  })
})

/** A page cache of places: reads what is not there, and lets go of what reclaim takes. */
function cacheOn(lruGen: boolean) {
  const placeOf = new Map<number, number>()
  const pageOf = new Map<number, number>()
  const shadows = new Map<number, number>()
  const { memory } = machine(
    {
      reclaimed: (page, _, shadow) => {
        const place = placeOf.get(page) ?? -1
        placeOf.delete(page)
        pageOf.delete(place)
        shadows.set(place, shadow)
      },
    },
    4096,
    lruGen,
  )
  return {
    memory,
    cached: () => pageOf.size,
    /** Returns true if the page had to be read. */
    read(place: number): boolean {
      const there = pageOf.get(place)
      if (there !== undefined) {
        memory.markAccessed(there)
        return false
      }
      if (memory.kswapdNeeded(0) && memory.zones.freePages() < 300) memory.balance(0)
      const page = memory.alloc(task, GFP_KERNEL, 0)
      const shadow = shadows.get(place)
      const refault = shadow === undefined ? 0 : memory.workingset.refault({ node: 0, shadow })
      memory.lru.add(page, PG_FILE | refault)
      memory.markAccessed(page)
      placeOf.set(page, place)
      pageOf.set(place, page)
      return true
    },
  }
}

/** Reads a set of 800 pages round and round, and a new page after each; returns how many of the set had to be read in each round. */
function missesOf(cache: ReturnType<typeof cacheOn>): number[] {
  const hot = 800
  let next = hot
  return Array.from({ length: 16 }, () => {
    let misses = 0
    for (let place = 0; place < hot; place++) {
      if (cache.read(place)) misses++
      cache.read(next++)
    }
    return misses
  })
}

it('a stream of pages that are used once does not push out a set that is used again and again', () => {
  const cache = cacheOn(true)
  const [first, ...later] = missesOf(cache)
  expect(first).toBe(800)
  // Two batches of the set have to go and come back before refaults say that their tier is worth protecting.
  expect(later.reduce((sum, misses) => sum + misses, 0)).toBe(128)
  expect(later.slice(5)).toEqual(new Array(10).fill(0))
  cache.memory.validate()
})

it('and does when nobody says that pages are used', () => {
  const cache = cacheOn(true)
  cache.memory.markAccessed = () => {}
  expect(
    missesOf(cache)
      .slice(5)
      .reduce((sum, misses) => sum + misses, 0),
  ).toBeGreaterThan(2000)
})

it('classic lists and generations hold the same pages, in all, whatever is asked of them', () => {
  const both = [cacheOn(false), cacheOn(true)]
  let seed = 7
  for (let i = 0; i < 20_000; i++) {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    const place = (seed >> 8) % (i % 3 === 0 ? 6000 : 1200)
    for (const { read } of both) read(place)
    if (i % 2000 !== 0) continue
    for (const { memory, cached } of both) {
      memory.validate()
      const listed = LISTS.reduce((sum, list) => sum + memory.lru.pages(0, list), 0)
      expect(listed).toBe(cached())
      const taken = memory.zones.all.reduce((sum, zone) => sum + zone.allocated, 0)
      expect(taken - (memory.counters().events?.pgfree ?? 0)).toBe(listed)
    }
  }
})

/** What may happen to the pages of a memory, at random. */
const STEPS = [
  'add',
  'read',
  'touch',
  'dirty',
  'write',
  'lock',
  'isolate',
  'remove',
  'reclaim',
  'balance',
  'compact',
] as const

it('keeps each page in one generation, and its sums, whatever happens', () => {
  const step = fc.tuple(fc.constantFrom(...STEPS), fc.nat(), fc.nat(0xff))
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
      const pages = new Set<number>()
      const { memory, add } = machine(
        {
          swapPages: () => 300,
          reclaimed: (page) => pages.delete(page),
          pageout: () => 'writeback',
          migrate: (from, to) => pages.delete(from) && pages.add(to) !== null,
        },
        2048,
      )
      const { lru, frames } = memory
      const gens = generationsOf(memory)
      for (const [what, at, flags] of steps) {
        const listed = [...pages]
        const page = listed[at % Math.max(1, listed.length)] ?? NO_PAGE
        if (page === NO_PAGE || what === 'add') {
          for (let i = 0; i < 40 && memory.zones.freePages() > 200; i++) {
            const gfp = GFP_KERNEL | __GFP_MOVABLE | (at % 3 === 0 ? __GFP_DMA : 0)
            pages.add(
              add(
                flags & (PG_FILE | PG_ACTIVE | PG_DIRTY | PG_WORKINGSET),
                gfp & ~(at % 3 === 0 ? __GFP_MOVABLE : 0),
              ),
            )
          }
        } else if (frames.kind(page) === Kind.UNEVICTABLE) lru.munlock(page)
        else if (frames.kind(page) === Kind.ISOLATED) lru.putback(page)
        else if (what === 'read') for (let i = 0; i < at % 6; i++) memory.markAccessed(page)
        else if (what === 'touch') for (const each of listed.slice(0, at % 100)) lru.access(each)
        else if (what === 'dirty') lru.setFlags(page, lru.flags(page) | PG_DIRTY)
        else if (what === 'write') lru.endWriteback(page)
        else if (what === 'lock') lru.mlock(page)
        else if (what === 'isolate') lru.isolate(page)
        else if (what === 'remove') {
          lru.remove(page)
          memory.free(page, 0)
          pages.delete(page)
        } else if (what === 'reclaim') {
          for (const _ of memory.reclaiming({ task, gfp: GFP_KERNEL, order: 0 }, GFP_KERNEL));
        } else if (what === 'balance') memory.balance(0)
        else for (const _ of memory.kcompactd(0, 9));
        memory.validate()
        const [anon = 0, file = 0, max = 0] = gensOf(memory)
        expect(anon <= file && file < max && max <= anon + 3).toBe(true)
      }
      const sizes = [GEN_ANON, GEN_FILE].map((type) =>
        [0, 1, 2, 3].reduce((sum, seq) => sum + gens.size(0, seq, type as 0 | 1), 0),
      )
      const listed = [...pages].filter((page) => frames.kind(page) === Kind.LRU).length
      expect((sizes[0] ?? 0) + (sizes[1] ?? 0)).toBe(listed)
      // A copy brings everything back.
      const state = memory.snapshot()
      memory.balance(0)
      gens.incMaxSeq(0, true)
      memory.restore(state)
      expect(memory.snapshot()).toEqual(state)
      memory.validate()
    }),
    { numRuns: 30, seed: 16 },
  )
})
