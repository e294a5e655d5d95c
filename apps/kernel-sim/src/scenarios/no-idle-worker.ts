/**
 * Case 8: when a write to the SSD is complete, the journal write is queued, and no worker is idle. To create one takes memory,
 * reclaim waits for a page that is under writeback on the device, and that for the journal. No restriction helps; a rescuer does.
 */
import { __GFP_FS } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'
import { LAST_IDLE_WORKER } from './last-idle-worker.js'

function build(kernel: Kernel, memReclaim: boolean): void {
  const pool = kernel.workerPool('0', LAST_IDLE_WORKER)
  const queue = kernel.workqueue(memReclaim ? 'bch_journal' : 'events', { pool, memReclaim })
  const page = kernel.page('folio on bcache0', { dirty: true })
  const write = kernel.work('journal_write', function* () {
    yield* page.endWriteback()
  })
  kernel.shrinker('super_cache_scan', __GFP_FS, function* () {
    yield* page.waitOnWriteback()
  })
  const ssd = kernel.interrupt('bio to the SSD', function* () {
    yield* kernel.queueWork(queue, write)
  })
  kernel.task('flusher', function* () {
    yield* page.lock()
    yield* page.startWriteback()
    yield* page.unlock()
    yield* ssd.raise()
  })
}

const TOLD =
  'bcache scheduled journal_write on system_wq when a write to the SSD had completed (2019). With no idle kworker on that CPU a new one has to be created; that may have to reclaim memory by shrinking caches of the VFS, which need the bcache device, which waits for the journal.'
const LEAVES_OUT =
  'The cache itself: which write needs which journal entry. The other workers of the CPU, which are busy with other items; when one of them is done it takes the journal write, and the deadlock dissolves.'

export const noIdleWorker = scenario({
  name: 'no-idle-worker',
  summary:
    'a journal write on system_wq needs a new worker, which needs memory, which needs the journal write',
  source: 'before commit 0f843e65d9ee',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: { says: 'A deadlock.', under: 'unrestricted', verdict: 'deadlock' },
  },
  build: (kernel) => build(kernel, false),
})

export const noIdleWorkerRescued = scenario({
  name: 'no-idle-worker-rescued',
  summary: 'the same on a queue of its own with WQ_MEM_RECLAIM',
  source: 'commit 0f843e65d9ee',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'Fixed by a queue of its own with WQ_MEM_RECLAIM.',
      under: 'unrestricted',
      verdict: 'safe',
    },
  },
  build: (kernel) => build(kernel, true),
})
