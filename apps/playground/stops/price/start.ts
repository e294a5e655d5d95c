import { __GFP_FS, GFP_NOFS, scenario } from '@scopemask/kernel-sim'

export default scenario({
  name: 'the-price',
  summary: 'who may not reclaim waits for others to do it, and they wait for a lock',
  build(kernel) {
    // No page is free. One inode could be freed, and one process killed.
    kernel.limitMemory({ pages: 0, oomVictims: 1 })
    const lock = kernel.mutex('fs lock')
    const inodes = kernel.variable('inodes', 1)

    kernel.shrinker('fs_shrink', __GFP_FS, function* () {
      yield* lock.lock()
      if ((yield* inodes.get()) > 0) {
        yield* inodes.add(-1)
        yield* kernel.freePages()
      }
      yield* lock.unlock()
    })
    kernel.kswapd(kernel.variable('kswapd_wait', 1))

    kernel.task('transaction', function* () {
      yield* lock.lock()
      yield* kernel.kmalloc(GFP_NOFS)
      yield* lock.unlock()
      yield* kernel.freePages()
    })
  },
})
