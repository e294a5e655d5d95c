/** Case 15: an item waits for the AGF, whose holder waits for an item behind it; one thread serves both. */
import { PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'

export const rescuerAgf = scenario({
  name: 'rescuer-agf',
  summary: 'the rescuer waits for an AGF held by a task that waits for the next item',
  source: 'comment in fs/xfs/libxfs/xfs_btree.c',
  build(kernel) {
    const agf = kernel.mutex('AGF')
    const pool = kernel.workerPool('no worker left', { workers: 0 })
    const queue = kernel.workqueue('xfsalloc', { pool, memReclaim: true })
    const first = kernel.work('split with AGF', function* () {
      yield* agf.lock()
      yield* agf.unlock()
    })
    const second = kernel.work('split', function* () {
      yield* kernel.choose('split', ['left', 'right'])
    })
    kernel.task('allocate', function* () {
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.queueWork(queue, first)
        yield* kernel.flushWork(first)
      })
    })
    kernel.task('free', function* () {
      yield* agf.lock()
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.queueWork(queue, second)
        yield* kernel.flushWork(second)
      })
      yield* agf.unlock()
    })
  },
})
