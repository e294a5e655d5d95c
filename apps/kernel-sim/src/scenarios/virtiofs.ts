/**
 * Case 11: a virtiofs request is put on the ring directly or, when that is full, by a kworker. Both end in a function
 * that takes no gfp. The request writes back a page, for which reclaim waits; nobody waits for the kworker.
 */
import { __GFP_FS, GFP_KERNEL, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'

export const virtiofs = scenario({
  name: 'virtiofs',
  summary: 'writeback puts a request on the ring directly or through a kworker, which allocates',
  source: 'commit "virtiofs: use GFP_NOFS when enqueuing request through kworker"',
  build(kernel) {
    const page = kernel.page('folio', { dirty: true })
    kernel.shrinker('shrink_folio_list', __GFP_FS, function* () {
      yield* page.waitOnWriteback()
    })
    const enqueue = kernel.procedure('virtio_fs_enqueue_req', function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
      yield* page.endWriteback()
    })
    const queue = kernel.workqueue('events')
    const dispatch = kernel.work('virtio_fs_request_dispatch_work', function* () {
      yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, enqueue)
    })
    kernel.task('writeback', function* () {
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* page.lock()
        yield* page.startWriteback()
        yield* page.unlock()
        if ((yield* kernel.choose('ring', ['has room', 'is full'])) === 0) yield* enqueue()
        else yield* kernel.queueWork(queue, dispatch)
      })
    })
  },
})
