/**
 * Case 7: xfs_btree_split does its work on a worker, for stack space. The worker takes over by hand what the submitter
 * carries: the transaction's scope, and PF_MEMALLOC and PF_KSWAPD when that is kswapd.
 */
import {
  __GFP_FS,
  GFP_NOFS,
  PF_KSWAPD,
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  type TaskFlags,
} from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'

export const btreeSplit = scenario({
  name: 'btree-split',
  summary:
    'a btree split runs on a worker that takes over scope and grants of the submitter by hand',
  source: 'commit 1f6d64829db7; fs/xfs/libxfs/xfs_btree.c',
  history: {
    told: 'A btree split needs more stack than there may be left and runs on a worker for which the submitter waits. The worker takes over what the submitter carries: the scope of the transaction, and PF_MEMALLOC and PF_KSWAPD if it is kswapd (since 2013). It is conveying by hand, of grants too.',
    leavesOut: 'The btree, and other splits on the same queue (case 15).',
    upstream: {
      says: 'Works: the flags are conveyed explicitly.',
      under: 'scope',
      verdict: 'safe',
    },
  },
  build(kernel) {
    const agf = kernel.mutex('AGF')
    kernel.shrinker('xfs_reclaim_inodes', __GFP_FS, function* () {
      yield* agf.lock()
      yield* agf.unlock()
    })
    const queue = kernel.workqueue('xfsalloc', { memReclaim: true })
    const kswapd = kernel.variable('args->kswapd')
    const grants = (PF_MEMALLOC | PF_KSWAPD) as TaskFlags
    const body = function* () {
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
      })
    }
    const split = kernel.work('xfs_btree_split_worker', function* () {
      if ((yield* kswapd.get()) === 0) return yield* body()
      const saved = yield* kernel.scopes.saveFlags(grants)
      yield* body()
      yield* kernel.scopes.restoreFlags(grants, saved)
    })
    kernel.task('xfs_btree_split', function* () {
      yield* agf.lock()
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* kswapd.set(yield* kernel.choose('current', ['a task', 'kswapd']))
        yield* kernel.queueWork(queue, split)
        yield* kernel.flushWork(split)
      })
      yield* agf.unlock()
    })
  },
})
