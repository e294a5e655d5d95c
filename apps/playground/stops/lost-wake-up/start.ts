import { scenario } from '@scopemask/kernel-sim'

export default scenario({
  name: 'lost-wake-up',
  summary: 'a task looks at a condition, and is not yet asleep when it is woken',
  build(kernel) {
    const done = kernel.variable('done', 0)
    const queue = kernel.waitQueue('io_wait')

    kernel.task('reader', function* () {
      while ((yield* done.get()) === 0) {
        yield* queue.prepare()
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
