/**
 * Case 6: a transaction is reserved by the submitter of I/O, rolled, and committed by a worker when the I/O completes. Its
 * scope has to move with it each time. The item is queued by the interrupt that completes the I/O, not by the submitter.
 */
import { __GFP_FS, GFP_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'

export const transactionHandOff = scenario({
  name: 'transaction-hand-off',
  summary: 'a transaction moves from the submitter of I/O to the worker that completes it',
  source: 'fs/xfs/xfs_aops.c before 6.1, xfs_setfilesize_ioend',
  history: {
    told: 'XFS reserved a transaction when it submitted a write that extends a file, and committed it in a worker when the I/O was complete; 6.1 reserves it in the worker. Its NOFS scope could not stay open in the submitter, so it was closed there and opened in the worker by hand; rolling a transaction moves it to the next one.',
    leavesOut: 'The I/O, and that completions of several writes are merged.',
    upstream: {
      says: 'xfs_setfilesize_ioend() took the scope over by hand.',
      under: 'callee-scope',
      verdict: 'safe',
    },
  },
  build(kernel) {
    const ilock = kernel.mutex('ip->i_lock')
    kernel.shrinker('xfs_reclaim_inodes', __GFP_FS, function* () {
      yield* ilock.lock()
      yield* ilock.unlock()
    })
    const reserved = kernel.transaction('tp')
    const rolled = kernel.transaction('rolled tp')
    const allocate = function* () {
      yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
    }
    const commit = function* () {
      yield* ilock.lock()
      yield* allocate()
      yield* ilock.unlock()
    }
    const unwritten = kernel.workqueue('xfs-conv', { memReclaim: true })
    const endIo = kernel.work('xfs_end_io', function* () {
      // The hand-off that XFS does by hand: the worker takes the transaction's scope over.
      if (kernel.policy.calleeScope) yield* rolled.inContext(commit)
      else yield* commit()
    })
    const disk = kernel.interrupt('bio_endio', function* () {
      yield* kernel.queueWork(unwritten, endIo)
    })
    kernel.task('submit', function* () {
      yield* reserved.setContext()
      yield* allocate()
      yield* reserved.switchContext(rolled)
      yield* allocate()
      yield* rolled.clearContext()
      yield* disk.raise()
    })
  },
})
