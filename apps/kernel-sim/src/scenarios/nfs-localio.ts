/** Case 9: an NFS commit runs on a WQ_MEM_RECLAIM queue and allocates; reclaim waits for commits. */
import { __GFP_FS, GFP_NOIO, PF_MEMALLOC_NOIO } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'

export const nfsLocalio = scenario({
  name: 'nfs-localio',
  summary: 'the worker of an NFS commit allocates, and reclaim waits for that commit',
  source: 'commit 9bb0060f7860',
  history: {
    told: 'When client and server are on one host, NFS writes go to the local filesystem. The commit was left on nfsiod, a queue with WQ_MEM_RECLAIM, and allocated with GFP_KERNEL, while reclaim can wait for the very commit (2026).',
    leavesOut: 'The server, and PF_LOCAL_THROTTLE, which the fix sets too.',
    upstream: {
      says: 'Fixed with GFP_NOIO, a NOIO scope in the worker, and a queue without WQ_MEM_RECLAIM.',
      under: 'callee-scope',
      verdict: 'safe',
    },
  },
  build(kernel) {
    const commit = kernel.bitLock('NFS_INO_COMMIT')
    kernel.shrinker('nfs_release_folio', __GFP_FS, function* () {
      yield* commit.wait()
    })
    const queue = kernel.workqueue('nfslocaliod', { memReclaim: true })
    const work = kernel.work('nfs_local_fsync_work', function* () {
      yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOIO, function* () {
        yield* kernel.kmalloc(kernel.gfp(GFP_NOIO))
      })
      yield* commit.clear()
    })
    kernel.task('fsync', function* () {
      yield* commit.set()
      yield* kernel.queueWork(queue, work)
      yield* kernel.flushWork(work)
    })
  },
})
