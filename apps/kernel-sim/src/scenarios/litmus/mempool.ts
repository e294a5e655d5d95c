/** Mempools: what follows from the kernel's code. */
import { __GFP_FS, GFP_KERNEL, GFP_NOFS } from '@scopemask/allocator'
import type { Kernel } from '../../kernel/kernel.js'
import { GFP_NOWAIT } from '../../kernel/memory/gfp.js'
import type { Litmus } from './litmus.js'

const use = (kernel: Kernel, gfp: number) => {
  const pool = kernel.mempool('bio', 1)
  return function* () {
    const reserved = yield* pool.alloc(gfp)
    yield* pool.free(reserved)
  }
}

export const MEMPOOL: readonly Litmus[] = [
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
    source: 'block/bio.c, bio_alloc_bioset (never more than one at a time from the general pool)',
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
]
