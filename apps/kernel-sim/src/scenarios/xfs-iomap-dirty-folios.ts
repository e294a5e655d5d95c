/** Case 19: a write allocates under the ilock of an inode in use; kswapd takes the ilock of inodes that nobody uses. */
import { __GFP_FS, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'
import { NOTHING_DELEGATED } from './inapplicable.js'

export const xfsIomapDirtyFolios = scenario({
  name: 'xfs-iomap-dirty-folios',
  summary: 'a write allocates under the ilock of its inode; reclaim locks inodes that nobody uses',
  source: 'linux-xfs 2025-11-05, "fs-next-20251103 reclaim lockdep splat"',
  inapplicable: NOTHING_DELEGATED,
  history: {
    told: 'iomap_fill_dirty_folios() allocated a batch with GFP_KERNEL under the ilock of the inode that is written (6.18-rc4). lockdep saw kswapd take an ilock in reclaim and reported a circle.',
    leavesOut:
      'That an inode changes from used to unused: reclaim takes only inodes without references.',
    upstream: {
      says: 'A false alarm: the inode that is locked in reclaim is never the one in use.',
      under: 'unrestricted',
      verdict: 'safe',
    },
  },
  build(kernel) {
    const used = kernel.mutex('ilock of the inode that is written', 'xfs_nondir_ilock_class')
    const unused = kernel.mutex('ilock of an unused inode', 'xfs_nondir_ilock_class')
    const wake = kernel.variable('wake kswapd', 0)
    kernel.shrinker('super_cache_scan', __GFP_FS, function* () {
      yield* unused.lock()
      yield* unused.unlock()
    })
    kernel.kswapd(wake)
    kernel.task('write', function* () {
      yield* wake.set(1)
      yield* used.lock()
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
      })
      yield* used.unlock()
    })
  },
})
