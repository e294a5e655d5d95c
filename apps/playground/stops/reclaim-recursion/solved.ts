import { __GFP_FS, GFP_KERNEL, GFP_NOFS, scenario } from '@scopemask/kernel-sim'

export default scenario({
  name: 'reclaim-recursion',
  summary: 'a task allocates under a filesystem lock, and reclaim takes the same lock',
  build(kernel) {
    const rwsem = kernel.mutex('i_rwsem')

    // What the filesystem does when memory is tight, and __GFP_FS allows it.
    kernel.shrinker('prune_icache_sb', __GFP_FS, function* () {
      yield* rwsem.lock()
      yield* rwsem.unlock()
    })

    kernel.task('write', function* () {
      yield* rwsem.lock()
      yield* kernel.kmalloc(GFP_NOFS)
      yield* rwsem.unlock()
    })

    kernel.task('read', function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
    })
  },
})
