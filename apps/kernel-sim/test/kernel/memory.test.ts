import {
  __GFP_FS,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
  GFP_KERNEL,
  GFP_NOFS,
} from '@scopemask/allocator'
import { describe } from 'vitest'
import type { Kernel } from '../../src/kernel/kernel.js'
import { GFP_ATOMIC, GFP_NOWAIT } from '../../src/kernel/memory/gfp.js'
import { itBehaves } from './litmus.js'

/** A task that allocates once, and waits for ever if that fails. */
function allocatesOrHangs(kernel: Kernel, gfp: number): void {
  const never = kernel.completion('never')
  kernel.task('allocates', function* () {
    if (!(yield* kernel.kmalloc(gfp))) yield* never.wait()
  })
}

/** A lock that a shrinker needs, and that is held by a task that allocates. */
function underItsLock(kernel: Kernel, gfp: number): void {
  const lock = kernel.mutex('fs lock')
  kernel.shrinker('fs', __GFP_FS, function* () {
    yield* lock.lock()
    yield* lock.unlock()
  })
  kernel.task('holds the lock', function* () {
    yield* lock.lock()
    yield* kernel.kmalloc(gfp)
    yield* lock.unlock()
  })
}

describe('memory, pressure left open', () => {
  itBehaves([
    {
      program: 'GFP_KERNEL under the lock of a shrinker',
      source: 'mm/vmscan.c, shrink_slab',
      want: 'deadlock',
      build: (kernel) => underItsLock(kernel, GFP_KERNEL),
    },
    ...(
      [
        ['GFP_NOFS', GFP_NOFS],
        ['GFP_ATOMIC', GFP_ATOMIC],
        ['GFP_NOWAIT', GFP_NOWAIT],
      ] as const
    ).map(([name, gfp]) => ({
      program: `${name} under the lock of a shrinker`,
      source: 'mm/page_alloc.c, __alloc_pages_slowpath',
      want: 'safe' as const,
      build: (kernel: Kernel) => underItsLock(kernel, gfp),
    })),
    ...(
      [
        ['GFP_NOWAIT', GFP_NOWAIT, 'deadlock'],
        ['GFP_ATOMIC', GFP_ATOMIC, 'deadlock'],
        ['__GFP_NORETRY', GFP_KERNEL | __GFP_NORETRY, 'deadlock'],
        ['__GFP_RETRY_MAYFAIL', GFP_KERNEL | __GFP_RETRY_MAYFAIL, 'deadlock'],
        ['GFP_KERNEL', GFP_KERNEL, 'safe'],
        ['__GFP_NOFAIL', GFP_KERNEL | __GFP_NOFAIL, 'safe'],
      ] as const
    ).map(([name, gfp, want]) => ({
      program: `a task that hangs when ${name} fails`,
      source: 'mm/page_alloc.c, __alloc_pages_slowpath (nopage)',
      want,
      build: (kernel: Kernel) => allocatesOrHangs(kernel, gfp),
    })),
    {
      program: 'GFP_KERNEL under a spinlock',
      source: 'include/linux/sched/mm.h, might_alloc',
      want: /allocates with __GFP_DIRECT_RECLAIM under a spinlock/,
      build(kernel) {
        const lock = kernel.spinlock('s')
        kernel.task('A', function* () {
          yield* lock.lock()
          yield* kernel.kmalloc(GFP_KERNEL)
          yield* lock.unlock()
        })
      },
    },
    {
      program: 'GFP_ATOMIC under a spinlock',
      source: 'include/linux/sched/mm.h, might_alloc',
      want: 'safe',
      build(kernel) {
        const lock = kernel.spinlock('s')
        kernel.task('A', function* () {
          yield* lock.lock()
          yield* kernel.kmalloc(GFP_ATOMIC)
          yield* lock.unlock()
        })
      },
    },
  ])
})

describe('memory, pages counted', () => {
  /** Dirty pages that only the filesystem can free. */
  const dirtyPages = (kernel: Kernel): void => {
    const dirty = kernel.variable('dirty', 1)
    kernel.shrinker('fs', __GFP_FS, function* () {
      if ((yield* dirty.get()) === 0) return
      yield* dirty.set(0)
      yield* kernel.freePages()
    })
  }
  itBehaves([
    {
      program: 'GFP_NOFS wakes kswapd by itself, and kswapd may enter the filesystem',
      source: 'mm/page_alloc.c, wake_all_kswapds',
      want: 'safe',
      build(kernel) {
        kernel.limitMemory({ pages: 0 })
        dirtyPages(kernel)
        kernel.kswapd()
        kernel.task('A', () => kernel.kmalloc(GFP_NOFS))
      },
    },
    {
      program: 'the same without kswapd',
      source: 'mm/page_alloc.c, __alloc_pages_may_oom',
      want: 'livelock',
      build(kernel) {
        kernel.limitMemory({ pages: 0, oomVictims: 1 })
        dirtyPages(kernel)
        kernel.task('A', () => kernel.kmalloc(GFP_NOFS))
      },
    },
    {
      program: 'GFP_KERNEL asks the OOM killer',
      source: 'mm/oom_kill.c, out_of_memory',
      want: 'safe',
      build(kernel) {
        kernel.limitMemory({ pages: 0, oomVictims: 1 })
        kernel.task('A', () => kernel.kmalloc(GFP_KERNEL))
      },
    },
    ...(
      [
        ['__GFP_NORETRY', GFP_KERNEL | __GFP_NORETRY, 'safe'],
        ['__GFP_RETRY_MAYFAIL', GFP_KERNEL | __GFP_RETRY_MAYFAIL, 'safe'],
        ['GFP_NOWAIT', GFP_NOWAIT, 'safe'],
        ['__GFP_NOFAIL', GFP_KERNEL | __GFP_NOFAIL, 'livelock'],
        ['GFP_KERNEL', GFP_KERNEL, 'livelock'],
      ] as const
    ).map(([name, gfp, want]) => ({
      program: `${name} where there is nothing to free and nobody to kill`,
      source: 'mm/page_alloc.c, should_reclaim_retry and __alloc_pages_may_oom',
      want,
      build(kernel: Kernel) {
        kernel.limitMemory({ pages: 0 })
        kernel.task('A', () => kernel.kmalloc(gfp))
      },
    })),
    ...(
      [
        ['GFP_ATOMIC', GFP_ATOMIC, 'safe'],
        ['GFP_NOWAIT', GFP_NOWAIT, 'deadlock'],
      ] as const
    ).map(([name, gfp, want]) => ({
      program: `${name} and a page that is left in the reserve`,
      source: 'mm/page_alloc.c, __zone_watermark_ok (ALLOC_MIN_RESERVE)',
      want,
      build(kernel: Kernel) {
        kernel.limitMemory({ pages: 0, reserve: 1 })
        allocatesOrHangs(kernel, gfp)
      },
    })),
    {
      program: 'a victim of the OOM killer that has to come out of the kernel',
      source: 'mm/oom_kill.c, out_of_memory (task_will_free_mem)',
      want: 'safe',
      build(kernel) {
        const lock = kernel.mutex('m')
        kernel.limitMemory({ pages: 0 })
        kernel.oomVictim('victim', function* () {
          yield* lock.lock()
          yield* lock.unlock()
        })
        kernel.task('A', () => kernel.kmalloc(GFP_KERNEL))
      },
    },
    {
      program: 'a victim that waits for a lock which the allocating task holds cannot die',
      source: 'mm/oom_kill.c, oom_evaluate_task (waits for a victim under way)',
      want: 'livelock',
      build(kernel) {
        const lock = kernel.mutex('m')
        kernel.limitMemory({ pages: 0 })
        kernel.oomVictim('victim', function* () {
          yield* lock.lock()
          yield* lock.unlock()
        })
        kernel.task('A', function* () {
          yield* lock.lock()
          yield* kernel.kmalloc(GFP_KERNEL)
          yield* lock.unlock()
        })
      },
    },
  ])
})

describe('a mempool', () => {
  const use = (kernel: Kernel, gfp: number) => {
    const pool = kernel.mempool('bio', 1)
    return function* () {
      const reserved = yield* pool.alloc(gfp)
      yield* pool.free(reserved)
    }
  }
  itBehaves([
    {
      program: 'an empty reserve is no reason not to reclaim: the lock of a shrinker is held',
      source: 'mm/mempool.c, mempool_alloc (gfp_temp = gfp_mask, repeat_alloc)',
      want: 'deadlock',
      build(kernel) {
        const lock = kernel.mutex('fs lock')
        kernel.shrinker('fs', __GFP_FS, function* () {
          yield* lock.lock()
          yield* lock.unlock()
        })
        const bio = use(kernel, GFP_KERNEL)
        kernel.task('holds one', bio)
        kernel.task('under the lock', function* () {
          yield* lock.lock()
          yield* bio()
          yield* lock.unlock()
        })
      },
    },
    {
      program: 'the same with GFP_NOFS: it waits for the element that will be freed',
      source: 'mm/mempool.c, mempool_free (wake_up)',
      want: 'safe',
      build(kernel) {
        const lock = kernel.mutex('fs lock')
        kernel.shrinker('fs', __GFP_FS, function* () {
          yield* lock.lock()
          yield* lock.unlock()
        })
        const bio = use(kernel, GFP_NOFS)
        kernel.task('holds one', bio)
        kernel.task('under the lock', function* () {
          yield* lock.lock()
          yield* bio()
          yield* lock.unlock()
        })
      },
    },
    {
      program: 'two elements for one task, of a reserve of one',
      source:
        'mm/mempool.c, mempool_alloc ("a single caller must not allocate more than one element")',
      want: 'deadlock',
      build(kernel) {
        const pool = kernel.mempool('bio', 1)
        kernel.task('A', function* () {
          const first = yield* pool.alloc(GFP_NOFS)
          const second = yield* pool.alloc(GFP_NOFS)
          yield* pool.free(second)
          yield* pool.free(first)
        })
      },
    },
    {
      program: 'a request that must not sleep gets none rather than wait',
      source: 'mm/mempool.c, mempool_alloc (!__GFP_DIRECT_RECLAIM)',
      want: 'safe',
      build(kernel) {
        const pool = kernel.mempool('bio', 1)
        const lock = kernel.spinlock('s')
        kernel.task('A', function* () {
          yield* lock.lock()
          const first = yield* pool.alloc(GFP_NOWAIT)
          const second = yield* pool.alloc(GFP_NOWAIT)
          yield* pool.free(second)
          yield* pool.free(first)
          yield* lock.unlock()
        })
      },
    },
  ])
})
