/** Case 1: reclaim calls back into the filesystem that is allocating, and needs the lock that it holds. */
import { __GFP_FS, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'
import { NOTHING_DELEGATED } from './inapplicable.js'

export const directRecursion = scenario({
  name: 'direct-recursion',
  summary: 'a task allocates under a filesystem lock, and reclaim takes the same lock',
  source: 'commit 7dea19f9ee63, reason 1',
  inapplicable: NOTHING_DELEGATED,
  history: {
    told: 'The first of the five reasons for GFP_NOFS that the commit names: a lock held by whoever allocates is needed by reclaim. It is why the flag exists.',
    leavesOut: 'Which filesystem and which lock: there are many.',
    upstream: {
      says: 'The lock is taken and the scope opened together.',
      under: 'scope',
      verdict: 'safe',
    },
  },
  build(kernel) {
    const rwsem = kernel.mutex('i_rwsem')
    kernel.shrinker('prune_icache_sb', __GFP_FS, function* () {
      yield* rwsem.lock()
      yield* rwsem.unlock()
    })
    kernel.task('write', function* () {
      yield* rwsem.lock()
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
      })
      yield* rwsem.unlock()
    })
  },
})
