/** How rounds are divided between pages of files and of programs, and what that follows from. */
import { Task } from '@scopemask/core/task'
import { describe, expect, it } from 'vitest'
import {
  ACTIVE_ANON,
  ACTIVE_FILE,
  GFP_KERNEL,
  GFP_NOFS,
  GFP_NOIO,
  INACTIVE_ANON,
  INACTIVE_FILE,
  type MemoryHooks,
  type MemoryOptions,
  NO_PAGE,
  PageAllocator,
  PageError,
  PF,
  PG_ACTIVE,
  PG_FILE,
  PG_SWAPCACHE,
  PG_WRITEBACK,
  type ReclaimStep,
} from '../../src/index.js'
import type { Pageout } from '../../src/reclaim/reclaim-hooks.js'
import { scanBalance } from '../../src/reclaim/scan-balance.js'

const task = new Task(PF)
const usual = {
  canSwap: true,
  swappiness: 60,
  priority: 12,
  cgroup: false,
  fileIsTiny: false,
  cacheTrim: false,
  anonCost: 0,
  fileCost: 0,
}

function machine(
  lists: { readonly anon: number; readonly file: number; readonly active?: number },
  hooks: MemoryHooks = {},
  options: Partial<MemoryOptions> = {},
): PageAllocator {
  const memory = new PageAllocator({ nodes: [{ Normal: 16_384 }], ...options }, hooks)
  const add = (pages: number, flags: number): void => {
    for (let i = 0; i < pages; i++) {
      const page = memory.alloc(task, GFP_KERNEL, 0)
      if (page === NO_PAGE) throw new Error('no page')
      memory.lru.add(page, flags)
    }
  }
  add(lists.active ?? 0, PG_FILE | PG_ACTIVE)
  add(lists.anon, 0)
  add(lists.file, PG_FILE)
  return memory
}

const lists = (memory: PageAllocator): number[] =>
  [INACTIVE_ANON, ACTIVE_ANON, INACTIVE_FILE, ACTIVE_FILE].map((list) => memory.lru.pages(0, list))

function steps(memory: PageAllocator, gfp = GFP_KERNEL, order = 0): ReclaimStep[] {
  const taken: ReclaimStep[] = []
  const run = memory.reclaiming({ task, gfp, order }, gfp)
  for (let next = run.next(); next.done !== true; next = run.next()) taken.push(next.value)
  return taken
}

describe('the balance of a round', () => {
  it.each([
    ['without swap', { canSwap: false }, [0, 1, 1]],
    ['of a group that must not swap', { cgroup: true, swappiness: 0 }, [0, 1, 1]],
    ['that is the last', { priority: 0 }, [1, 1, 1]],
    ['that is the last, and must not swap', { priority: 0, swappiness: 0 }, [0, 200, 200]],
    ['when there is hardly a page of a file', { fileIsTiny: true }, [1, 0, 1]],
    ['when there are plenty', { cacheTrim: true }, [0, 1, 1]],
    ['by swappiness, when nothing has cost anything', {}, [60, 140, 200]],
    ['when files have cost as much', { anonCost: 50, fileCost: 50 }, [119, 279, 398]],
    ['when files have cost all', { fileCost: 100 }, [178, 209, 387]],
    ['when programs have cost all', { anonCost: 100 }, [89, 417, 506]],
  ])('%s', (_what, state, [anon, file, denominator]) => {
    expect(scanBalance({ ...usual, ...state })).toEqual({ anon, file, denominator })
  })

  it('follows from what pages cost that come back from swap or are written to it', () => {
    // The more programs write, the less they are scanned.
    const written: number[] = []
    const anon = (pageout: Pageout): number => {
      const memory = machine(
        { anon: 6000, file: 2000, active: 4000 },
        {
          swapPages: () => 10_000,
          addToSwap: (page) => {
            written.push(page)
            return true
          },
          pageout: () => pageout,
        },
      )
      for (let i = 0; i < 30; i++) steps(memory)
      const { pgscan_anon = 0, pgscan_file = 0 } = memory.counters().events ?? {}
      return pgscan_anon / (pgscan_anon + pgscan_file)
    }
    // Written at once or later, or dirty again: it has cost as much (stat->nr_pageout of shrink_folio_list, 6.1.192).
    const kept = anon('keep')
    expect(anon('writeback')).toBeLessThan(kept * 0.9)
    expect(anon('clean')).toBeLessThan(kept * 0.9)
    expect(anon('dirty')).toBeLessThan(kept * 0.9)
    expect(written.length).toBeGreaterThan(100)
  })
})

describe('pages of programs', () => {
  it('go to swap with a slot, for requests that may start I/O', () => {
    const slots: number[] = []
    const refused: number[] = []
    const hooks: MemoryHooks = {
      swapPages: () => 5,
      addToSwap: (page) => {
        const isFull = slots.length === 40
        ;(isFull ? refused : slots).push(page)
        return !isFull
      },
      pageout: () => 'writeback',
    }
    const memory = machine({ anon: 3000, file: 0 }, hooks)
    steps(memory, GFP_NOIO)
    expect(slots).toEqual([])
    steps(memory, GFP_NOFS)
    expect([slots.length, refused.length > 0]).toEqual([40, true])
    const [page = NO_PAGE] = slots
    const written = PG_SWAPCACHE | PG_WRITEBACK
    expect(memory.lru.flags(page) & written).toBe(written)
    // Who gets no slot is active again, for a while.
    expect(memory.counters().events?.pgactivate).toBeGreaterThanOrEqual(refused.length)
    memory.lru.endWriteback(page)
    expect(memory.lru.last(0, INACTIVE_ANON)).toBe(page)
    steps(memory, GFP_NOFS)
    // It had its slot, and has been written: now it is free.
    expect(memory.frames.isUsed(page)).toBe(false)
    expect(slots).toHaveLength(40)
    memory.validate()
  })

  it('that come back from swap are weighed against the working set', () => {
    const memory = machine({ anon: 100, file: 100 }, { swapPages: () => 10 })
    const { workingset } = memory
    const shadow = workingset.evict(0, 0)
    expect(workingset.refault({ node: 0, shadow: shadow, file: false })).toBe(PG_ACTIVE)
    for (let i = 0; i < 200; i++) workingset.activation(0)
    expect(workingset.refault({ node: 0, shadow: shadow, file: false })).toBe(0)
    expect(memory.counters().nodes?.[0]).toMatchObject({
      workingset_refault_anon: 2,
      workingset_activate_anon: 1,
      workingset_refault_file: 0,
    })
  })
})

describe('pages that reclaim cannot have', () => {
  it('are on no list while somebody keeps them in memory, or works on them', () => {
    const memory = machine({ anon: 4, file: 4 })
    const { lru } = memory
    const page = lru.last(0, INACTIVE_ANON)
    lru.mlock(page)
    expect([lists(memory), lru.unevictable(0)]).toEqual([[3, 0, 4, 0], 1])
    expect(memory.counters().nodes?.[0]).toMatchObject({ nr_unevictable: 1 })
    expect(() => lru.mlock(page)).toThrow(PageError)
    expect(() => memory.free(page, 0)).toThrow(/is kept in memory/)
    lru.munlock(page)
    const file = lru.last(0, INACTIVE_FILE)
    lru.isolate(file)
    expect([lists(memory), lru.isolated(0, true), lru.isolated(0, false)]).toEqual([
      [4, 0, 3, 0],
      1,
      0,
    ])
    expect(memory.counters().nodes?.[0]).toMatchObject({ nr_isolated_file: 1 })
    expect(() => memory.free(file, 0)).toThrow(/is isolated/)
    expect(() => lru.munlock(file)).toThrow(`page ${file} is not kept in memory`)
    memory.restore(memory.snapshot())
    memory.validate()
    lru.putback(file)
    lru.mlock(file)
    lru.remove(file)
    memory.free(file, 0)
    expect(lru.unevictable(0)).toBe(0)
    memory.validate()
  })

  it('make reclaim wait when they are many, sooner for those who may enter the filesystem', () => {
    const memory = machine({ anon: 0, file: 800 })
    for (let i = 0; i < 200; i++) memory.lru.isolate(memory.lru.last(0, INACTIVE_FILE))
    const throttles = (gfp: number): unknown[] =>
      steps(memory, gfp).filter(({ kind }) => kind === 'throttle')
    expect(throttles(GFP_NOFS)).toEqual([])
    expect(throttles(GFP_KERNEL)).toContainEqual({ kind: 'throttle', reason: 'isolated' })
    // kswapd does not wait, and neither does reclaim for a limit.
    const kswapd = memory.balancing(0, 10)
    for (let next = kswapd.next(); next.done !== true; next = kswapd.next()) {
      expect(next.value).not.toEqual({ kind: 'throttle', reason: 'isolated' })
    }
  })
})

describe('reclaim for a large block', () => {
  it('stops where compaction has room, and calls that progress', () => {
    const memory = machine({ anon: 0, file: 8000 }, { migrate: () => true })
    const pages: number[] = []
    for (;;) {
      const page = memory.tryAlloc(task, GFP_KERNEL, 0)
      if (page === NO_PAGE) break
      pages.push(page)
    }
    // Every other page is free: plenty, and all of it fragments.
    for (const [i, page] of pages.entries()) if (i % 2 === 0) memory.free(page, 0)
    memory.zones.drain()
    const free = memory.zones.freePages()
    const run = memory.reclaiming({ task, gfp: GFP_KERNEL, order: 4 }, GFP_KERNEL)
    expect(run.next()).toEqual({ done: true, value: 1 })
    expect(memory.zones.freePages()).toBe(free)
    // A smaller block is not worth such care, and neither is one that compaction may not make.
    expect(memory.reclaiming({ task, gfp: GFP_KERNEL, order: 3 }, GFP_KERNEL).next().done).toBe(
      false,
    )
    expect(memory.reclaiming({ task, gfp: GFP_NOIO, order: 4 }, GFP_NOIO).next().done).toBe(false)
  })

  it('goes on in a round as long as compaction lacks room and it helps', () => {
    const memory = machine({ anon: 0, file: 12_000 })
    for (;;) if (memory.tryAlloc(task, GFP_KERNEL, 0) === NO_PAGE) break
    const reclaimed = (order: number): number => {
      const run = memory.reclaiming({ task, gfp: GFP_KERNEL, order }, GFP_KERNEL)
      let next = run.next()
      while (next.done !== true) next = run.next()
      return next.value
    }
    expect(reclaimed(0)).toBeLessThan(64)
    expect(reclaimed(9)).toBeGreaterThan(500)
    memory.validate()
  })
})
