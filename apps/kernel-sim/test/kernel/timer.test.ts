import { GFP_KERNEL } from '@scopemask/allocator'
import { describe } from 'vitest'
import { GFP_ATOMIC } from '../../src/kernel/memory/gfp.js'
import { itBehaves } from './litmus.js'

describe('a timer', () => {
  itBehaves([
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
      build(kernel: Parameters<Parameters<typeof itBehaves>[0][0]['build']>[0]) {
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
      source:
        'kernel/softirq.c, handle_softirqs; include/linux/spinlock_api_smp.h, __raw_spin_lock',
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
      program: 'timer_delete_sync in a hard interrupt',
      source: 'kernel/time/timer.c, __timer_delete_sync (WARN_ON(in_hardirq()))',
      want: /irq disk calls timer_delete_sync\(t\) in a hard interrupt/,
      build(kernel) {
        const timer = kernel.timer('t', () => kernel.kmalloc(GFP_ATOMIC))
        const irq = kernel.interrupt('disk', () => timer.deleteSync())
        kernel.task('A', () => irq.raise())
      },
    },
    {
      program: 'its function takes a mutex',
      source: 'kernel/sched/core.c, __might_resched',
      want: /timer t sleeps in an interrupt: mutex_lock\(m\)/,
      build(kernel) {
        const mutex = kernel.mutex('m')
        const timer = kernel.timer('t', function* () {
          yield* mutex.lock()
          yield* mutex.unlock()
        })
        kernel.task('A', () => timer.mod())
      },
    },
    {
      program: 'its function allocates with GFP_KERNEL',
      source: 'include/linux/sched/mm.h, might_alloc',
      want: /timer t allocates with __GFP_DIRECT_RECLAIM in an interrupt/,
      build(kernel) {
        const timer = kernel.timer('t', () => kernel.kmalloc(GFP_KERNEL))
        kernel.task('A', () => timer.mod())
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
  ])
})
