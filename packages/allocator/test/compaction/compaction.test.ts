/** Compaction: which pages it moves, that their owners know, what it makes of it, and when it is left alone. */
import type { Mask } from '@scopemask/core'
import { Task } from '@scopemask/core/task'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MemoryHooks } from '../../src/alloc/memory-hooks.js'
import { PageAllocator } from '../../src/alloc/page-allocator.js'
import {
  COMPACT_COMPLETE,
  COMPACT_SKIPPED,
  COMPACT_SUCCESS,
  COMPACT_DEFERRED as DEFERRED,
} from '../../src/compaction/compact-result.js'
import type { CompactionSteps } from '../../src/compaction/compact-zone.js'
import { fragmentationIndex } from '../../src/compaction/suitable.js'
import { ZoneCompaction } from '../../src/compaction/zone-compaction.js'
import { __GFP_MOVABLE, __GFP_NOFAIL, __GFP_NORETRY, GFP_KERNEL } from '../../src/gfp/flags.js'
import { linux6_1 } from '../../src/gfp/kernels.js'
import { NO_PAGE } from '../../src/pages/page-frames.js'
import { PG_DIRTY, PG_FILE, PG_WRITEBACK } from '../../src/reclaim/lru-flags.js'
import { PF, PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO } from '../../src/task/flags.js'

const { GFP_NOWAIT, __GFP_NOWARN, __GFP_MEMALLOC } = linux6_1.flags
const ALL = GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC | __GFP_MOVABLE

const task = new Task(PF, { name: 'writer' })
let hooks: { -readonly [K in keyof MemoryHooks]: MemoryHooks[K] }
let memory: PageAllocator
/** What is in each page that somebody owns, by its number. */
let content: Map<number, number>

function machine(pages = 16_384): void {
  content = new Map()
  hooks = {
    migrate(from, to) {
      const what = content.get(from)
      if (what === undefined) throw new Error(`nobody owns page ${from}`)
      content.delete(from)
      content.set(to, what)
      return true
    },
  }
  memory = new PageAllocator({ nodes: [{ Normal: pages }], minFreeKbytes: 1024 }, hooks)
}

beforeEach(() => machine())

/** Takes all of memory, page by page, and puts each page on an LRU list. */
function fill(flags: (page: number) => number): number[] {
  const pages: number[] = []
  for (;;) {
    const page = memory.alloc(task, ALL, 0)
    if (page === NO_PAGE) return pages
    memory.lru.add(page, flags(page))
    content.set(page, pages.length)
    pages.push(page)
  }
}

/** Gives pages back that are on an LRU list. */
function free(pages: readonly number[]): void {
  for (const page of pages) {
    memory.lru.remove(page)
    memory.free(page, 0)
    content.delete(page)
  }
  memory.zones.drain()
}

/** Every second page of a full memory is free: there is not one block of order 1. */
function fragment(flags: (page: number) => number): void {
  const pages = fill(flags)
  free(pages.filter((page) => page % 2 === 0))
  expect(memory.zones.all[0]?.lists(1)).toBe(0)
}

/** Compacts for a request until it is done; returns what came of it. */
function compact(priority: number, order = 3, gfp = GFP_KERNEL): number {
  const step = { kind: 'compact', gfp, allocFlags: 0, priority } as const
  const steps = memory.compacting({ task, gfp, order }, step)
  for (;;) {
    const next = steps.next()
    if (next.done) return next.value
  }
}

const events = () => memory.counters().events ?? {}

describe('a request for a block of which there are only pieces', () => {
  it.each([
    ['order 2', GFP_KERNEL, 2],
    ['order 3', GFP_KERNEL, 3],
    ['order 9', GFP_KERNEL | __GFP_MOVABLE | __GFP_NORETRY, 9],
  ])('of %s gets it: pages are moved out of the way', (_, gfp, order) => {
    fragment(() => 0)
    const before = [...content.values()].sort((a, b) => a - b)
    expect(memory.alloc(task, gfp, order)).not.toBe(NO_PAGE)
    expect([...content.values()].sort((a, b) => a - b)).toEqual(before)
    expect(events()).toMatchObject({ compact_success: 1 })
    expect(events().pgmigrate_success).toBeGreaterThan(0)
    memory.validate()
  })

  it('does not get it when nobody can be told that his pages have moved', () => {
    delete hooks.migrate
    fragment(() => 0)
    expect(memory.alloc(task, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 3)).toBe(NO_PAGE)
    expect(events().pgmigrate_success).toBeUndefined()
    memory.validate()
  })

  it('does not get it when owners keep their pages; those stay where they are', () => {
    hooks.migrate = () => false
    fragment(() => 0)
    const before = new Map(content)
    expect(memory.alloc(task, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 3)).toBe(NO_PAGE)
    expect(content).toEqual(before)
    expect(events().pgmigrate_success).toBeUndefined()
    expect(events().pgmigrate_fail).toBeGreaterThan(0)
    memory.validate()
  })
})

describe('what scopes take away from compaction', () => {
  /** Asks for a block inside a scope; returns whether it came, and whether pages of files were moved. */
  function within(mask: Mask<'PF'>, flags: number): { got: boolean; moved: number } {
    fragment(() => flags)
    const token = task.save(mask)
    try {
      const page = memory.alloc(task, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 3)
      return { got: page !== NO_PAGE, moved: events().pgmigrate_success ?? 0 }
    } finally {
      task.restore(mask, token)
    }
  }

  it('moves pages of files outside of scopes', () => {
    const { got, moved } = within(PF.mask(), PG_FILE | PG_DIRTY)
    expect(got).toBe(true)
    expect(moved).toBeGreaterThan(0)
  })

  it('moves only memory of programs inside a NOFS scope', () => {
    expect(within(PF_MEMALLOC_NOFS, PG_FILE | PG_DIRTY)).toEqual({ got: false, moved: 0 })
    machine()
    expect(within(PF_MEMALLOC_NOFS, 0)).toMatchObject({ got: true })
  })

  it('moves nothing inside a NOIO scope', () => {
    expect(within(PF_MEMALLOC_NOIO, 0)).toEqual({ got: false, moved: 0 })
  })
})

describe('pages that stay', () => {
  it('are those that are being written', () => {
    fragment(() => PG_FILE | PG_WRITEBACK)
    expect(memory.alloc(task, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 3)).toBe(NO_PAGE)
    expect(events().pgmigrate_success).toBeUndefined()
  })

  it('are those that somebody works on', () => {
    hooks.locked = () => true
    fragment(() => 0)
    expect(memory.alloc(task, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 3)).toBe(NO_PAGE)
    expect(events().pgmigrate_success).toBeUndefined()
  })

  it('keep their flags and their call site when they move', () => {
    fragment((page) => (page % 4 === 1 ? PG_FILE | PG_DIRTY : 0))
    for (const page of content.keys()) memory.frames.owner[page] = page % 5
    const flagsOf = () =>
      new Map(
        [...content].map(([page, what]) => [
          what,
          [memory.lru.flags(page), memory.frames.owner[page]],
        ]),
      )
    const before = flagsOf()
    expect(compact(1)).toBe(COMPACT_SUCCESS)
    expect(flagsOf()).toEqual(before)
  })
})

describe('whatever memory looks like', () => {
  it('loses no page, and no content, however it is compacted', () => {
    const shape = fc.record({
      seed: fc.integer({ min: 1, max: 2 ** 30 }),
      freed: fc.integer({ min: 1, max: 9 }),
      files: fc.integer({ min: 0, max: 9 }),
      order: fc.integer({ min: 1, max: 9 }),
      priority: fc.integer({ min: 0, max: 2 }),
      busy: fc.boolean(),
    })
    fc.assert(
      fc.property(shape, ({ seed, freed, files, order, priority, busy }) => {
        machine(4096)
        let random = seed
        const chance = (tenths: number) => {
          random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff
          return (random >> 8) % 10 < tenths
        }
        const pages = fill(() => (chance(files) ? PG_FILE : 0))
        free(pages.filter(() => chance(freed)))
        if (busy) hooks.locked = (page) => page % 7 === 0
        const before = [...content.values()].sort((a, b) => a - b)
        const freePages = memory.zones.freePages()
        const request = { task, gfp: GFP_KERNEL, order }
        const step = { kind: 'compact', gfp: GFP_KERNEL, allocFlags: 0, priority } as const
        const twin = memory.snapshot()
        const contentBefore = new Map(content)
        const run = () => {
          const steps = memory.compacting(request, step)
          for (;;) {
            const next = steps.next()
            if (next.done) return next.value
          }
        }
        const result = run()
        memory.zones.drain()
        memory.validate()
        expect(memory.zones.freePages()).toBe(freePages)
        expect([...content.values()].sort((a, b) => a - b)).toEqual(before)
        for (const page of content.keys()) memory.lru.flags(page)
        if (result === COMPACT_SUCCESS) {
          expect(memory.alloc(task, GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC, order)).not.toBe(
            NO_PAGE,
          )
        }
        const after = new Map(content)
        // The same again from a snapshot: nothing that matters was forgotten in it.
        if (result === COMPACT_SUCCESS) return
        memory.restore(twin)
        content = new Map(contentBefore)
        expect(run()).toBe(result)
        expect(content).toEqual(after)
      }),
      { numRuns: 60 },
    )
  })

  it('gives back what it has taken when nobody steps on', () => {
    fragment(() => 0)
    const freePages = memory.zones.freePages()
    const step = { kind: 'compact', gfp: GFP_KERNEL, allocFlags: 0, priority: 1 } as const
    const steps = memory.compacting({ task, gfp: GFP_KERNEL, order: 9 }, step)
    expect(steps.next().done).toBe(false)
    steps.return(COMPACT_SKIPPED)
    memory.zones.drain()
    expect(memory.zones.freePages()).toBe(freePages)
    memory.validate()
  })
})

describe('how far it goes', () => {
  const end = () => memory.frames.pages
  const moved = () => events().pgmigrate_success ?? 0

  it('finishes the pageblock in which it has made a block, and stops', () => {
    fragment(() => 0)
    expect(compact(1, 1)).toBe(COMPACT_SUCCESS)
    expect(moved()).toBe(256)
  })

  it('sees what has merged only since CPUs gave back what they keep', () => {
    fragment(() => 0)
    expect(compact(1, 9)).toBe(COMPACT_SUCCESS)
    expect(moved()).toBe(256)
  })

  it('leaves pageblocks of other migratetypes alone when it only does what is cheap', () => {
    fragment(() => 0)
    expect(compact(2)).toBe(COMPACT_COMPLETE)
    expect(moved()).toBe(0)
    compact(2, 3, GFP_KERNEL | __GFP_MOVABLE)
    expect(moved()).toBeGreaterThan(0)
  })

  it('does not even take pages that are being written when it only does what is cheap', () => {
    fragment(() => PG_WRITEBACK)
    compact(2, 3, GFP_KERNEL | __GFP_MOVABLE)
    expect(events().pgmigrate_fail).toBeUndefined()
    compact(0, 3, GFP_KERNEL | __GFP_MOVABLE)
    expect(events().pgmigrate_fail).toBeGreaterThan(0)
  })

  it('moves nothing out of a block in which a page has to stay, when it only does what is cheap', () => {
    const pages = fill(() => 0)
    free(pages.filter((page) => page % 8 === 0))
    for (const page of pages) if (page % 8 === 7) memory.lru.remove(page)
    compact(2, 3, GFP_KERNEL | __GFP_MOVABLE)
    expect(moved()).toBe(0)
    compact(0, 3, GFP_KERNEL | __GFP_MOVABLE)
    expect(moved()).toBeGreaterThan(0)
  })

  it('looks at each 32nd page for free ones until it finds some, when it only does what is cheap', () => {
    const pages = fill(() => 0)
    free(pages.filter((page) => page === end() - 512 || (page < end() - 512 && page % 2 === 1)))
    compact(2, 9, GFP_KERNEL | __GFP_MOVABLE)
    expect(moved()).toBeGreaterThan(1)
    machine()
    free(fill(() => 0).filter((page) => page % 2 === 1))
    compact(2, 9, GFP_KERNEL | __GFP_MOVABLE)
    expect(moved()).toBe(0)
  })

  it('does not break up large blocks that are free', () => {
    const pages = fill(() => 0)
    free(pages.filter((page) => page >= end() - 512 || page % 2 === 0))
    expect(compact(1, 10)).toBe(COMPACT_SUCCESS)
    expect(memory.frames.order(end() - 512)).toBe(9)
    expect(memory.zones.all[0]?.buddy.allocatedOrder(end() - 512)).toBe(-1)
  })

  it('moves single pages only', () => {
    for (;;) {
      const page = memory.alloc(task, ALL, 1)
      if (page === NO_PAGE) break
      memory.lru.add(page, 0)
      content.set(page, page)
    }
    for (const page of [...content.keys()].filter((page) => page % 4 === 0)) {
      memory.lru.remove(page)
      memory.free(page, 1)
      content.delete(page)
    }
    memory.zones.drain()
    compact(1, 3)
    expect(moved()).toBe(0)
  })

  it('leaves the zone above its min watermark', () => {
    const [zone] = memory.zones.all
    const { min, low } = zone?.watermarks ?? { min: 0, low: 0 }
    const pages = fill(() => 0)
    // Room for a block of order 6, and less than what is taken from a pageblock in one go.
    free(pages.filter((page) => page % 2 === 0).slice(-(low + 140)))
    const step = { kind: 'compact', gfp: GFP_KERNEL, allocFlags: 0, priority: 1 } as const
    let least = memory.zones.freePages()
    for (const _ of memory.compacting({ task, gfp: GFP_KERNEL, order: 6 }, step)) {
      least = Math.min(least, memory.zones.freePages())
    }
    expect(moved()).toBeGreaterThan(0)
    expect(least).toBeGreaterThanOrEqual(min)
  })

  it('does not look for free pages again where there were none lately', () => {
    hooks.migrate = () => false
    const pages = fill(() => 0)
    free(pages.filter((page) => page < 4096 && page % 2 === 0))
    const scanned = () => events().compact_free_scanned ?? 0
    compact(1, 9)
    const first = scanned()
    expect(compact(1, 9)).toBe(DEFERRED)
    expect(compact(1, 9)).not.toBe(DEFERRED)
    expect(scanned() - first).toBeLessThan(first / 4)
  })
})

describe('after compaction in vain', () => {
  it('it is left out once, then 3 times, then 7: up to 63 times', () => {
    hooks.migrate = () => false
    free(fill(() => 0).filter((page) => page % 2 === 1))
    const results: number[] = []
    const scanned: number[] = []
    for (let i = 0; i < 300; i++) {
      const before = events().compact_migrate_scanned ?? 0
      results.push(compact(1))
      if (results.at(-1) !== DEFERRED) {
        scanned.push((events().compact_migrate_scanned ?? 0) - before)
      }
    }
    const pauses = results
      .map((result) => (result === DEFERRED ? 'd' : 'x'))
      .join('')
      .split('x')
      .map((pause) => pause.length)
    expect(pauses.slice(0, 9)).toEqual([0, 1, 3, 7, 15, 31, 63, 63, 63])
    expect(results.filter((result) => result !== DEFERRED)).toContain(COMPACT_COMPLETE)
    // Pageblocks that were not worth a look are looked at again after the longest pause.
    expect(scanned.map((pages) => pages > 0).slice(0, 8)).toEqual([
      true,
      ...new Array<boolean>(5).fill(false),
      true,
      true,
    ])
  })

  it('it is not left out for orders that were made before, nor for who tries hardest', () => {
    expect(compact(1, 1)).toBe(COMPACT_SUCCESS)
    hooks.migrate = () => false
    fragment(() => 0)
    expect(compact(1, 4)).toBe(COMPACT_COMPLETE)
    expect(compact(1, 4)).toBe(DEFERRED)
    expect(compact(0, 4)).toBe(COMPACT_COMPLETE)
    expect(compact(1, 1)).toBe(COMPACT_COMPLETE)
  })

  it('it tries harder before a request gives up, and then gives up', () => {
    hooks.migrate = () => false
    fragment(() => 0)
    const priorities: number[] = []
    const steps = memory.steps({ task, gfp: GFP_KERNEL | __GFP_NOWARN, order: 3 })
    let step = steps.next()
    while (!step.done && step.value.kind !== 'oom-lock') {
      if (step.value.kind === 'compact') priorities.push(step.value.priority)
      // Reclaim always frees a page, and never a block: compaction decides alone.
      if (step.value.kind === 'reclaim') step = steps.next(1)
      else if (step.value.kind === 'should-reclaim-retry') step = steps.next(0)
      else step = steps.next()
    }
    steps.return(NO_PAGE)
    expect(priorities).toEqual([2, 1, 0])
  })
})

describe('kcompactd', () => {
  it('makes blocks, and counts for itself', () => {
    fragment(() => PG_FILE)
    expect(memory.kcompactdSuitable(0, 3)).toBe(true)
    for (const step of memory.kcompactd(0, 3)) expect(step.kind).toBe('compact')
    expect([3, 4, 5, 6, 7, 8, 9, 10].some((order) => memory.zones.all[0]?.lists(order))).toBe(true)
    expect(events().compact_daemon_migrate_scanned).toBe(events().compact_migrate_scanned)
    expect(events()).toMatchObject({ compact_daemon_wake: 1 })
    expect(memory.kcompactdSuitable(0, 3)).toBe(false)
    memory.validate()
  })
})

describe('compaction', () => {
  /** Takes all steps, and returns what came of it. */
  function resultOf(steps: CompactionSteps<number>): number {
    for (;;) {
      const step = steps.next()
      if (step.done) return step.value
    }
  }

  it('of kcompactd says what came of it', () => {
    expect(resultOf(memory.kcompactd(0, 3))).toBe(COMPACT_SKIPPED)
    fragment(() => PG_FILE)
    expect(resultOf(memory.kcompactd(0, 3))).toBe(COMPACT_SUCCESS)
    const pages = fill(() => 0)
    free(pages.filter((page) => page % 2 === 0))
    hooks.migrate = () => false
    expect(resultOf(memory.kcompactd(0, 9))).not.toBe(COMPACT_SUCCESS)
    expect(resultOf(memory.kcompactd(0, 9))).toBe(DEFERRED)
  })

  it('by compact_memory goes from end to end, whatever blocks there are, and is not that of kcompactd', () => {
    const pages = fill(() => PG_FILE)
    free(pages.filter((page) => page % 2 === 0))
    const scannedBefore = events().compact_migrate_scanned ?? 0
    expect(resultOf(memory.compactingNode(0))).toBe(COMPACT_COMPLETE)
    expect((events().compact_migrate_scanned ?? 0) - scannedBefore).toBeGreaterThan(8000)
    expect(events().compact_daemon_migrate_scanned).toBeUndefined()
    // All that is left is in the upper half.
    memory.zones.drain()
    const moved = [...content.keys()]
    expect(Math.min(...moved)).toBeGreaterThan(7000)
    // Once more has nothing to move, and looks all the same: no failure is remembered.
    expect(resultOf(memory.compactingNode(0))).toBe(COMPACT_COMPLETE)
    memory.validate()
  })

  it('counts each page that it takes, to move and to move to', () => {
    const pages = fill(() => 0)
    free(pages.filter((page) => page % 2 === 0))
    resultOf(memory.compactingNode(0))
    const { compact_isolated = 0, pgmigrate_success = 0 } = events()
    expect(pgmigrate_success).toBeGreaterThan(1000)
    // Some of the free pages are taken in vain, and given back.
    expect(compact_isolated).toBeGreaterThanOrEqual(2 * pgmigrate_success)
    expect(compact_isolated).toBeLessThan(3 * pgmigrate_success)
  })

  it('moves nothing for a single page: where none is free, that would help nobody', () => {
    fill(() => 0)
    expect(compact(1, 0)).toBe(COMPACT_SKIPPED)
    expect(events().compact_migrate_scanned).toBeUndefined()
  })

  it('that failed is tried again at once when a request has got such a block', () => {
    const pages = fill(() => 0)
    free(pages.filter((page) => page % 2 === 0))
    hooks.migrate = () => false
    const request = { task, gfp: GFP_KERNEL, order: 4 }
    const step = { kind: 'compact', gfp: GFP_KERNEL, allocFlags: 0, priority: 1 } as const
    const compact = () => resultOf(memory.compacting(request, step))
    expect(compact()).toBe(COMPACT_COMPLETE)
    expect(compact()).toBe(DEFERRED)
    memory.compacted(pages[0] ?? 0, 4)
    expect(compact()).toBe(COMPACT_COMPLETE)
  })
})

describe('what is remembered of a zone', () => {
  it('are its last pageblock, also where that has one page, and no more attempts than are left out', () => {
    expect(new ZoneCompaction({ start: 1024, managed: 512 }).lastBlock).toBe(1024)
    const known = new ZoneCompaction({ start: 1024, managed: 513 })
    expect(known.lastBlock).toBe(1536)
    known.defer(4)
    known.defer(4)
    expect([1, 2, 3, 4, 5].map(() => known.deferred(4))).toEqual([true, true, true, false, false])
    expect(known.save()).toMatchObject({ considered: 4, deferShift: 2 })
  })
})

describe('proactive compaction', () => {
  /** Compacts without being asked; returns whether that made it better, and how many pages were looked at. */
  function proactively(kswapdRuns = () => false): { better: boolean; scanned: number } {
    const before = events().compact_migrate_scanned ?? 0
    const steps = memory.compactingProactively(0, kswapdRuns)
    for (;;) {
      const step = steps.next()
      const scanned = (events().compact_migrate_scanned ?? 0) - before
      if (step.done) return { better: step.value, scanned }
    }
  }

  it('leaves memory alone whose free part is in large blocks, or that has none', () => {
    expect(memory.compactsProactively(0)).toBe(false)
    fill(() => 0)
    memory.zones.drain()
    expect(memory.compactsProactively(0)).toBe(false)
  })

  it('goes on until a fifth of what is free is in blocks of huge pages, and no further', () => {
    fragment(() => PG_FILE)
    expect(memory.compactsProactively(0)).toBe(true)
    const { better, scanned } = proactively()
    expect(better).toBe(true)
    expect(memory.compactsProactively(0)).toBe(false)
    const huge = [9, 10].map(
      (order) => (memory.zones.all[0]?.buddy.freeBlocks(order) ?? 0) << order,
    )
    const share = huge.reduce((sum, pages) => sum + pages) / memory.zones.freePages()
    expect(share).toBeGreaterThanOrEqual(0.19)
    expect(share).toBeLessThan(0.3)
    expect(scanned).toBeLessThan(8192)
    memory.validate()
  })

  it('gives way to kswapd', () => {
    fragment(() => PG_FILE)
    let looks = 0
    const { better, scanned } = proactively(() => ++looks > 1)
    expect(better).toBe(false)
    expect(scanned).toBeGreaterThan(0)
    expect(scanned).toBeLessThanOrEqual(512)
    memory.validate()
  })

  it('with little free memory ends at the min watermark after a whole pageblock, and is no better', () => {
    const pages = fill(() => PG_FILE)
    const zone = memory.zones.all[0]
    const spare = (zone?.watermarks.min ?? 0) + 100
    // One page of 16, from the end.
    free(pages.filter((page) => page % 16 === 0).slice(-spare))
    expect(memory.zones.freePages()).toBe(spare)
    expect(memory.compactsProactively(0)).toBe(true)
    expect(proactively()).toEqual({ better: false, scanned: 512 })
    expect(memory.zones.freePages()).toBeLessThanOrEqual(spare)
    expect(events().pgmigrate_success).toBeGreaterThan(0)
    memory.validate()
  })
})

describe('the index of fragmentation', () => {
  it('is -1000 where nothing is missing, 0 where memory is, and nears 1000 the smaller the pieces', () => {
    expect(fragmentationIndex(memory.zones.all[0] as never, 9)).toBe(-1000)
    const pages = fill(() => 0)
    expect(fragmentationIndex(memory.zones.all[0] as never, 9)).toBe(0)
    free(pages.filter((page) => page % 2 === 0))
    // 8192 blocks of one page, of which a block of 512 needs 16: 1000 - (1000 + 16000) / 8192.
    expect(memory.zones.freePages()).toBe(8192)
    expect(fragmentationIndex(memory.zones.all[0] as never, 9)).toBe(998)
  })
})

it('requests that cannot fail get their block once pages can be moved', () => {
  fragment(() => 0)
  expect(memory.alloc(task, GFP_KERNEL | __GFP_NOFAIL, 1)).not.toBe(NO_PAGE)
})
