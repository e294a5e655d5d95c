import { describe } from 'vitest'
import { COMPLETION } from '../../src/scenarios/litmus/completion.js'
import { itBehaves } from './litmus.js'

describe('a completion', () => {
  itBehaves([
    ...COMPLETION,
    {
      program: 'wait_for_completion under a spinlock',
      source: 'kernel/sched/completion.c, __wait_for_common (might_sleep)',
      want: /sleeps under a spinlock: wait_for_completion\(done\)/,
      build(kernel) {
        const done = kernel.completion('done')
        const lock = kernel.spinlock('s')
        kernel.task('A', function* () {
          yield* lock.lock()
          yield* done.wait()
          yield* lock.unlock()
        })
      },
    },
  ])
})
