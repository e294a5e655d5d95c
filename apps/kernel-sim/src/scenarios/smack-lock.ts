/** Case 26: a lock is taken in a filesystem's transaction, and elsewhere held while memory is allocated. */
import { __GFP_FS, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'
import { NOTHING_DELEGATED } from './inapplicable.js'

export const smackLock = scenario({
  name: 'smack-lock',
  summary:
    'a security module allocates under a lock for which a transaction waits, and reclaim waits for the commit',
  source: 'commit e5bfad3d7acc',
  inapplicable: NOTHING_DELEGATED,
  history: {
    told: 'smack_d_instantiate() takes inode_smack::smk_lock, and ext4 calls it in a transaction when it creates a file. So whoever holds that lock must not reclaim with __GFP_FS, in a transaction or not (2019). The transaction opens a scope for its own task; for the other holders nobody does.',
    leavesOut: 'What smack allocates, and that each inode has a lock of its own.',
    upstream: {
      says: 'GFP_NOFS for all that is allocated under the lock.',
      under: 'explicit',
      verdict: 'safe',
    },
  },
  build(kernel) {
    const smk = kernel.mutex('inode_smack::smk_lock')
    const journal = kernel.journal('sda1')
    kernel.shrinker('ext4_evict_inode', __GFP_FS, function* () {
      yield* journal.forceCommit()
    })
    kernel.task('create', function* () {
      yield* journal.handle(function* () {
        yield* smk.lock()
        yield* smk.unlock()
      })
    })
    kernel.task('smack_d_instantiate', function* () {
      yield* smk.lock()
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
      })
      yield* smk.unlock()
    })
  },
})
