/** Scenarios in which a bit, not a lock, closes the circle: after public reports on OpenZFS (pull request 4111) and f2fs (bug 220321). */
import { __GFP_FS, GFP_KERNEL, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { type Scenario, scenario } from '../../src/kernel/scenario.js'

const cacheGrowth = scenario({
  name: 'cache-growth',
  summary:
    'a cache is grown by a thread that has no scope, for a task that holds the lock of a queue',
  build(kernel) {
    const queueLock = kernel.mutex('queue lock')
    const group = kernel.bitLock('group is written')
    const request = kernel.bitLock('request under way')
    kernel.shrinker('evict', __GFP_FS, () => group.wait())
    const caches = kernel.workqueue('caches')
    const grow = kernel.work('grow', () =>
      kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, () => kernel.kmalloc(GFP_KERNEL)),
    )
    const interrupts = kernel.workqueue('interrupts')
    const done = kernel.work('request done', function* () {
      yield* queueLock.lock()
      yield* queueLock.unlock()
      yield* request.clear()
    })
    kernel.task('writer of groups', function* () {
      yield* group.set()
      yield* request.set()
      yield* kernel.queueWork(interrupts, done)
      yield* request.wait()
      yield* group.clear()
    })
    kernel.task('issuer', () =>
      kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* queueLock.lock()
        yield* kernel.queueWork(caches, grow)
        yield* kernel.flushWork(grow)
        yield* queueLock.unlock()
      }),
    )
  },
})

const quotaRelease = scenario({
  name: 'quota-release',
  summary: 'an item of a queue with a rescuer waits for an item of a queue without one',
  build(kernel) {
    const pool = kernel.workerPool('unbound', { workers: 1, creates: true })
    const writeback = kernel.workqueue('writeback', { pool, memReclaim: true })
    const events = kernel.workqueue('events', { pool })
    const folio = kernel.bitLock('folio under writeback')
    kernel.shrinker('wait for the folio', __GFP_FS, () => folio.wait())
    const release = kernel.work('release quota', () =>
      kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, () => kernel.kmalloc(kernel.gfp(GFP_NOFS))),
    )
    const write = kernel.work('write back', function* () {
      yield* kernel.queueWork(events, release)
      yield* kernel.flushWork(release)
      yield* folio.clear()
    })
    kernel.task('sync', () =>
      kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* folio.set()
        yield* kernel.queueWork(writeback, write)
        yield* kernel.flushWork(write)
      }),
    )
  },
})

/** Names that contain each other, and words that occur in sentences. */
const names = scenario({
  name: 'names',
  summary:
    'a mutex is called as if something were flushed, and one pool as the beginning of another',
  build(kernel) {
    const lock = kernel.mutex('flush lock')
    kernel.shrinker('scan', __GFP_FS, function* () {
      yield* lock.lock()
      yield* lock.unlock()
    })
    const small = kernel.workqueue('small', { pool: kernel.workerPool('u', { workers: 1 }) })
    const other = kernel.workqueue('other', { pool: kernel.workerPool('u2', { workers: 1 }) })
    const flush = kernel.work('flush', () => kernel.kmalloc(GFP_KERNEL))
    const idle = kernel.work('idle', () => kernel.kmalloc(GFP_NOFS))
    kernel.task('holds the lock', () =>
      kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* lock.lock()
        yield* kernel.queueWork(other, idle)
        yield* kernel.flushWork(idle)
        yield* lock.unlock()
      }),
    )
    kernel.task('queues', function* () {
      yield* kernel.queueWork(small, flush)
      yield* lock.lock()
      yield* kernel.flushWork(flush)
      yield* lock.unlock()
    })
  },
})

export const REPORTED: readonly Scenario[] = [cacheGrowth, quotaRelease, names]
