/** Case 10: a commit waits for open handles; the handle's task allocates, and reclaim waits for the commit. */
import { __GFP_FS, GFP_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'

export const journalHandle = scenario({
  name: 'journal-handle',
  summary: 'reclaim under an open handle waits for a commit, which waits for the handle',
  source: 'fs/jbd2/transaction.c, journal.c; fs/ext4/inode.c, ext4_evict_inode',
  history: {
    told: 'jbd2__journal_start() opens a NOFS scope that jbd2_journal_stop() closes, and kjournald2 lives in one for ever. A commit waits for the handles that are open; with data=journal reclaim can wait for a commit, when it evicts an inode whose pages are part of it. So whoever reclaims under a handle waits for itself.',
    leavesOut:
      'Credits, checkpoints, and modes other than data=journal, in which ext4_evict_inode() does not wait for a commit.',
    upstream: {
      says: 'The scope is in the handle.',
      under: 'scope',
      verdict: 'safe',
    },
  },
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
