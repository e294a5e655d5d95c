/** Case 10: a commit waits for open handles; the handle's task allocates, and reclaim waits for the commit. */
import { __GFP_FS, GFP_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'
import { NOTHING_DELEGATED } from './inapplicable.js'

export const journalHandle = scenario({
  name: 'journal-handle',
  summary: 'reclaim under an open handle waits for a commit, which waits for the handle',
  source: 'fs/jbd2/transaction.c, journal.c',
  inapplicable: NOTHING_DELEGATED,
  build(kernel) {
    const allocate = function* () {
      yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
    }
    const journal = kernel.journal('sda1', { commit: allocate })
    kernel.shrinker('ext4_evict_inode', __GFP_FS, function* () {
      yield* journal.forceCommit()
    })
    kernel.task('ext4_write', function* () {
      yield* journal.handle(allocate)
    })
    kernel.task('fsync', function* () {
      yield* journal.forceCommit()
    })
  },
})
