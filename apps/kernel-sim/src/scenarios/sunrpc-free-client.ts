/**
 * Case 20: an item of rpciod waits for a lock that somebody holds who allocates; reclaim waits for a page that another item of rpciod
 * is to write. When no worker can be made, one rescuer has both.
 */
import { __GFP_FS, GFP_KERNEL } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'
import { LAST_IDLE_WORKER } from './last-idle-worker.js'

function build(kernel: Kernel, isDeferred: boolean): void {
  const pool = kernel.workerPool('0', LAST_IDLE_WORKER)
  const rpciod = kernel.workqueue('rpciod', { pool, memReclaim: true })
  const events = kernel.workqueue('events', { pool })
  const debugfs = kernel.mutex('inode of debugfs')
  const page = kernel.bitLock('NFS page writeback')
  kernel.shrinker('nfs_release_folio', __GFP_FS, function* () {
    yield* page.wait()
  })
  const unregister = function* () {
    yield* debugfs.lock()
    yield* debugfs.unlock()
  }
  const slowPart = kernel.work('rpc_free_client_work', unregister)
  const release = kernel.work('rpc_async_schedule, last reference', function* () {
    if (isDeferred) yield* kernel.queueWork(events, slowPart)
    else yield* unregister()
  })
  const write = kernel.work('rpc_async_schedule, write', function* () {
    yield* page.clear()
  })
  kernel.task('open in debugfs', function* () {
    yield* debugfs.lock()
    yield* kernel.kmalloc(GFP_KERNEL)
    yield* debugfs.unlock()
  })
  kernel.task('umount', function* () {
    yield* kernel.queueWork(rpciod, release)
  })
  kernel.task('flusher', function* () {
    yield* page.set()
    yield* kernel.queueWork(rpciod, write)
  })
}

const TOLD =
  'rpciod is on the way by which dirty memory is written out, so it must never wait for memory. rpc_free_client(), called by an rpciod item, waited for opens in debugfs, which allocate, and in 4.12 for SRCU, which needs a worker when none can be made. Seen on a customer system.'
const LEAVES_OUT = 'SRCU, the pipefs directory, and all RPCs but one write and one release.'

export const sunrpcFreeClient = scenario({
  name: 'sunrpc-free-client',
  summary:
    'the rescuer of rpciod waits for an open in debugfs, which waits in reclaim for an rpciod item',
  source: 'before commit 7c4310ff5642',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: { says: 'A deadlock.', under: 'unrestricted', verdict: 'deadlock' },
  },
  build: (kernel) => build(kernel, false),
})

export const sunrpcFreeClientDeferred = scenario({
  name: 'sunrpc-free-client-deferred',
  summary: 'the same with the slow part in an item of the system queue',
  source: 'commit 7c4310ff5642',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'Fixed by moving what can block to the system queue, for which nobody waits.',
      under: 'unrestricted',
      verdict: 'safe',
    },
  },
  build: (kernel) => build(kernel, true),
})
