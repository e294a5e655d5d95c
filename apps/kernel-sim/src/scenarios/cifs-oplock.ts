/** Case 27: an item waits for writeback that an item behind it on the same queue ends; one rescuer has both. */
import { __GFP_FS } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'
import { LAST_IDLE_WORKER } from './last-idle-worker.js'

function build(kernel: Kernel, isSeparate: boolean): void {
  const pool = kernel.workerPool('0', LAST_IDLE_WORKER)
  const cifsiod = kernel.workqueue('cifsiod', { pool, memReclaim: true })
  const oplockd = isSeparate ? kernel.workqueue('cifsoplockd', { pool }) : cifsiod
  const page = kernel.page('folio', { dirty: true })
  kernel.shrinker('shrink_folio_list', __GFP_FS, function* () {
    yield* page.waitOnWriteback()
  })
  const oplockBreak = kernel.work('cifs_oplock_break', function* () {
    yield* page.waitOnWriteback()
  })
  const complete = kernel.work('cifs_writev_complete', function* () {
    yield* page.endWriteback()
  })
  const sent = kernel.completion('write request')
  kernel.task('flusher', function* () {
    yield* page.lock()
    yield* page.startWriteback()
    yield* page.unlock()
    yield* sent.complete()
  })
  kernel.kthread('cifsd', function* () {
    yield* sent.wait()
    if ((yield* kernel.choose('oplock', ['kept', 'broken'])) === 1) {
      yield* kernel.queueWork(oplockd, oplockBreak)
    }
    yield* kernel.queueWork(cifsiod, complete)
  })
}

const TOLD =
  'Oplock breaks were handled on cifsiod, the queue that also completes reads and writes. lockdep warned in 4.11, and the commit says that the warning is real: with one worker for the queue, which under memory pressure is its rescuer, an item waits for one that cannot run.'
const LEAVES_OUT =
  'The cancel_work_sync() that lockdep saw: a pending item is only taken off its list. The model has the flush of the page cache in cifs_oplock_break(), which waits for writes that cifsiod completes.'

export const cifsOplock = scenario({
  name: 'cifs-oplock',
  summary: 'the rescuer of cifsiod waits for writeback, which the next item of cifsiod ends',
  source: 'before commit 3998e6b87d42',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: { says: 'A deadlock.', under: 'unrestricted', verdict: 'deadlock' },
  },
  build: (kernel) => build(kernel, false),
})

export const cifsOplockSeparate = scenario({
  name: 'cifs-oplock-separate',
  summary: 'the same with oplock breaks on a queue of their own',
  source: 'commit 3998e6b87d42',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'Fixed by cifsoplockd, a queue of their own.',
      under: 'unrestricted',
      verdict: 'safe',
    },
  },
  build: (kernel) => build(kernel, true),
})
