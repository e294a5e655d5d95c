/**
 * Case 14: restricted requests reclaim too little to make progress, and the OOM killer keeps still for them
 * (mm/page_alloc.c, __alloc_pages_may_oom). As long as kswapd can free something that is no harm.
 */
import { __GFP_FS, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'
import { NOTHING_DELEGATED } from './inapplicable.js'

const source = 'commit 7dea19f9ee63; mm/page_alloc.c, __alloc_pages_may_oom'
const LEAVES_OUT =
  'All other memory, and other allocators: a single one with GFP_KERNEL, somewhere in the system, asks the OOM killer and ends it. How long a request waits between its tries.'

export const tooWeak = scenario({
  name: 'too-weak',
  summary:
    'kswapd waits in the filesystem for a NOFS task, which waits for memory; nobody may be killed',
  source,
  inapplicable: NOTHING_DELEGATED,
  history: {
    told: 'The commit that introduced NOFS scopes names as a reason for them that a context depends on other reclaimers to make progress, and warns that their overuse makes reclaim too weak. Here what is left of memory is in the filesystem; kswapd waits there for a lock of a task that may not reclaim itself.',
    leavesOut: LEAVES_OUT,
    upstream: {
      says: '__alloc_pages_may_oom() has a comment: GFP_NOFS allocations should rather fail than rely on others to make progress; and they do not.',
      under: 'explicit',
      verdict: 'livelock',
    },
  },
  build(kernel) {
    kernel.limitMemory({ pages: 0, oomVictims: 1 })
    const lock = kernel.mutex('fs lock')
    const cached = kernel.variable('inodes', 1)
    kernel.shrinker('fs_shrink', __GFP_FS, function* () {
      yield* lock.lock()
      if ((yield* cached.get()) > 0) {
        yield* cached.add(-1)
        yield* kernel.freePages()
      }
      yield* lock.unlock()
    })
    kernel.kswapd(kernel.variable('kswapd_wait', 1))
    kernel.task('transaction', function* () {
      yield* lock.lock()
      yield* restricted(kernel)
      yield* lock.unlock()
      yield* kernel.freePages()
    })
  },
})

export const tooWeakKswapd = scenario({
  name: 'too-weak-kswapd',
  summary: 'every allocator is NOFS and only the filesystem could free memory; kswapd does',
  source,
  inapplicable: NOTHING_DELEGATED,
  history: {
    told: 'All memory is dirty pages of a filesystem, and all that allocate are NOFS. On a kernel 6.1 and on a 6.12 that were brought into this state, kswapd, which always has __GFP_FS, cleaned the pages.',
    leavesOut: LEAVES_OUT,
    upstream: { says: 'Works as designed.', under: 'explicit', verdict: 'safe' },
  },
  build(kernel) {
    kernel.limitMemory({ pages: 0, oomVictims: 1 })
    const dirty = kernel.variable('dirty pages', 2)
    kernel.shrinker('writepage', __GFP_FS, function* () {
      if ((yield* dirty.takeOne('writepage')) === 1) yield* kernel.freePages()
    })
    kernel.kswapd(kernel.variable('kswapd_wait', 1))
    kernel.replicate('writer', 2, () => {
      kernel.task('writer', function* () {
        yield* restricted(kernel)
        yield* kernel.freePages()
      })
    })
  },
})

export const noOomKill = scenario({
  name: 'no-oom-kill',
  summary: 'nothing can be reclaimed; to kill would help, and nobody asks for it',
  source,
  inapplicable: NOTHING_DELEGATED,
  history: {
    told: 'Memory is full of anonymous pages, there is no swap, and all that allocate are NOFS. The OOM killer could free a page, but it is not asked for requests without __GFP_FS, because others may still be able to reclaim.',
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'Known since 2015 and kept, for fear of killing too early.',
      under: 'explicit',
      verdict: 'livelock',
    },
  },
  build(kernel) {
    kernel.limitMemory({ pages: 0, oomVictims: 1 })
    kernel.kswapd(kernel.variable('kswapd_wait', 1))
    kernel.task('writer', function* () {
      yield* restricted(kernel)
    })
  },
})

function restricted(kernel: Kernel) {
  return kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
    yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
  })
}
