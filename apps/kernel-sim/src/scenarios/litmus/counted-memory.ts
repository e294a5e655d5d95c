/** Memory whose pages are counted: what follows from the kernel's code. */
import {
  __GFP_FS,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
  GFP_KERNEL,
  GFP_NOFS,
} from '@scopemask/allocator'
import type { Kernel } from '../../kernel/kernel.js'
import { GFP_ATOMIC, GFP_NOWAIT } from '../../kernel/memory/gfp.js'
import type { Litmus } from './litmus.js'
import { allocatesOrHangs } from './setting.js'

/** Dirty pages that only the filesystem can free. */
const dirtyPages = (kernel: Kernel): void => {
  const dirty = kernel.variable('dirty', 1)
  kernel.shrinker('fs', __GFP_FS, function* () {
    if ((yield* dirty.get()) === 0) return
    yield* dirty.set(0)
    yield* kernel.freePages()
  })
}

export const COUNTED_MEMORY: readonly Litmus[] = [
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
    source:
      'mm/page_alloc.c, should_reclaim_retry; mm/oom_kill.c, out_of_memory (panics: "System is deadlocked on memory")',
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
]
