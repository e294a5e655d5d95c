import { __GFP_IO, GFP_KERNEL, scenario } from '@scopemask/kernel-sim'

export default scenario({
  name: 'which-scope',
  summary: 'a network block device allocates while it sends, and reclaim writes to that device',
  build(kernel) {
    const sending = kernel.mutex('nsock->tx_lock')

    // Writing a page out needs the device, and no filesystem.
    kernel.shrinker('swap_writepage', __GFP_IO, function* () {
      yield* sending.lock()
      yield* sending.unlock()
    })

    kernel.task('nbd_send', function* () {
      yield* sending.lock()
      const saved = yield* kernel.scopes.memallocNofsSave()
      yield* kernel.kmalloc(GFP_KERNEL)
      yield* kernel.scopes.memallocNofsRestore(saved)
      yield* sending.unlock()
    })

    kernel.task('browser', function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
    })
  },
})
