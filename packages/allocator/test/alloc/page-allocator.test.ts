/** The page allocator behind the filter: requests, what they may do, what is told of them. */
import { Task } from '@scopemask/core/task'
import { beforeEach, describe, expect, it } from 'vitest'
import { LivelockError } from '../../src/alloc/livelock.js'
import type { MemoryHooks } from '../../src/alloc/memory-hooks.js'
import { PageAllocator } from '../../src/alloc/page-allocator.js'
import type { AllocStep } from '../../src/alloc/steps.js'
import {
  __GFP_MEMALLOC,
  __GFP_MOVABLE,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_RECLAIMABLE,
  __GFP_RETRY_MAYFAIL,
  __GFP_THISNODE,
  GFP_KERNEL,
  GFP_NOFS,
  GFP_NOIO,
} from '../../src/gfp/flags.js'
import { linux6_1 } from '../../src/gfp/kernels.js'
import { PageError } from '../../src/pages/page-error.js'
import { NO_PAGE } from '../../src/pages/page-frames.js'
import { PG_DIRTY, PG_FILE, PG_PRIVATE } from '../../src/reclaim/lru-flags.js'
import { SHRINK_STOP } from '../../src/reclaim/shrinker.js'
import { PF, PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO } from '../../src/task/flags.js'
import { zoneinfo } from '../../src/views/zoneinfo.js'

const { GFP_ATOMIC, GFP_NOWAIT } = linux6_1.flags

const MEMORY = { nodes: [{ DMA: 1024, Normal: 7168 }], minFreeKbytes: 1024 }

const task = new Task(PF, { name: 'writer' })
let log: string[]
let hooks: { -readonly [K in keyof MemoryHooks]: MemoryHooks[K] }
let memory: PageAllocator

beforeEach(() => {
  log = []
  hooks = { log: (text) => log.push(text) }
  memory = new PageAllocator(MEMORY, hooks)
})

/** Takes all pages that requests without reclaim get, and puts them where the test wants them. */
function exhaust(use: (page: number) => void = () => {}): number {
  let pages = 0
  for (;;) {
    const page = memory.alloc(task, GFP_NOWAIT | __GFP_NOWARN, 0)
    if (page === NO_PAGE) return pages
    use(page)
    pages++
  }
}

/** The steps of a request, each done by the allocator. */
function stepsOf(gfp: number, order = 0, most = 100): string[] {
  const kinds: string[] = []
  const steps = memory.steps({ task, gfp, order })
  for (let step = steps.next(); !step.done && kinds.length < most; step = steps.next()) {
    kinds.push(step.value.kind)
  }
  return kinds
}

describe('a request', () => {
  it('gets pages, which its call site owns until they are freed', () => {
    const site = memory.callSites.number('xfs_trans_alloc')
    const page = memory.alloc(task, GFP_KERNEL, 3, site)
    expect(page % 8).toBe(0)
    expect(memory.counters().events).toMatchObject({ pgalloc_normal: 8 })
    expect(() => memory.free(page, 2)).toThrow(
      new PageError(
        `page ${page} freed with order 2 was allocated with order 3 (owner xfs_trans_alloc)`,
      ),
    )
    memory.free(page, 3)
    expect(memory.counters().events).toMatchObject({ pgfree: 8 })
    expect(() => memory.free(page, 3)).toThrow(/free already.*last owner xfs_trans_alloc/)
    expect(() => memory.free(-1, 0)).toThrow('page -1 is in no zone')
    memory.validate()
  })

  it('of an order that no block has fails, and one that is no order is an error', () => {
    expect(memory.alloc(task, GFP_KERNEL, 11)).toBe(NO_PAGE)
    expect(() => memory.alloc(task, GFP_KERNEL, -1)).toThrow(RangeError)
    expect(() => memory.alloc(task, GFP_KERNEL, 0.5)).toThrow(RangeError)
    memory.validate()
  })

  it('for pages that move and do not move is reported once for each site, and served from the reserve or as unmovable', () => {
    const both = GFP_KERNEL | __GFP_MOVABLE | __GFP_RECLAIMABLE
    const site = memory.callSites.number('driver_probe')
    const pages = [0, 0, 3].map((order) => memory.alloc(task, both, order, site))
    expect(log).toEqual([
      'driver_probe: 0xcd8 has __GFP_MOVABLE and __GFP_RECLAIMABLE: pages are one or the other',
    ])
    const steps = memory.steps({ task, gfp: both, order: 0 })
    steps.next()
    expect(steps.next().value).toEqual({ kind: 'trace', gfp: both, migratetype: 3 })
    steps.return(NO_PAGE)
    for (const page of pages) {
      const { buddy } = memory.zones.zoneOf(page)
      expect(buddy.pageblockMigratetype(page)).toBe(0)
    }
    memory.validate()
    // What is reserved for atomic requests is taken first.
    const [zone] = memory.zones.all.slice(-1)
    if (zone === undefined) throw new Error('zones')
    memory.zones.alloc(GFP_ATOMIC, 1, 0x230, { cpu: 0, node: 0 })
    expect(zone.reservedHighatomic).toBe(512)
    const reserved = memory.alloc(task, both, 0, site)
    expect(zone.buddy.pageblockMigratetype(reserved)).toBe(3)
    memory.validate()
  })

  it('that asks for more than its scope allows is filtered, counted, and reported once', () => {
    const site = memory.callSites.number('evm_verify_hmac')
    using _scope = task.enter(PF_MEMALLOC_NOFS)
    for (let i = 0; i < 3; i++) memory.alloc(task, GFP_KERNEL, 0, site)
    memory.alloc(task, GFP_NOFS, 0, site)
    expect(log).toEqual(['evm_verify_hmac: GFP_FS allocation is unsafe for this context'])
    expect(memory.callSites.unsafe()).toEqual([{ site: 'evm_verify_hmac', count: 3 }])
    using _inner = task.enter(PF_MEMALLOC_NOIO)
    const other = memory.callSites.number('ext4_find_extent')
    memory.alloc(task, GFP_NOFS, 0, other)
    expect(log[1]).toBe('ext4_find_extent: GFP_IO allocation is unsafe for this context')
  })

  it('that fails is reported in the words of the kernel, with the state of memory', () => {
    exhaust()
    expect(memory.alloc(task, GFP_NOWAIT | __GFP_NOWARN, 4)).toBe(NO_PAGE)
    expect(log).toEqual([])
    expect(memory.alloc(task, GFP_KERNEL | __GFP_NORETRY, 4)).toBe(NO_PAGE)
    const lines = log[0]?.split('\n') ?? []
    expect(lines[0]).toBe(
      'writer: page allocation failure: order:4, mode:0x10cc0(GFP_KERNEL|__GFP_NORETRY), nodemask=(null),cpuset=/,mems_allowed=0',
    )
    expect(lines[1]).toBe('Mem-Info:')
    expect(log[0]).toContain(`free:${memory.zones.freePages()} free_pcp:`)
  })
})

describe('a machine without memory', () => {
  it('serves nobody, says so, and holds together', () => {
    memory = new PageAllocator({ nodes: [{}] }, hooks)
    expect(memory.alloc(task, GFP_KERNEL, 0)).toBe(NO_PAGE)
    expect(log[0]).toMatch(/^writer: page allocation failure: order:0, mode:0xcc0/)
    expect(memory.tryAlloc(task, GFP_KERNEL, 0)).toBe(NO_PAGE)
    expect(() => memory.alloc(task, GFP_KERNEL | __GFP_NOFAIL, 0)).toThrow(LivelockError)
    expect(() => memory.free(0, 0)).toThrow('page 0 is in no zone')
    expect(memory.balance(0)).toBe(true)
    memory.restore(memory.snapshot())
    memory.validate()
  })
})

describe('memory of a device', () => {
  it('has page numbers, and is never allocated nor freed', () => {
    memory = new PageAllocator({ nodes: [{ Normal: 2048, Device: 1500 }] }, hooks)
    const { zones } = memory
    expect(zones.devices).toEqual([{ node: 0, start: 2048, pages: 1500 }])
    expect(zones.frames.pages).toBe(4096)
    expect(zones.freePages()).toBe(2048)
    let taken = 0
    while (
      memory.alloc(task, linux6_1.flags.GFP_HIGHUSER_MOVABLE | __GFP_MEMALLOC | __GFP_NORETRY, 0) >=
      0
    )
      taken++
    expect(taken).toBe(2048)
    expect(() => memory.free(2048, 0)).toThrow(
      new PageError(
        'page 2048 is memory of a device of node 0 (ZONE_DEVICE): its driver has it, not the page allocator',
      ),
    )
    expect(() => memory.free(3548, 0)).toThrow('page 3548 is in no zone')
    expect(() => memory.lru.add(2048, PG_FILE)).toThrow(PageError)
    memory.validate()
    const device = zoneinfo(zones).split('Node 0, zone   Device\n')[1] ?? ''
    expect(
      device
        .split('\n')
        .slice(0, 8)
        .map((line) => line.trim()),
    ).toEqual([
      'pages free     0',
      'boost    0',
      'min      0',
      'low      0',
      'high     0',
      'spanned  1500',
      'present  0',
      'managed  0',
    ])
  })
})

describe('an atomic request', () => {
  it('may use what others have to leave', () => {
    exhaust()
    expect(memory.alloc(task, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0)).toBe(NO_PAGE)
    expect(memory.alloc(task, GFP_ATOMIC, 0)).not.toBe(NO_PAGE)
  })
})

describe('a request when memory is short', () => {
  it('reclaims clean pages of files, and tells their owner', () => {
    const gone: number[] = []
    hooks.reclaimed = (page) => gone.push(page)
    exhaust((page) => memory.lru.add(page, PG_FILE))
    const page = memory.alloc(task, GFP_NOFS, 0)
    expect(page).not.toBe(NO_PAGE)
    expect(gone.length).toBeGreaterThanOrEqual(32)
    const { events, nodes } = memory.counters()
    expect(events).toMatchObject({ allocstall_normal: 1, pgsteal_direct: gone.length })
    expect(events?.pgscan_file).toBeGreaterThanOrEqual(gone.length)
    expect(nodes?.[0]?.nr_inactive_file).toBe(memory.lru.pages(0, 2))
    memory.validate()
  })

  it('without __GFP_FS leaves what only the filesystem can release, and nobody is killed for it', () => {
    hooks.outOfMemory = () => {
      throw new Error('nobody may be killed for a NOFS request')
    }
    exhaust((page) => memory.lru.add(page, PG_FILE | PG_PRIVATE))
    expect(() => memory.alloc(task, GFP_NOFS, 0, memory.callSites.number('kmem_alloc'))).toThrow(
      new LivelockError(
        'kmem_alloc would try for ever to allocate order 0 with 0xc40: without __GFP_FS nobody is killed for it, and reclaim can free nothing',
      ),
    )
    expect(memory.alloc(task, GFP_NOFS | __GFP_NORETRY | __GFP_NOWARN, 0)).toBe(NO_PAGE)
    memory.validate()
    hooks.outOfMemory = () => false
    expect(memory.alloc(task, GFP_KERNEL, 0)).not.toBe(NO_PAGE)
  })

  it('is no more allowed by what it passes than by its scope', () => {
    exhaust((page) => memory.lru.add(page, PG_FILE | PG_PRIVATE))
    using _scope = task.enter(PF_MEMALLOC_NOFS)
    expect(() => memory.alloc(task, GFP_KERNEL, 0)).toThrow('0xc40 (0xcc0 before the filter)')
  })

  it('asks shrinkers with the flags that the scope leaves', () => {
    const held: number[] = []
    exhaust((page) => held.push(page))
    const seen: number[] = []
    const registration = memory.registerShrinker({
      name: 'xfs_qm_shrink',
      countObjects: () => held.length,
      scanObjects({ gfp, nrToScan }) {
        seen.push(gfp)
        if (gfp !== GFP_KERNEL) return SHRINK_STOP
        for (const page of held.splice(0, nrToScan)) memory.free(page, 0)
        return nrToScan
      },
    })
    const token = task.save(PF_MEMALLOC_NOIO)
    expect(memory.alloc(task, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0)).toBe(NO_PAGE)
    task.restore(PF_MEMALLOC_NOIO, token)
    expect(new Set(seen)).toEqual(new Set([(GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN) >>> 0]))
    expect(memory.alloc(task, GFP_KERNEL, 0)).not.toBe(NO_PAGE)
    expect(seen.at(-1)).toBe(GFP_KERNEL)
    expect(memory.counters().events?.slabs_scanned).toBeGreaterThan(0)
    registration[Symbol.dispose]()
    seen.length = 0
    exhaust()
    memory.alloc(task, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0)
    expect(seen).toEqual([])
  })

  it('with __GFP_FS has somebody killed at last, and fails if there is nobody', () => {
    const held: number[] = []
    exhaust((page) => held.push(page))
    hooks.outOfMemory = (gfp) => {
      expect(gfp).toBe(GFP_KERNEL)
      for (const page of held.splice(0, 500)) memory.free(page, 0)
      return true
    }
    expect(memory.alloc(task, GFP_KERNEL, 0)).not.toBe(NO_PAGE)
    expect(memory.counters().events).toMatchObject({ oom_kill: 1 })
    hooks.outOfMemory = () => false
    exhaust()
    expect(memory.alloc(task, GFP_KERNEL, 0)).toBe(NO_PAGE)
  })

  it('that must not fail goes on for ever, and says so instead of hanging', () => {
    exhaust()
    expect(() => {
      for (;;) memory.alloc(task, GFP_KERNEL | __GFP_NOFAIL, 0)
    }).toThrow(LivelockError)
    // It was in reclaim: the task is not any more.
    expect(task.mask).toBe(0)
  })

  it('writes pages of programs to swap if it may do I/O, and has no use for them without swap', () => {
    let swap = 0
    const written: number[] = []
    hooks.swapPages = () => swap
    hooks.pageout = (page) => {
      written.push(page)
      swap--
      return 'clean'
    }
    exhaust((page) => memory.lru.add(page, PG_DIRTY))
    const quiet = __GFP_NORETRY | __GFP_NOWARN
    expect(memory.alloc(task, GFP_KERNEL | quiet, 0)).toBe(NO_PAGE)
    swap = 1000
    expect(memory.alloc(task, GFP_NOIO | quiet, 0)).toBe(NO_PAGE)
    expect(written).toEqual([])
    expect(memory.alloc(task, GFP_NOFS | quiet, 0)).not.toBe(NO_PAGE)
    expect(written.length).toBeGreaterThanOrEqual(32)
    expect(swap).toBe(1000 - written.length)
  })
})

describe('steps', () => {
  it('stop before each thing that takes time', () => {
    exhaust()
    expect(stepsOf(GFP_NOWAIT | __GFP_NOWARN)).toEqual([
      'freelist',
      'wake-kswapd',
      'freelist',
      'wake-kswapd',
      'freelist',
      'warn-alloc',
      'trace',
    ])
    const kinds = stepsOf(GFP_KERNEL)
    expect(kinds).toContain('reclaim')
    expect(kinds.filter((kind) => kind === 'should-reclaim-retry').length).toBe(1)
    expect(kinds.slice(-5)).toEqual([
      'oom-lock',
      'freelist',
      'out-of-memory',
      'warn-alloc',
      'trace',
    ])
  })

  it('can be done by whoever steps', () => {
    exhaust()
    const asked: AllocStep[] = []
    const steps = memory.steps({ task, gfp: GFP_KERNEL, order: 0 })
    const held = memory.alloc(task, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0)
    expect(held).toBe(NO_PAGE)
    let step = steps.next()
    while (!step.done) {
      asked.push(step.value)
      // This model's reclaim finds 40 pages, whatever there is, and its free lists have page 5.
      if (step.value.kind === 'reclaim') step = steps.next(40)
      else if (asked.at(-2)?.kind === 'reclaim') step = steps.next(5)
      else step = steps.next()
    }
    expect(step.value).toBe(5)
    expect(memory.counters().events?.allocstall_normal).toBe(1)
  })

  it('wake kswapd, which makes room up to the high watermark', () => {
    const woken: number[] = []
    hooks.wakeKswapd = (node) => woken.push(node)
    exhaust((page) => memory.lru.add(page, PG_FILE))
    expect(woken).toContain(0)
    expect(memory.balance(0)).toBe(true)
    const normal = memory.zones.all[1]
    expect(normal?.freePages).toBeGreaterThan(normal?.watermarks.high ?? Infinity)
    expect(memory.counters().events?.pgsteal_kswapd).toBeGreaterThan(0)
    expect(memory.counters().events?.allocstall_normal).toBeUndefined()
  })

  it('find kswapd has given up after 16 failures, until somebody reclaims a page', () => {
    exhaust()
    for (let i = 0; i < 15; i++) expect(memory.balance(0)).toBe(false)
    expect(memory.counters().nodes?.[0]?.unreclaimable).toBe(false)
    const before = memory.snapshot()
    expect(memory.balance(0)).toBe(false)
    expect(memory.counters().nodes?.[0]?.unreclaimable).toBe(true)
    memory.restore(before)
    expect(memory.counters().nodes?.[0]?.unreclaimable).toBe(false)
    memory.balance(0)
    memory.lru.add(memory.alloc(task, GFP_ATOMIC, 0), PG_FILE)
    memory.alloc(task, GFP_KERNEL, 0)
    expect(memory.counters().nodes?.[0]?.unreclaimable).toBe(false)
  })
})

describe('a request that is retried', () => {
  /** Nothing on the free lists, and reclaim frees so many pages each time: how often that goes before the OOM killer. */
  function rounds(gfp: number, order: number, reclaimed: number): number {
    let count = 0
    const steps = memory.steps({ task, gfp, order })
    let step = steps.next()
    while (!step.done && step.value.kind !== 'oom-lock' && count < 50) {
      if (step.value.kind === 'should-reclaim-retry') count++
      if (step.value.kind === 'freelist') step = steps.next(NO_PAGE)
      else if (step.value.kind === 'reclaim') step = steps.next(reclaimed)
      else step = steps.next()
    }
    steps.return(NO_PAGE)
    return count
  }

  it('gives up after 16 rounds in vain; small ones never while there is progress', () => {
    expect(rounds(GFP_KERNEL, 0, 0)).toBe(17)
    expect(rounds(GFP_KERNEL, 0, 40)).toBe(50)
    // Then as long as compaction says that it has made a block: 4 more rounds for a costly order.
    expect(rounds(GFP_KERNEL | __GFP_RETRY_MAYFAIL, 4, 40)).toBe(17 + 4)
  })

  it('gives up at once when it would not fit even if all were reclaimed', () => {
    exhaust()
    expect(rounds(GFP_KERNEL, 0, 40)).toBe(1)
  })

  it('sees the scope that its task has entered meanwhile', () => {
    exhaust((page) => memory.lru.add(page, PG_FILE | PG_PRIVATE))
    const steps = memory.steps({ task, gfp: GFP_KERNEL | __GFP_NORETRY, order: 0 })
    let step = steps.next()
    while (!step.done && step.value.kind !== 'reclaim') step = steps.next()
    const token = task.save(PF_MEMALLOC_NOFS)
    while (!step.done) step = steps.next()
    task.restore(PF_MEMALLOC_NOFS, token)
    expect(step.value).toBe(NO_PAGE)
    expect(memory.counters().events?.pgsteal_direct).toBeUndefined()
  })
})

describe('while storage is off', () => {
  const SUSPENDED = ~(GFP_KERNEL & ~GFP_NOIO) >>> 0

  it('requests do without I/O and the filesystem, and nothing is said against who asks', () => {
    exhaust((page) => memory.lru.add(page, PG_FILE | PG_PRIVATE))
    memory.gfpAllowedMask = SUSPENDED
    expect(memory.alloc(task, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0)).toBe(NO_PAGE)
    expect(memory.callSites.unsafe()).toEqual([])
    memory.gfpAllowedMask = 0xffffffff
    expect(memory.alloc(task, GFP_KERNEL | __GFP_NORETRY, 0)).not.toBe(NO_PAGE)
  })

  it('nobody is killed, as a victim could not write what it would have to', () => {
    exhaust()
    const asked: number[] = []
    hooks.outOfMemory = (gfp) => asked.push(gfp) > 0
    memory.gfpAllowedMask = SUSPENDED
    expect(memory.alloc(task, GFP_KERNEL | __GFP_NOWARN, 0)).toBe(NO_PAGE)
    expect(asked).toEqual([])
  })
})

describe('compaction', () => {
  /** What comes after a round in which reclaim has freed pages, but no block of order 3. */
  function afterwards(): string[] {
    const kinds: string[] = []
    const steps = memory.steps({ task, gfp: GFP_KERNEL, order: 3 })
    let step = steps.next()
    while (!step.done && step.value.kind !== 'oom-lock' && kinds.length < 60) {
      kinds.push(step.value.kind)
      if (step.value.kind === 'freelist') step = steps.next(NO_PAGE)
      else if (step.value.kind === 'reclaim') step = steps.next(40)
      else step = steps.next()
    }
    steps.return(NO_PAGE)
    return kinds.slice(kinds.indexOf('should-compact-retry'))
  }

  it('is tried again as long as reclaim could make room for it', () => {
    const all = GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC
    const pages: number[] = []
    for (;;) {
      const page = memory.alloc(task, all, 0)
      if (page === NO_PAGE) break
      pages.push(page)
    }
    expect(afterwards()).toEqual(['should-compact-retry'])
    for (const page of pages) memory.lru.add(page, PG_FILE)
    expect(afterwards().length).toBeGreaterThan(10)
  })

  it('is skipped without room to work in: the free lists are not searched again', () => {
    const all = GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC
    while (memory.alloc(task, all, 0) !== NO_PAGE) {}
    const kinds = stepsOf(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 3)
    expect(kinds[kinds.indexOf('compact') + 1]).not.toBe('freelist')
  })
})

describe('watermarks that fragmentation has boosted', () => {
  it('wake kswapd once', () => {
    const woken: number[] = []
    hooks.wakeKswapd = (_node, order) => woken.push(order)
    const zone = memory.zones.zoneOf(memory.alloc(task, GFP_KERNEL, 0))
    zone.boosted = true
    memory.alloc(task, GFP_KERNEL, 0)
    memory.alloc(task, GFP_KERNEL, 0)
    expect(woken).toEqual([0])
  })
})

describe('nodes', () => {
  it('are tried in turn, the one of the CPU first, and only those that the request wants', () => {
    memory = new PageAllocator({ nodes: [{ Normal: 2048 }, { Normal: 2048 }], cpus: 2 }, hooks)
    const nodeOf = (page: number) => memory.zones.zoneOf(page).node
    expect(nodeOf(memory.alloc(task, GFP_KERNEL, 0, 0, 1))).toBe(1)
    const steps = memory.steps({ task, gfp: GFP_KERNEL, order: 0, cpu: 1, nodemask: 1 })
    let step = steps.next()
    while (!step.done) step = steps.next()
    expect(nodeOf(step.value)).toBe(0)
    const here = GFP_NOWAIT | __GFP_NOWARN | __GFP_THISNODE
    while (memory.alloc(task, here, 0, 0, 1) !== NO_PAGE) {}
    expect(nodeOf(memory.alloc(task, GFP_NOWAIT, 0, 0, 1))).toBe(0)
  })
})

describe('a snapshot', () => {
  it('brings everything back', () => {
    hooks.outOfMemory = () => false
    const run = () => {
      const pages: number[] = []
      for (let i = 0; i < 300; i++) pages.push(memory.alloc(task, GFP_KERNEL, i % 4))
      exhaust((page) => memory.lru.add(page, PG_FILE))
      for (const page of pages.slice(0, 100)) memory.free(page, memory.frames.order(page))
      for (let i = 0; i < 50; i++) pages.push(memory.alloc(task, GFP_NOFS, 1))
      return { pages, counters: memory.counters(), free: memory.zones.freePages() }
    }
    const before = memory.snapshot()
    const first = run()
    task.save(PF_MEMALLOC_NOFS)
    memory.alloc(task, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0)
    task.restore(PF_MEMALLOC_NOFS, PF.mask())
    expect(memory.callSites.unsafe()).toEqual([{ site: '(unnamed)', count: 1 }])
    memory.restore(before)
    expect(memory.callSites.unsafe()).toEqual([])
    memory.validate()
    expect(memory.counters().events).toEqual({})
    expect(run()).toEqual(first)
    expect(() => new PageAllocator({ nodes: [{ Normal: 4096 }] }).restore(before)).toThrow(
      RangeError,
    )
  })
})
