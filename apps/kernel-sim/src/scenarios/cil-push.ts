/** Case 4: a quota path holds the dquot lock and waits for the log's push work, which somebody else may have queued before. */
import { __GFP_FS, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'

export const cilPush = scenario({
  name: 'cil-push',
  summary: 'a task holds dqp->q_qlock and waits for xlog_cil_push_work, queued by it or by another',
  source: 'linux-xfs 2023-09-29, "Removal of KM_NOFS"; xfstests generic/270',
  build(kernel) {
    const qlock = kernel.mutex('dqp->q_qlock')
    kernel.shrinker('xfs_qm_shrink_scan', __GFP_FS, function* () {
      yield* qlock.lock()
      yield* qlock.unlock()
    })
    const cil = kernel.workqueue('xfs-cil', { memReclaim: true })
    const push = kernel.work('xlog_cil_push_work', function* () {
      yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
      })
    })
    kernel.task('quota', function* () {
      yield* qlock.lock()
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.queueWork(cil, push)
        yield* kernel.flushWork(push)
      })
      yield* qlock.unlock()
    })
    kernel.task('sync', function* () {
      yield* kernel.queueWork(cil, push)
    })
  },
})
