/** Case 18: writeback, whose queue has a rescuer, waits for an item of a queue that has none. */
import { __GFP_FS, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'
import { LAST_IDLE_WORKER } from './last-idle-worker.js'

function build(kernel: Kernel, isFixed: boolean): void {
  const pool = kernel.workerPool('unbound', LAST_IDLE_WORKER)
  const writeback = kernel.workqueue('writeback', { pool, memReclaim: true })
  const name = isFixed ? 'quota_events_unbound' : 'events_unbound'
  const quota = kernel.workqueue(name, { pool, memReclaim: isFixed })
  const dirty = kernel.bitLock('f2fs folio writeback')
  const release = kernel.work('quota_release_workfn', function* () {
    yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, function* () {
      yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
    })
  })
  const wb = kernel.work('wb_workfn', function* () {
    yield* kernel.queueWork(quota, release)
    yield* kernel.flushWork(release)
    yield* dirty.clear()
  })
  kernel.shrinker('wait_on_folio_writeback', __GFP_FS, function* () {
    yield* dirty.wait()
  })
  kernel.task('sync', function* () {
    yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
      yield* dirty.set()
      yield* kernel.queueWork(writeback, wb)
      yield* kernel.flushWork(wb)
    })
  })
}

const TOLD =
  'Linux 6.12 warned: workqueue: WQ_MEM_RECLAIM writeback:wb_workfn is flushing !WQ_MEM_RECLAIM events_unbound:quota_release_workfn (2025). f2fs balances its node pages during writeback and flushes quota there. If no worker is idle, the one to be created waits for memory, which waits for writeback.'
const LEAVES_OUT =
  'How f2fs comes from writeback to quota, and what quota_release_workfn does besides allocating.'

export const f2fsQuotaRelease = scenario({
  name: 'f2fs-quota-release',
  summary: 'writeback waits for an item of a queue that has no rescuer',
  source: 'bugzilla.kernel.org 220321',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: { says: 'A deadlock is possible.', under: 'explicit', verdict: 'deadlock' },
  },
  build: (kernel) => build(kernel, false),
})

export const f2fsQuotaReleaseRescued = scenario({
  name: 'f2fs-quota-release-rescued',
  summary: 'the same with a queue of its own with WQ_MEM_RECLAIM',
  source: 'bugzilla.kernel.org 220321',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'Fixed by a queue of its own with WQ_MEM_RECLAIM. The model adds: the item must not enter reclaim with __GFP_FS either.',
      under: 'explicit',
      verdict: 'safe',
    },
  },
  build: (kernel) => build(kernel, true),
})
