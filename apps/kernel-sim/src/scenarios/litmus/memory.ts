/** Allocations under pressure: what follows from the kernel's code. */
import {
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
  GFP_KERNEL,
  GFP_NOFS,
} from '@scopemask/allocator'
import type { Kernel } from '../../kernel/kernel.js'
import { GFP_ATOMIC, GFP_NOWAIT } from '../../kernel/memory/gfp.js'
import type { Litmus } from './litmus.js'
import { allocatesOrHangs, reclaimLock } from './setting.js'

/** A lock that a shrinker needs, and that is held by a task that allocates. */
function underItsLock(kernel: Kernel, gfp: number): void {
  const lock = reclaimLock(kernel)
  kernel.task('holds the lock', function* () {
    yield* lock.lock()
    yield* kernel.kmalloc(gfp)
    yield* lock.unlock()
  })
}

export const MEMORY: readonly Litmus[] = [
  {
    program: 'GFP_KERNEL under the lock of a shrinker',
    source: 'mm/shrinker.c, shrink_slab',
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
]
