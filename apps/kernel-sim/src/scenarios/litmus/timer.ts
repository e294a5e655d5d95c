/** Timers: what follows from the kernel's code. */

import type { Kernel } from '../../kernel/kernel.js'
import { GFP_ATOMIC } from '../../kernel/memory/gfp.js'
import type { Litmus } from './litmus.js'

export const TIMER: readonly Litmus[] = [
  {
    program: 'one that is armed expires',
    source: 'kernel/time/timer.c, expire_timers',
    want: 'safe',
    build(kernel) {
      const done = kernel.completion('done')
      const timer = kernel.timer('t', () => done.complete())
      kernel.task('A', function* () {
        yield* timer.mod()
        yield* done.wait()
      })
    },
  },
  {
    program: 'one that was deleted may never expire',
    source: 'kernel/time/timer.c, timer_delete',
    want: 'deadlock',
    build(kernel) {
      const done = kernel.completion('done')
      const timer = kernel.timer('t', () => done.complete())
      kernel.task('A', function* () {
        yield* timer.mod()
        yield* timer.delete()
        yield* done.wait()
      })
    },
  },
  ...([true, false] as const).map((sync) => ({
    program: `timer_delete${sync ? '_sync' : ''} under a spinlock that the function takes`,
    source: 'kernel/time/timer.c, timer_delete_sync',
    want: sync ? ('deadlock' as const) : ('safe' as const),
    build(kernel: Kernel) {
      const lock = kernel.spinlock('s')
      const timer = kernel.timer('t', function* () {
        yield* lock.lock()
        yield* lock.unlock()
      })
      kernel.task('A', function* () {
        yield* timer.mod()
        yield* lock.lockBh()
        yield* sync ? timer.deleteSync() : timer.delete()
        yield* lock.unlockBh()
      })
    },
  })),
  {
    program: 'it expires on top of a task that holds a spinlock which its function takes',
    source: 'kernel/softirq.c, handle_softirqs; include/linux/spinlock_api_smp.h, __raw_spin_lock',
    want: 'deadlock',
    build(kernel) {
      const lock = kernel.spinlock('s')
      const timer = kernel.timer('t', function* () {
        yield* lock.lock()
        yield* lock.unlock()
      })
      kernel.task('A', function* () {
        yield* timer.mod()
        yield* lock.lock()
        yield* timer.delete()
        yield* lock.unlock()
      })
    },
  },
  {
    program: 'its function allocates with GFP_ATOMIC',
    source: 'include/linux/sched/mm.h, might_alloc',
    want: 'safe',
    build(kernel) {
      const timer = kernel.timer('t', () => kernel.kmalloc(GFP_ATOMIC))
      kernel.task('A', () => timer.mod())
    },
  },
]
