/**
 * Case 3: unrestricted and restricted items share a worker. In reclaim for the one, it waits for a lock held by the task that
 * waits for the other.
 */
import { __GFP_FS, GFP_KERNEL, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'

/** @param workers how many there are, and how many tasks with unrestricted items: it takes one for each to block them all. */
function build(kernel: Kernel, workers: number): void {
  const lock = kernel.mutex('fs lock')
  kernel.shrinker('fs_shrink', __GFP_FS, function* () {
    yield* lock.lock()
    yield* lock.unlock()
  })
  const pool = kernel.workerPool('shared', { workers })
  const queue = kernel.workqueue('shared_wq', { pool })
  const item = (name: string, gfp: number) =>
    kernel.work(name, function* () {
      yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.kmalloc(gfp)
      })
    })
  const restricted = item('fs item', kernel.gfp(GFP_NOFS))
  kernel.replicate('plain', workers, () => {
    const plain = item('plain item', GFP_KERNEL)
    kernel.task('plain', function* () {
      yield* kernel.queueWork(queue, plain)
      yield* kernel.flushWork(plain)
    })
  })
  kernel.task('transaction', function* () {
    yield* lock.lock()
    yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
      yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
      yield* kernel.queueWork(queue, restricted)
      yield* kernel.flushWork(restricted)
    })
    yield* lock.unlock()
  })
}

export const sharedWorker = scenario({
  name: 'shared-worker',
  summary: 'a worker in reclaim for an unrestricted item blocks the restricted item behind it',
  source: 'Tetsuo Handa, linux-mm, 2016-04-27',
  build: (kernel) => build(kernel, 1),
})

export const sharedWorkers = scenario({
  name: 'shared-workers',
  summary: 'the same with two workers, and unrestricted items for both',
  source: 'Tetsuo Handa, linux-mm, 2016-04-27',
  build: (kernel) => build(kernel, 2),
})
