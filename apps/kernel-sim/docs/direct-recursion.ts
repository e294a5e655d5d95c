// Case 1 of the tutorial (tutorial.md), as a file of one's own: kernel-sim check ./direct-recursion.ts
import { __GFP_FS, GFP_NOFS, PF_MEMALLOC_NOFS, scenario } from '@scopemask/kernel-sim'

export default scenario({
  name: 'my-direct-recursion',
  summary: 'a task allocates under a filesystem lock, and reclaim takes the same lock',
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
