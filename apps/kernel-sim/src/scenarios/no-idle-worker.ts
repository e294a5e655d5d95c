/**
 * Case 8: journal work is queued when no worker is idle. To create one takes memory, reclaim waits for the journal, and
 * the journal for the worker. No restriction helps; a rescuer does.
 */
import { __GFP_FS, GFP_NOIO, PF_MEMALLOC_NOIO } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'

function build(kernel: Kernel, memReclaim: boolean): void {
  const pool = kernel.workerPool('0', { workers: 1, creates: true })
  const queue = kernel.workqueue(memReclaim ? 'bch_journal' : 'system_wq', { pool, memReclaim })
  const inFlight = kernel.bitLock('journal write')
  const write = kernel.work('journal_write', function* () {
    yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOIO, function* () {
      yield* kernel.kmalloc(kernel.gfp(GFP_NOIO))
    })
    yield* inFlight.clear()
  })
  kernel.shrinker('bch_mca_scan', __GFP_FS, function* () {
    yield* inFlight.wait()
  })
  kernel.task('bch_journal', function* () {
    yield* kernel.scopes.section(PF_MEMALLOC_NOIO, function* () {
      yield* inFlight.set()
      yield* kernel.queueWork(queue, write)
      yield* kernel.flushWork(write)
    })
  })
}

export const noIdleWorker = scenario({
  name: 'no-idle-worker',
  summary:
    'journal work on system_wq needs a new worker, which needs memory, which needs the journal',
  source: 'before commit 0f843e65d9ee',
  build: (kernel) => build(kernel, false),
})

export const noIdleWorkerRescued = scenario({
  name: 'no-idle-worker-rescued',
  summary: 'the same on a queue of its own with WQ_MEM_RECLAIM',
  source: 'commit 0f843e65d9ee',
  build: (kernel) => build(kernel, true),
})
