/**
 * Case 17: z_wr_iss holds a vdev queue's lock, in a scope, and asks a slab cache for a buffer. A task queue grows the cache, without
 * a scope; reclaim waits for the transaction group, its sync for an I/O, and the completion of that for the lock.
 */
import { __GFP_FS, GFP_KERNEL, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'

function build(kernel: Kernel, maySleep: boolean): void {
  const vq = kernel.mutex('vq->vq_lock')
  const txg = kernel.bitLock('txg syncing')
  const io = kernel.completion('zio in flight')
  kernel.shrinker('super_cache_scan', __GFP_FS, function* () {
    yield* txg.wait()
  })
  const taskq = kernel.workqueue('spl_kmem_cache')
  const grow = kernel.work('spl_cache_grow_work', function* () {
    yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
    })
  })
  const zio = kernel.workqueue('z_wr_int')
  const done = kernel.work('zio_vdev_io_done', function* () {
    yield* vq.lock()
    yield* vq.unlock()
    yield* io.complete()
  })
  kernel.task('txg_sync', function* () {
    yield* txg.set()
    yield* kernel.queueWork(zio, done)
    yield* kernel.waitForWork(io, done)
    yield* txg.clear()
  })
  kernel.task('z_wr_iss', function* () {
    yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
      yield* vq.lock()
      if (maySleep) {
        yield* kernel.queueWork(taskq, grow)
        yield* kernel.flushWork(grow)
      }
      yield* vq.unlock()
    })
  })
}

const TOLD =
  'OpenZFS, 2015: vdev_queue_aggregate() allocates under vq_lock. The thread is marked so that its own allocations stay out of the filesystem, but a slab cache that is empty is grown by a task queue, and the thread of that is not marked; it evicts inodes and waits for a transaction group that cannot sync.'
const LEAVES_OUT =
  'Which cache it is, and the many write threads. The worker had a NOIO scope of its own, which on Linux 3.9 to 3.17 did not clear __GFP_FS in reclaim; since b4ad50ac of openzfs/spl it has the mark of the other threads.'

export const zfsVdevQueue = scenario({
  name: 'zfs-vdev-queue',
  summary:
    'a slab cache is grown by a task queue, outside of the scope of the thread that waits for it',
  source: 'openzfs/zfs pull request 4111',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: { says: 'A deadlock.', under: 'scope', verdict: 'deadlock' },
  },
  build: (kernel) => build(kernel, true),
})

export const zfsVdevQueueNosleep = scenario({
  name: 'zfs-vdev-queue-nosleep',
  summary: 'the same with a buffer that is asked for without sleeping',
  source: 'openzfs/zfs pull request 4111',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'Fixed by zio_buf_alloc_flags(KM_NOSLEEP), which neither sleeps nor grows the cache.',
      under: 'scope',
      verdict: 'safe',
    },
  },
  build: (kernel) => build(kernel, false),
})
