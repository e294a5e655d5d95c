/** Memory cgroups: what is charged where, limits, protection, and who reclaims and dies for them. */
import { Task } from '@scopemask/core/task'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  __GFP_ACCOUNT,
  __GFP_HIGH,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
  type ChargeStep,
  GFP_KERNEL,
  GFP_KERNEL_ACCOUNT,
  GFP_NOFS,
  INACTIVE_FILE,
  linux6_1,
  type MemCgroup,
  type MemoryHooks,
  NO_PAGE,
  PageAllocator,
  PageError,
  PF,
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PG_FILE,
  PG_PRIVATE,
} from '../../src/index.js'
import { calculateProtection } from '../../src/memcg/protection.js'

const { GFP_NOWAIT } = linux6_1.flags

let task: Task<'PF'>
let memory: PageAllocator
let hooks: { -readonly [K in keyof MemoryHooks]: MemoryHooks[K] }

beforeEach(() => {
  task = new Task(PF, { name: 'wl' })
  hooks = {}
  memory = new PageAllocator({ nodes: [{ DMA: 1024, Normal: 15_360 }] }, hooks)
})

/** A block of a group, which the group has room for or not. */
function charged(group: MemCgroup, gfp = GFP_KERNEL, order = 0): number {
  const page = memory.alloc(task, gfp & ~__GFP_ACCOUNT, order)
  if (memory.charge({ task, gfp, page, group })) return page
  memory.free(page, order)
  return NO_PAGE
}

/** Page cache of a group. */
function cache(group: MemCgroup, pages: number, flags = PG_FILE): number[] {
  return Array.from({ length: pages }, () => {
    const page = charged(group)
    if (page === NO_PAGE) throw new Error('no room')
    memory.lru.add(page, flags)
    return page
  })
}

/** The steps of a charge that nobody helps. */
function stepsOf(
  group: MemCgroup,
  gfp: number,
  answers: Partial<Record<ChargeStep['kind'], number>> = {},
): string[] {
  const page = memory.alloc(task, GFP_KERNEL, 0)
  const steps = memory.charging({ task, gfp, page, group })
  const kinds: string[] = []
  let next = steps.next()
  while (next.done !== true && kinds.length < 100) {
    kinds.push(next.value.kind)
    next = steps.next(answers[next.value.kind] ?? 0)
  }
  return [...kinds, `${next.done === true && next.value === true}`]
}

describe('a page of a group', () => {
  it('is charged to it and all above it, in batches, until it is freed', () => {
    const outer = memory.memcgs.create('outer')
    const inner = memory.memcgs.create('inner', {}, outer)
    expect(inner.path).toBe('/outer/inner')
    const page = charged(inner, GFP_KERNEL, 2)
    expect(memory.memcgs.of(page)).toBe(inner)
    // A CPU charges 64 pages at once, and keeps what it does not need yet.
    expect([inner.usage, outer.usage, memory.memcgs.root.usage]).toEqual([64, 64, 64])
    for (let i = 0; i < 15; i++) charged(inner, GFP_KERNEL, 2)
    expect(inner.usage).toBe(64)
    charged(inner)
    expect(inner.usage).toBe(128)
    memory.free(page, 2)
    expect(inner.usage).toBe(124)
    expect(memory.memcgs.of(page)).toBe(memory.memcgs.root)
    memory.memcgs.drainStock(outer)
    expect([inner.usage, outer.usage]).toEqual([61, 61])
    memory.validate()
  })

  it('that is charged already, or is none, is an error', () => {
    const group = memory.memcgs.create('a')
    const page = charged(group)
    expect(() => memory.charge({ task, gfp: GFP_KERNEL, page, group })).toThrow(
      new PageError(`page ${page} is charged to /a already`),
    )
    expect(() => memory.charge({ task, gfp: GFP_KERNEL, page: 9, group })).toThrow(
      'page 9 is charged to /a, and no block in use begins there',
    )
  })

  it('takes its charge along when compaction moves it', () => {
    const group = memory.memcgs.create('a')
    const [page = NO_PAGE] = cache(group, 1)
    const to = memory.alloc(task, GFP_KERNEL, 0)
    const before = group.usage
    memory.lru.migrate(page, to)
    memory.free(page, 0)
    expect(memory.memcgs.of(to)).toBe(group)
    expect(group.usage).toBe(before)
    memory.validate()
  })

  it('is charged by the allocator itself when the request says so', () => {
    const group = memory.memcgs.create('a', { max: 100 })
    memory.memcgs.attach(task, group)
    const plain = memory.alloc(task, GFP_KERNEL, 0)
    expect(memory.memcgs.of(plain)).toBe(memory.memcgs.root)
    expect(memory.tryAlloc(task, GFP_KERNEL_ACCOUNT, 0)).toBe(NO_PAGE)
    const pages: number[] = []
    for (;;) {
      const page = memory.alloc(task, GFP_KERNEL_ACCOUNT, 0)
      if (page === NO_PAGE) break
      pages.push(page)
      expect(memory.memcgs.of(page)).toBe(group)
    }
    expect(pages).toHaveLength(100)
    // Memory is plenty: it is the group that has none, and the page went back.
    expect(memory.zones.freePages()).toBeGreaterThan(10_000)
    memory.validate()
  })

  it('of a group that is removed stays charged until it is freed, and the number is free after it', () => {
    memory = new PageAllocator({ nodes: [{ Normal: 4096 }], memcgs: 1 })
    const group = memory.memcgs.create('a')
    const page = charged(group)
    memory.memcgs.remove(group)
    expect(group.usage).toBe(1)
    expect(() => memory.memcgs.create('b')).toThrow('there can be 1 cgroups')
    memory.validate()
    memory.free(page, 0)
    expect(memory.memcgs.create('a').number).toBe(group.number)
    memory.validate()
  })
})

describe('a group at its limit', () => {
  it('reclaims its own pages, and those below it, and no others', () => {
    const other = memory.memcgs.create('other')
    cache(other, 500)
    const group = memory.memcgs.create('a', { max: 1000 })
    cache(memory.memcgs.create('b', {}, group), 900)
    const before = memory.lru.pages(0, INACTIVE_FILE)
    for (let i = 0; i < 200; i++) expect(charged(group)).not.toBe(NO_PAGE)
    expect(group.usage).toBeLessThanOrEqual(1000)
    expect(memory.lru.size(memory.lru.lruvec(other.number, 0), INACTIVE_FILE)).toBe(500)
    expect(before - memory.lru.pages(0, INACTIVE_FILE)).toBeGreaterThan(100)
    const { events } = memory.counters()
    // Reclaim for a limit is no reclaim of the machine, but its pages are counted.
    expect(events).toMatchObject({ pgsteal_file: expect.any(Number) })
    expect(events).not.toHaveProperty('pgsteal_direct')
    expect(events).not.toHaveProperty('allocstall_normal')
    expect(group.events.max).toBeGreaterThan(0)
    expect(group.events.oom).toBe(0)
    memory.validate()
  })

  it('reclaims with the flags of the request: a scope makes it as weak as any reclaim', () => {
    const group = memory.memcgs.create('a', { max: 640 })
    cache(group, 640, PG_FILE | PG_PRIVATE)
    const killed: number[] = []
    hooks.memcgOutOfMemory = (_group, gfp) => {
      killed.push(gfp)
      return false
    }
    expect(charged(group, GFP_NOFS)).toBe(NO_PAGE)
    // The OOM killer of a group comes without __GFP_FS too.
    expect(killed).toEqual([GFP_NOFS])
    using scope = task.enter(PF_MEMALLOC_NOFS)
    expect(scope).toBeDefined()
    expect(charged(group, GFP_KERNEL)).toBe(NO_PAGE)
    expect(group.events).toMatchObject({ oom: 2, oom_kill: 0 })
    memory.validate()
  })

  it('without a scope gets what it needs', () => {
    const group = memory.memcgs.create('a', { max: 640 })
    cache(group, 640, PG_FILE | PG_PRIVATE)
    expect(charged(group, GFP_KERNEL)).not.toBe(NO_PAGE)
    memory.validate()
  })

  it.each<[string, number, readonly string[]]>([
    ['cannot wait', GFP_NOWAIT, ['false']],
    ['cannot wait, but is important', GFP_NOWAIT | __GFP_HIGH, ['true']],
    // Once, and once more after the CPUs have given back what they keep.
    ['tries once', GFP_KERNEL | __GFP_NORETRY, [...Array(2).fill('memcg-reclaim'), 'false']],
    [
      'rather fails',
      GFP_KERNEL | __GFP_RETRY_MAYFAIL,
      [...Array(18).fill('memcg-reclaim'), 'false'],
    ],
    ['has somebody killed', GFP_KERNEL, [...Array(18).fill('memcg-reclaim'), 'memcg-oom', 'false']],
    [
      'cannot fail',
      GFP_KERNEL | __GFP_NOFAIL,
      [...Array(18).fill('memcg-reclaim'), 'memcg-oom', 'true'],
    ],
  ])('and a request that %s', (_what, gfp, steps) => {
    const group = memory.memcgs.create('a', { max: 0 })
    expect(stepsOf(group, gfp)).toEqual(steps)
    expect(group.usage).toBe(steps.at(-1) === 'true' ? 1 : 0)
    // What is not forced and cannot wait does not even count as an event.
    expect(group.events.max).toBe(
      steps[0] === 'false' ? 0 : Math.max(1, steps.filter((s) => s === 'memcg-reclaim').length),
    )
  })

  it('fails once the one that asks has been killed meanwhile', () => {
    const group = memory.memcgs.create('a', { max: 0 })
    const page = memory.alloc(task, GFP_KERNEL, 0)
    const asked = { task, gfp: GFP_KERNEL, page, group, dying: false }
    const steps = memory.charging(asked)
    let kills = 0
    let next = steps.next()
    while (next.done !== true) {
      const oom = next.value.kind === 'memcg-oom'
      if (oom && ++kills === 2) asked.dying = true
      next = steps.next(oom ? 1 : 0)
    }
    expect([kills, next.value]).toEqual([2, false])
  })

  it('goes on after a kill, until the victim is the one that asks', () => {
    const group = memory.memcgs.create('a', { max: 0 })
    const page = memory.alloc(task, GFP_KERNEL, 0)
    const kills = (dying: boolean): number => {
      const steps = memory.charging({ task, gfp: GFP_KERNEL, page, group, dying })
      let kills = 0
      let count = 0
      for (let next = steps.next(); next.done !== true && count < 200; count++) {
        if (next.value.kind === 'memcg-oom') kills++
        next = steps.next(next.value.kind === 'memcg-oom' ? 1 : 0)
      }
      return kills
    }
    expect(kills(false)).toBeGreaterThan(5)
    // It has others killed for nothing: it dies itself.
    expect(kills(true)).toBe(0)
  })

  it('gives way to who frees memory', () => {
    const group = memory.memcgs.create('a', { max: 0 })
    task = new Task(PF, { mask: PF_MEMALLOC })
    expect(stepsOf(group, GFP_KERNEL)).toEqual(['true'])
    expect(group.events.max).toBe(1)
  })

  it('lets whoever reclaims for it use the reserves, and only meanwhile', () => {
    const group = memory.memcgs.create('a', { max: 0 })
    const page = memory.alloc(task, GFP_KERNEL, 0)
    const steps = memory.charging({ task, gfp: GFP_KERNEL, page, group })
    expect(steps.next().value).toMatchObject({ kind: 'memcg-reclaim', pages: 1 })
    expect(task.mask & PF_MEMALLOC).not.toBe(0)
    steps.return(false)
    expect(task.mask & PF_MEMALLOC).toBe(0)
  })

  it('is the one above, if that is full', () => {
    const outer = memory.memcgs.create('outer', { max: 64 })
    const inner = memory.memcgs.create('inner', { max: 1000 }, outer)
    for (let i = 0; i < 64; i++) charged(inner)
    const page = memory.alloc(task, GFP_KERNEL, 0)
    const step = memory.charging({ task, gfp: GFP_KERNEL, page, group: inner }).next().value
    expect(step).toMatchObject({ kind: 'memcg-reclaim', group: outer })
    expect(outer.eventsLocal.max).toBe(1)
    expect(inner.events.max).toBe(0)
  })
})

describe('memory.high', () => {
  it('makes those who go above it reclaim, and sleep when that does not help', () => {
    const group = memory.memcgs.create('a', { high: 1000 })
    const steps: ChargeStep[] = []
    for (let i = 0; i < 1100; i++) {
      const page = memory.alloc(task, GFP_KERNEL, 0)
      const charging = memory.charging({ task, gfp: GFP_KERNEL, page, group })
      for (let next = charging.next(); next.done !== true; next = charging.next())
        steps.push(next.value)
    }
    const kinds = new Set(steps.map(({ kind }) => kind))
    expect(kinds).toEqual(new Set(['memcg-reclaim', 'memcg-throttle']))
    expect(group.events.high).toBeGreaterThan(0)
    expect(group.events.max).toBe(0)
    // 88 pages above 1000, and 128 that it has charged above it: 0.088^2 * 2^6 * 250 Hz * 128/64, rounded down at each step.
    const sleep = steps.find((step) => step.kind === 'memcg-throttle')
    expect(sleep).toEqual({ kind: 'memcg-throttle', jiffies: 246 })
    memory.validate()
  })

  it('holds a charge while it makes somebody sleep, and takes it back from whoever gives up', () => {
    const group = memory.memcgs.create('a', { high: 0 })
    const page = memory.alloc(task, GFP_KERNEL, 7)
    const steps = memory.charging({ task, gfp: GFP_KERNEL, page, group })
    expect(steps.next().value).toMatchObject({ kind: 'memcg-reclaim' })
    expect(group.usage).toBe(128)
    memory.validate()
    steps.return(false)
    expect(group.usage).toBe(0)
    memory.validate()
  })

  it('makes nobody reclaim who must not sleep, or frees memory', () => {
    const group = memory.memcgs.create('a', { high: 0 })
    const steps = (gfp: number) => {
      let count = 0
      for (let i = 0; i < 200; i++) {
        const page = memory.alloc(task, GFP_KERNEL, 0)
        for (const _ of memory.charging({ task, gfp, page, group })) count++
      }
      return count
    }
    expect(steps(GFP_NOWAIT)).toBe(0)
    {
      using _ = task.enter(PF_MEMALLOC)
      expect(steps(GFP_KERNEL)).toBe(0)
    }
    expect(steps(GFP_KERNEL)).toBeGreaterThan(0)
  })

  it('is looked at when a task returns to user space, if it has charged little', () => {
    const group = memory.memcgs.create('a', { high: 0 })
    cache(group, 64)
    const steps = memory.returningToUser({ task, gfp: GFP_KERNEL })
    expect(steps.next().value).toMatchObject({ kind: 'memcg-reclaim', group, pages: 64 })
    steps.return()
    expect(memory.returningToUser({ task, gfp: GFP_KERNEL }).next()).toEqual({ done: true })
  })
})

describe('protection', () => {
  /** Reclaims for the machine. @returns by group, how many pages are left */
  function pressed(groups: readonly MemCgroup[], times: number): number[] {
    for (let i = 0; i < times; i++) {
      const steps = memory.reclaiming({ task, gfp: GFP_KERNEL, order: 0 }, GFP_KERNEL)
      while (steps.next().done !== true) {}
    }
    return groups.map(({ number }) => memory.lru.size(memory.lru.lruvec(number, 0), INACTIVE_FILE))
  }

  it('of memory.low keeps a group as long as there is something else', () => {
    const low = memory.memcgs.create('low', { low: 1200 })
    const other = memory.memcgs.create('other')
    cache(low, 1000)
    cache(other, 1000)
    expect(pressed([low, other], 10)).toEqual([1000, expect.any(Number)])
    expect(pressed([low, other], 60)[0]).toBeLessThan(1000)
    expect(low.events.low).toBeGreaterThan(0)
    memory.validate()
  })

  it('of memory.min keeps a group whatever happens, but not from its own limit', () => {
    const min = memory.memcgs.create('min', { min: 1200, max: 1200 })
    cache(min, 1000)
    expect(pressed([min], 100)).toEqual([1000])
    for (let i = 0; i < 400; i++) expect(charged(min)).not.toBe(NO_PAGE)
    expect(pressed([min], 0)[0]).toBeLessThan(1000)
  })

  it('above what a group uses lowers the pressure in proportion', () => {
    const half = memory.memcgs.create('half', { min: 500 })
    const none = memory.memcgs.create('none')
    cache(half, 1000)
    cache(none, 1000)
    const [left = 0, lost = 0] = pressed([half, none], 10)
    expect(left).toBeGreaterThan(lost)
    expect(left).toBeLessThan(1000)
  })

  it('is what the groups above afford, shared by who uses it', () => {
    const parent = memory.memcgs.create('parent', { min: 600 })
    const a = memory.memcgs.create('a', { min: 600 }, parent)
    const b = memory.memcgs.create('b', { min: 300 }, parent)
    const c = memory.memcgs.create('c', {}, parent)
    for (const group of [a, b, c]) cache(group, 500)
    memory.memcgs.drainStock(parent)
    const { root } = memory.memcgs
    const protect = (): void => {
      for (const group of root.subtree()) calculateProtection(root, group)
    }
    protect()
    // Both ask for 500 and 300 of 600; the third asks for nothing.
    expect([a, b, c].map(({ effectiveMin }) => effectiveMin)).toEqual([375, 225, 0])
    // All that they use is asked for, and there is more: nothing is left to be shared.
    parent.setLimits({ min: 2000 })
    c.setLimits({ min: 600 })
    b.setLimits({ min: 600 })
    protect()
    expect([a, b, c].map(({ effectiveMin }) => effectiveMin)).toEqual(
      [a, b, c].map(({ usage }) => usage),
    )
    b.setLimits({ min: 300 })
    c.setLimits({ min: 0 })
    parent.setLimits({ min: 1000 })
    a.setLimits({ min: 0 })
    protect()
    const free = a.usage + b.usage + c.usage - 300
    // What nobody asks for is shared by what is unprotected of each.
    expect([a, b, c].map(({ effectiveMin, usage }) => [effectiveMin, usage])).toEqual(
      [a, b, c].map((group) => {
        const own = group === b ? 300 : 0
        return [own + Math.floor((700 * (group.usage - own)) / free), group.usage]
      }),
    )
  })
})

describe('groups', () => {
  it.each<[string, () => unknown, string]>([
    ['without a name', () => memory.memcgs.create(''), 'a cgroup has a name without /, not ""'],
    [
      'of one name',
      () => [memory.memcgs.create('a'), memory.memcgs.create('a')],
      'there is a cgroup /a already',
    ],
    [
      'with a limit that is none',
      () => memory.memcgs.create('a', { max: -1 }),
      'memory.max of /a is 0 pages or more',
    ],
    [
      'that are the root cannot be removed',
      () => memory.memcgs.remove(memory.memcgs.root),
      'the root of all cgroups stays',
    ],
    [
      'with groups below cannot be removed',
      () => {
        const outer = memory.memcgs.create(`outer${memory.memcgs.root.children.length}`)
        memory.memcgs.create('b', {}, outer)
        memory.memcgs.remove(outer)
      },
      ' has cgroups below it',
    ],
  ])('%s are an error', (_what, make, message) => {
    expect(make).toThrow(RangeError)
    expect(make).toThrow(message)
  })

  it('cost nothing while there are none, and 2 bytes a page then', () => {
    expect(memory.frames.memcg).toBeNull()
    memory.memcgs.create('a')
    expect(memory.frames.memcg?.byteLength).toBe(2 * memory.frames.pages)
  })

  it('hold together whatever is charged, freed, reclaimed, removed and put back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.nat(3), fc.nat(3)), { minLength: 20, maxLength: 200 }),
        (actions) => {
          memory = new PageAllocator({ nodes: [{ Normal: 2048 }], cpus: 1, minFreeKbytes: 128 })
          const outer = memory.memcgs.create('outer', { max: 500 })
          const groups = [
            outer,
            memory.memcgs.create('a', { max: 200, low: 100 }, outer),
            memory.memcgs.create('b', { high: 100 }, outer),
          ]
          const used: [number, number][] = []
          let saved: ReturnType<PageAllocator['snapshot']> | undefined
          for (const [action, which, order] of actions) {
            const group = groups[which % groups.length]
            if (group === undefined) continue
            const gfp = GFP_KERNEL | __GFP_NORETRY
            if (action < 3) {
              const page = charged(group, gfp, order)
              if (page === NO_PAGE) continue
              if (action === 0) memory.lru.add(page, PG_FILE)
              else used.push([page, order])
            } else if (action === 3) {
              const [page, size] = used.pop() ?? [NO_PAGE, 0]
              if (page !== NO_PAGE) memory.free(page, size)
            } else if (action === 4) memory.memcgs.drainStock(group)
            else saved ??= memory.snapshot()
            if (saved === undefined) memory.validate()
          }
          memory.validate()
          if (saved === undefined) return
          memory.restore(saved)
          memory.validate()
          expect(memory.snapshot()).toEqual(saved)
        },
      ),
      { numRuns: 60 },
    )
  })
})
