/**
 * Case 13: a path that allocates under the lock of an inode is reached from a transaction, in its scope, and from a reader
 * outside of any. Reclaim takes the locks of inodes that nobody uses: never the same lock, but to lockdep one class. With
 * GFP_NOFS at the call site it is silent; with scopes in its place it warns of the reader, who needs none.
 */
import { __GFP_FS, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'
import { NOTHING_DELEGATED } from './inapplicable.js'

export const falseAlarm = scenario({
  name: 'false-alarm',
  summary: 'reclaim locks only inodes that no task holds; lockdep sees one class of locks',
  source: 'linux-fsdevel 2024-01, "Removing GFP_NOFS"',
  inapplicable: NOTHING_DELEGATED,
  history: {
    told: 'A thread of 2024 on removing GFP_NOFS: some of it is there only because lockdep warns. It knows classes of locks; the inode locked in reclaim is one that nobody uses, and never the one that is locked by whoever allocates.',
    leavesOut: 'That an inode changes from used to unused.',
    upstream: {
      says: '__GFP_NOLOCKDEP tells lockdep and restricts nobody.',
      under: 'unrestricted',
      verdict: 'safe',
    },
  },
  build(kernel) {
    const used = kernel.mutex('ip->i_lock', 'xfs_inode ilock')
    const unused = kernel.mutex('i_lock of an unused inode', 'xfs_inode ilock')
    kernel.shrinker('xfs_reclaim_inode', __GFP_FS, function* () {
      yield* unused.lock()
      yield* unused.unlock()
    })
    const readExtents = kernel.procedure('xfs_iread_extents', function* () {
      yield* used.lock()
      yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
      yield* used.unlock()
    })
    kernel.task('read', readExtents)
    kernel.task('transaction', () => kernel.scopes.section(PF_MEMALLOC_NOFS, readExtents))
  },
})
