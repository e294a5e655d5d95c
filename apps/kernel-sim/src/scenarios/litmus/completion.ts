/** Completions: what follows from the kernel's code. */
import { inForms, type Litmus } from './litmus.js'

export const COMPLETION: readonly Litmus[] = [
  {
    program: 'complete before wait_for_completion is not lost',
    source: 'kernel/sched/completion.c, complete',
    want: 'safe',
    build(kernel) {
      const done = kernel.completion('done')
      kernel.task('waiter', () => done.wait())
      kernel.task('completer', () => done.complete())
    },
  },
  {
    program: 'one complete lets one of two waiters through',
    source: 'kernel/sched/completion.c, do_wait_for_common',
    want: 'deadlock',
    build(kernel) {
      const done = kernel.completion('done')
      kernel.task('A', () => done.wait())
      kernel.task('B', () => done.wait())
      kernel.task('completer', () => done.complete())
    },
  },
  {
    program: 'complete_all lets through whoever waits, and whoever will',
    source: 'kernel/sched/completion.c, complete_all',
    want: 'safe',
    build(kernel) {
      const done = kernel.completion('done')
      kernel.task('A', function* () {
        yield* done.wait()
        yield* done.wait()
      })
      kernel.task('completer', () => done.completeAll())
    },
  },
  {
    program: 'reinit_completion after complete_all: the next waiter waits',
    source: 'include/linux/completion.h, reinit_completion',
    want: 'deadlock',
    build(kernel) {
      const done = kernel.completion('done')
      kernel.task('A', function* () {
        yield* done.completeAll()
        yield* done.reinit()
        yield* done.wait()
      })
    },
  },
  {
    program: 'reinit_completion can swallow a complete',
    source: 'include/linux/completion.h, reinit_completion',
    want: 'deadlock',
    build(kernel) {
      const done = kernel.completion('done')
      kernel.task('A', function* () {
        yield* done.reinit()
        yield* done.wait()
      })
      kernel.task('completer', () => done.complete())
    },
  },
  {
    program: 'wait_for_completion_timeout comes back by itself',
    source: 'kernel/sched/completion.c, wait_for_completion_timeout',
    want: 'safe',
    build(kernel) {
      const done = kernel.completion('done')
      kernel.task('A', () => done.waitTimeout())
    },
  },
  ...inForms(
    'kernel/sched/completion.c, do_wait_for_common (looks at done once more)',
    [
      ['wait_for_completion_timeout after complete does not time out', 'safe', true],
      ['wait_for_completion_timeout before complete may time out', 'deadlock', false],
    ],
    (kernel, isComplete) => {
      const done = kernel.completion('done')
      const never = kernel.completion('never')
      kernel.task('A', function* () {
        if (isComplete) yield* done.complete()
        if (!(yield* done.waitTimeout())) yield* never.wait()
      })
      kernel.task('B', function* () {
        if (!isComplete) yield* done.complete()
        yield* done.isDone()
      })
    },
  ),
  {
    program: 'who timed out leaves the completion to the next waiter',
    source: 'kernel/sched/completion.c, do_wait_for_common',
    want: 'safe',
    build(kernel) {
      const done = kernel.completion('done')
      kernel.task('A', function* () {
        if (!(yield* done.waitTimeout())) yield* done.wait()
      })
      kernel.task('completer', () => done.complete())
    },
  },
  {
    program: 'try_wait_for_completion takes what is there and never sleeps',
    source: 'kernel/sched/completion.c, try_wait_for_completion',
    want: 'deadlock',
    build(kernel) {
      const done = kernel.completion('done')
      kernel.task('A', () => done.tryWait())
      kernel.task('B', () => done.wait())
      kernel.task('completer', () => done.complete())
    },
  },
]
