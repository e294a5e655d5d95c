import { __GFP_FS, GFP_KERNEL, scenario } from '@scopemask/kernel-sim'

export default scenario({
  name: 'scopes',
  summary: 'a helper allocates, for callers with the lock and for others',
  build(kernel) {
    const rwsem = kernel.mutex('i_rwsem')
    kernel.shrinker('prune_icache_sb', __GFP_FS, function* () {
      yield* rwsem.lock()
      yield* rwsem.unlock()
    })

    // It belongs to somebody else, and has no argument for flags.
    const kvcopy = kernel.procedure('kvcopy', function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
    })

    kernel.task('write', function* () {
      yield* rwsem.lock()
      yield* kvcopy()
      yield* rwsem.unlock()
    })

    kernel.task('read', function* () {
      yield* kvcopy()
    })
  },
})
