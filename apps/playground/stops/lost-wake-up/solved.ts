import { scenario } from '@scopemask/kernel-sim'

export default scenario({
  name: 'lost-wake-up',
  summary: 'a task looks at a condition, and is not yet asleep when it is woken',
  build(kernel) {
    const done = kernel.variable('done', 0)
    const queue = kernel.waitQueue('io_wait')

    kernel.task('reader', function* () {
      for (;;) {
        // From here on a wake-up counts: so look after it, not before.
        yield* queue.prepare()
        if ((yield* done.get()) !== 0) break
        yield* queue.schedule()
      }
      yield* queue.finish()
    })

    kernel.task('irq', function* () {
      yield* done.set(1)
      yield* queue.wakeUp()
    })
  },
})
