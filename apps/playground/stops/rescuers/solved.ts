import { __GFP_FS, scenario } from '@scopemask/kernel-sim'

export default scenario({
  name: 'rescuers',
  summary: 'to run an item takes a new worker, which takes memory, which takes the item',
  build(kernel) {
    const page = kernel.page('folio on bcache0', { dirty: true })
    kernel.shrinker('super_cache_scan', __GFP_FS, function* () {
      yield* page.waitOnWriteback()
    })

    // One worker is left, and it has to create another before it works.
    const pool = kernel.workerPool('0', { workers: 1, creates: true, most: 2 })
    const queue = kernel.workqueue('bch_journal', { pool, memReclaim: true })
    const write = kernel.work('journal_write', function* () {
      yield* page.endWriteback()
    })

    kernel.task('flusher', function* () {
      yield* page.lock()
      yield* page.startWriteback()
      yield* page.unlock()
      yield* kernel.queueWork(queue, write)
    })
  },
})
