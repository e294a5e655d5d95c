import { GFP_KERNEL } from '@scopemask/allocator'
import { describe } from 'vitest'
import { GFP_ATOMIC } from '../../src/kernel/memory/gfp.js'
import { TIMER } from '../../src/scenarios/litmus/timer.js'
import { itBehaves } from './litmus.js'

describe('a timer', () => {
  itBehaves([
    ...TIMER,
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
  ])
})
