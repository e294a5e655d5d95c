/** Case 4: a quota path holds the dquot lock and waits for the log's push work, which somebody else may have queued before. */
import { __GFP_FS, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'

export const cilPush = scenario({
  name: 'cil-push',
  summary: 'a task holds dqp->q_qlock and waits for xlog_cil_push_work, queued by it or by another',
  source: 'linux-xfs 2023-09-29, "Removal of KM_NOFS"; xfstests generic/270',
  history: {
    told: 'KM_NOFS was to be removed from XFS (2023). xfstests generic/270 showed the quota shrinker waiting for a dquot whose holder waits for the log to be pushed; the push worker had lost KM_NOFS and reclaimed.',
    leavesOut:
      'The log: what is pushed, and why the quota path has to wait for it. Other items of xfs-cil.',
    upstream: {
      says: 'With KM_NOFS in the push worker it was safe; without, and with scopes alone, it is not.',
      under: 'scope',
      verdict: 'deadlock',
    },
  },
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
