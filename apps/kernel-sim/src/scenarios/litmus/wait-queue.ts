/** Wait queues: what follows from the kernel's code. */
import type { Kernel } from '../../kernel/kernel.js'
import type { Litmus } from './litmus.js'

export const WAIT_QUEUE: readonly Litmus[] = [
  {
    program: 'the condition is set before the wake-up, and looked at after prepare_to_wait',
    source: 'kernel/sched/wait.c, prepare_to_wait',
    want: 'safe',
    build(kernel) {
      const queue = kernel.waitQueue('q')
      const done = kernel.variable('done')
      kernel.task('waiter', function* () {
        yield* queue.prepare()
        if ((yield* done.get()) === 0) yield* queue.schedule()
        yield* queue.finish()
      })
      kernel.task('waker', function* () {
        yield* done.set(1)
        yield* queue.wakeUp()
      })
    },
  },
  {
    program:
      'the condition is looked at before prepare_to_wait, so that the wake-up comes in between',
    source: 'kernel/sched/wait.c, prepare_to_wait',
    want: 'deadlock',
    build(kernel) {
      const queue = kernel.waitQueue('q')
      const done = kernel.variable('done')
      kernel.task('waiter', function* () {
        if ((yield* done.get()) === 1) return
        yield* queue.prepare()
        yield* queue.schedule()
        yield* queue.finish()
      })
      kernel.task('waker', function* () {
        yield* done.set(1)
        yield* queue.wakeUp()
      })
    },
  },
  {
    program: 'an entry that was left on the queue hides no lost wake-up',
    source: 'kernel/sched/wait.c, finish_wait',
    want: 'deadlock',
    build(kernel) {
      const queue = kernel.waitQueue('q')
      const done = kernel.variable('done')
      const first = kernel.variable('first')
      kernel.task('waiter', function* () {
        yield* queue.prepare()
        yield* queue.finish()
        yield* first.set(1)
        if ((yield* done.get()) === 1) return
        yield* queue.prepare()
        yield* queue.schedule()
        yield* queue.finish()
      })
      kernel.task('waker', function* () {
        yield* first.waitUntil(1)
        yield* done.set(1)
        yield* queue.wakeUpAll()
      })
    },
  },
  {
    program: 'a task once woken is runnable for good, whoever waits again on the same queue',
    source: 'kernel/sched/core.c, try_to_wake_up',
    want: 'safe',
    build(kernel) {
      const queue = kernel.waitQueue('q')
      const a = kernel.variable('a')
      const b = kernel.variable('b')
      const prepared = kernel.variable('prepared')
      const aIsSet = queue.waitEvent(function* () {
        return (yield* a.get()) === 1
      })
      kernel.task('A', function* () {
        yield* queue.prepare()
        yield* prepared.add(1)
        yield* queue.schedule()
        yield* queue.finish()
        yield* aIsSet()
      })
      kernel.task('B', function* () {
        yield* queue.prepare()
        yield* prepared.add(1)
        yield* queue.schedule()
        yield* queue.finish()
        yield* b.set(1)
      })
      kernel.task('waker', function* () {
        yield* prepared.waitUntil(2)
        yield* queue.wakeUpAll()
        yield* b.waitUntil(1)
        yield* a.set(1)
        yield* queue.wakeUpAll()
      })
    },
  },
  ...(['wakeUp', 'wakeUpNr', 'wakeUpAll'] as const).map((wake) => ({
    program: `two exclusive waiters, and one ${wake}`,
    source: 'kernel/sched/wait.c, __wake_up_common',
    want: wake === 'wakeUp' ? ('deadlock' as const) : ('safe' as const),
    build(kernel: Kernel) {
      const queue = kernel.waitQueue('q')
      const prepared = kernel.variable('prepared')
      for (const name of ['A', 'B']) {
        kernel.task(name, function* () {
          yield* queue.prepareExclusive()
          yield* prepared.add(1)
          yield* queue.schedule()
          yield* queue.finish()
        })
      }
      kernel.task('waker', function* () {
        yield* prepared.waitUntil(2)
        if (wake === 'wakeUpNr') yield* queue.wakeUpNr(2)
        else yield* queue[wake]()
      })
    },
  })),
  {
    program: 'wake_up takes one exclusive waiter and every other one',
    source: 'kernel/sched/wait.c, __wake_up_common',
    want: 'safe',
    build(kernel) {
      const queue = kernel.waitQueue('q')
      const prepared = kernel.variable('prepared')
      for (const name of ['A', 'B', 'exclusive']) {
        kernel.task(name, function* () {
          if (name === 'exclusive') yield* queue.prepareExclusive()
          else yield* queue.prepare()
          yield* prepared.add(1)
          yield* queue.schedule()
          yield* queue.finish()
        })
      }
      kernel.task('waker', function* () {
        yield* prepared.waitUntil(3)
        yield* queue.wakeUp()
      })
    },
  },
  {
    program: 'a waiter that is awake already does not use up a wake_up of exclusive waiters',
    source: 'kernel/sched/wait.c, autoremove_wake_function',
    want: 'safe',
    build(kernel) {
      const queue = kernel.waitQueue('q')
      const other = kernel.waitQueue('other')
      const turn = kernel.variable('turn')
      kernel.task('awake', function* () {
        yield* queue.prepareExclusive()
        yield* other.prepare()
        yield* turn.set(1)
        yield* other.schedule() // woken through the other queue; the entry on q stays
        yield* turn.waitUntil(4)
        yield* queue.finish()
      })
      kernel.task('sleeper', function* () {
        yield* turn.waitUntil(1)
        yield* queue.prepareExclusive()
        yield* turn.set(2)
        yield* queue.schedule()
        yield* queue.finish()
      })
      kernel.task('waker', function* () {
        yield* turn.waitUntil(2)
        yield* other.wakeUp()
        yield* queue.wakeUp()
        yield* turn.set(4)
      })
    },
  },
  {
    program: 'schedule_timeout comes back by itself',
    source: 'kernel/time/timer.c, schedule_timeout',
    want: 'safe',
    build(kernel) {
      const queue = kernel.waitQueue('q')
      const flag = kernel.variable('flag')
      const isSet = function* () {
        return (yield* flag.get()) === 1
      }
      kernel.task('waiter', queue.waitEventTimeout(isSet))
    },
  },
  {
    program: 'wait_event without anybody to wake it',
    source: 'include/linux/wait.h, ___wait_event',
    want: 'deadlock',
    build(kernel) {
      const queue = kernel.waitQueue('q')
      const flag = kernel.variable('flag')
      const isSet = function* () {
        return (yield* flag.get()) === 1
      }
      kernel.task('waiter', queue.waitEvent(isSet))
    },
  },
]
