import { __GFP_FS, GFP_KERNEL, scenario } from '@scopemask/kernel-sim'

export default scenario({
  name: 'delegation',
  summary: 'a task with a lock and a scope waits for a worker that has neither',
  build(kernel) {
    const qlock = kernel.mutex('q_qlock')
    kernel.shrinker('xfs_qm_shrink_scan', __GFP_FS, function* () {
      yield* qlock.lock()
      yield* qlock.unlock()
    })

    const cil = kernel.workqueue('xfs-cil', { memReclaim: true })
    const push = kernel.work('push_work', function* () {
      const saved = yield* kernel.scopes.memallocNofsSave()
      yield* kernel.kmalloc(GFP_KERNEL)
      yield* kernel.scopes.memallocNofsRestore(saved)
    })

    kernel.task('quota', function* () {
      yield* qlock.lock()
      const saved = yield* kernel.scopes.memallocNofsSave()
      yield* kernel.queueWork(cil, push)
      yield* kernel.flushWork(push)
      yield* kernel.scopes.memallocNofsRestore(saved)
      yield* qlock.unlock()
    })

    kernel.task('read', function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
    })
  },
})
