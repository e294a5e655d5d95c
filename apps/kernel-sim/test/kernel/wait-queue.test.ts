import { describe } from 'vitest'
import { WAIT_QUEUE } from '../../src/scenarios/litmus/wait-queue.js'
import { itBehaves } from './litmus.js'

describe('a wait queue', () => {
  itBehaves([
    ...WAIT_QUEUE,
    {
      program: 'schedule under a spinlock',
      source: 'kernel/sched/core.c, __schedule_bug',
      want: /sleeps under a spinlock: schedule\(q\)/,
      build(kernel) {
        const queue = kernel.waitQueue('q')
        const lock = kernel.spinlock('s')
        kernel.task('waiter', function* () {
          yield* lock.lock()
          yield* queue.prepare()
          yield* queue.schedule()
          yield* lock.unlock()
        })
      },
    },
  ])
})
