/**
 * Case 13: a task holds the lock of an inode that is in use and allocates; reclaim takes the locks of inodes that nobody
 * uses. They are never the same lock, but to lockdep they are of one class.
 */
import { __GFP_FS, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/kernel.js'
import { NOTHING_DELEGATED } from './inapplicable.js'

export const falseAlarm = scenario({
  name: 'false-alarm',
  summary: 'reclaim locks only inodes that no task holds; lockdep sees one class of locks',
  source: 'linux-fsdevel 2024-01, "Removing GFP_NOFS"',
  inapplicable: NOTHING_DELEGATED,
  build(kernel) {
    const used = kernel.mutex('ip->i_lock', 'xfs_inode ilock')
    const unused = kernel.mutex('i_lock of an unused inode', 'xfs_inode ilock')
    kernel.shrinker('xfs_reclaim_inode', __GFP_FS, function* () {
      yield* unused.lock()
      yield* unused.unlock()
    })
    kernel.task('bmap', function* () {
      yield* used.lock()
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
      })
      yield* used.unlock()
    })
  },
})
