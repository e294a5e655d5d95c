/** Spinlocks: what follows from the kernel's code. */
import type { Litmus } from './litmus.js'

export const SPINLOCK: readonly Litmus[] = [
  {
    program: 'taken twice by one task',
    source: 'kernel/locking/qspinlock.c, queued_spin_lock_slowpath',
    want: 'deadlock',
    build(kernel) {
      const lock = kernel.spinlock('s')
      kernel.task('A', function* () {
        yield* lock.lock()
        yield* lock.lock()
        yield* lock.unlock()
      })
    },
  },
  {
    program: 'two tasks take it one after the other',
    source: 'kernel/locking/qspinlock.c, queued_spin_lock_slowpath',
    want: 'safe',
    build(kernel) {
      const lock = kernel.spinlock('s')
      for (const name of ['A', 'B']) {
        kernel.task(name, function* () {
          yield* lock.lock()
          yield* lock.unlock()
        })
      }
    },
  },
]
