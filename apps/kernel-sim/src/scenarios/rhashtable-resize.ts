/**
 * Case 16, seen on a real kernel: inside an XFS transaction the buffer cache's hash table asks for a resize. The worker
 * allocates the new table without a scope. As long as nobody waits for it that is harmless.
 */
import { __GFP_FS, GFP_KERNEL, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'

function build(kernel: Kernel, waits: boolean): void {
  const buffer = kernel.mutex('bp->b_sema')
  const table = kernel.mutex('ht->mutex')
  kernel.shrinker('xfs_buftarg_shrink_scan', __GFP_FS, function* () {
    yield* buffer.lock()
    yield* buffer.unlock()
  })
  const events = kernel.workqueue('events')
  const resize = kernel.work('rht_deferred_worker', function* () {
    yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, function* () {
      yield* table.lock()
      yield* kernel.kmalloc(GFP_KERNEL)
      yield* table.unlock()
    })
  })
  kernel.task('transaction', function* () {
    yield* buffer.lock()
    yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
      yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
      yield* kernel.queueWork(events, resize)
      if (waits) yield* kernel.flushWork(resize)
    })
    yield* buffer.unlock()
  })
}

export const rhashtableResize = scenario({
  name: 'rhashtable-resize',
  summary: 'a resize queued from a transaction allocates without its scope; nobody waits for it',
  source: 'a recording of XFS on Linux 6.18',
  history: {
    told: 'Seen in a recording of XFS on Linux 6.18: an insertion into the hash table of the buffer cache, in a transaction, queued rht_deferred_worker, which allocated the new table with GFP_KERNEL and without a scope. Nobody waited for it.',
    leavesOut: 'The table, and that an insertion may fail while it is too small.',
    upstream: { says: 'Nobody has reported a hang.', under: 'scope', verdict: 'safe' },
  },
  build: (kernel) => build(kernel, false),
})

export const rhashtableResizeWaited = scenario({
  name: 'rhashtable-resize-waited',
  summary: 'the same, if the transaction waited for the resize',
  source: 'a question to that recording',
  history: {
    told: 'A question that the recording raises: if somebody waited for the resize, it would be in the circle.',
    leavesOut: 'The table.',
    upstream: {
      says: 'Nobody waits. A kernel 6.12 whose module does so hangs.',
      under: 'scope',
      verdict: 'deadlock',
    },
  },
  build: (kernel) => build(kernel, true),
})
