/** Case 24: requests that wait for a range are on the queue by which ranges are released. No memory takes part. */
import { PF_MEMALLOC_NOIO } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'

function build(kernel: Kernel, isOwn: boolean): void {
  const metadata = kernel.workqueue('dm-integrity-metadata', { memReclaim: true, maxActive: 1 })
  const offload = isOwn
    ? kernel.workqueue('dm-integrity-offload', { memReclaim: true, maxActive: 1 })
    : metadata
  const range = kernel.bitLock('range of sectors')
  const update = kernel.work('integrity_metadata', function* () {
    yield* range.clear()
  })
  const offloaded = kernel.work('integrity_bio_wait', function* () {
    yield* range.set()
    yield* range.clear()
  })
  kernel.task('write', function* () {
    yield* kernel.scopes.section(PF_MEMALLOC_NOIO, function* () {
      yield* range.set()
      yield* kernel.queueWork(metadata, update)
    })
  })
  kernel.task('read that needs metadata', function* () {
    yield* kernel.scopes.section(PF_MEMALLOC_NOIO, function* () {
      yield* kernel.queueWork(offload, offloaded)
    })
  })
}

const TOLD =
  'dm-integrity hands requests that need synchronous I/O to metadata_wq, which also updates metadata. When it is full of requests that wait for a range of sectors, the updates that would release the ranges do not run (2020).'
const LEAVES_OUT =
  'That max_active is 16 there: it takes as many such requests. The model has room for one.'

export const dmIntegrityOffload = scenario({
  name: 'dm-integrity-offload',
  summary: 'items that wait for a range fill the queue whose items release ranges',
  source: 'before commit 53770f0ec5fd',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: { says: 'A deadlock.', under: 'scope', verdict: 'deadlock' },
  },
  build: (kernel) => build(kernel, false),
})

export const dmIntegrityOffloadOwn = scenario({
  name: 'dm-integrity-offload-own',
  summary: 'the same with a queue for what is offloaded',
  source: 'commit 53770f0ec5fd',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: { says: 'Fixed by a second queue, offload_wq.', under: 'scope', verdict: 'safe' },
  },
  build: (kernel) => build(kernel, true),
})
