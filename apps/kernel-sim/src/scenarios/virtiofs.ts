/**
 * Case 11: a virtiofs request is put on the ring directly, under a spinlock, or, when that is full, by a kworker. The request
 * writes back a page, for which reclaim waits; nobody waits for the kworker.
 */
import {
  __GFP_FS,
  __GFP_HIGH,
  __GFP_KSWAPD_RECLAIM,
  GFP_KERNEL,
  PF_MEMALLOC_NOFS,
} from '@scopemask/allocator'
import type { Steps } from '@scopemask/checker/machine'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'

const GFP_ATOMIC = __GFP_HIGH | __GFP_KSWAPD_RECLAIM

export const virtiofs = scenario({
  name: 'virtiofs',
  summary: 'writeback puts a request on the ring directly or through a kworker, which allocates',
  source: 'commit 86b74eb5a11e',
  history: {
    told: 'virtio_fs_enqueue_req() allocated with GFP_ATOMIC, because it is called under fc->bg_lock; from the kworker that takes over when the ring is full nothing forbids to sleep, and large atomic allocations failed. GFP_KERNEL there could wait, in reclaim, for the very page that the request writes back.',
    leavesOut: 'The delay before a kworker tries again after -ENOMEM, and all requests but one.',
    upstream: {
      says: 'The kworker allocates with GFP_KERNEL in a NOFS scope, because the functions in between take no gfp.',
      under: 'callee-scope',
      verdict: 'safe',
    },
  },
  build(kernel) {
    const page = kernel.page('folio', { dirty: true })
    const bgLock = kernel.spinlock('fc->bg_lock')
    kernel.shrinker('shrink_folio_list', __GFP_FS, function* () {
      yield* page.waitOnWriteback()
    })
    const enqueue = kernel.procedure('virtio_fs_enqueue_req', function* (gfp: number) {
      if (!(yield* kernel.kmalloc(gfp))) return false
      yield* page.endWriteback()
      return true
    })
    const queue = kernel.workqueue('events')
    const dispatch: ReturnType<Kernel['work']> = kernel.work(
      'virtio_fs_request_dispatch_work',
      function* (): Steps<void> {
        // Before the commit it was GFP_ATOMIC here too.
        const gfp = kernel.policy.explicit ? GFP_ATOMIC : GFP_KERNEL
        const done = yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, () => enqueue(gfp))
        if (!done) yield* kernel.queueWork(queue, dispatch)
      },
    )
    kernel.task('writeback', function* () {
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* page.lock()
        yield* page.startWriteback()
        yield* page.unlock()
        yield* bgLock.lock()
        const hasRoom = (yield* kernel.choose('ring', ['has room', 'is full'])) === 0
        const done = hasRoom && (yield* enqueue(GFP_ATOMIC))
        if (!done) yield* kernel.queueWork(queue, dispatch)
        yield* bgLock.unlock()
      })
    })
  },
})
