/** Mutexes: what follows from the kernel's code. */
import { inForms, type Litmus } from './litmus.js'

export const MUTEX: readonly Litmus[] = [
  {
    program: 'taken twice by one task',
    source: 'kernel/locking/mutex.c, __mutex_lock_common',
    want: 'deadlock',
    build(kernel) {
      const mutex = kernel.mutex('m')
      kernel.task('A', function* () {
        yield* mutex.lock()
        yield* mutex.lock()
        yield* mutex.unlock()
      })
    },
  },
  ...inForms(
    'kernel/locking/mutex.c, __mutex_lock_common',
    [
      ['two tasks take two in different orders', 'deadlock', [0, 1, 1, 0]],
      ['two tasks take two in the same order', 'safe', [0, 1, 0, 1]],
    ],
    (kernel, order) => {
      const mutexes = [kernel.mutex('a'), kernel.mutex('b')] as const
      const one = (first: number, second: number) =>
        function* () {
          const outer = mutexes[first as 0 | 1]
          const inner = mutexes[second as 0 | 1]
          yield* outer.lock()
          yield* inner.lock(1)
          yield* inner.unlock()
          yield* outer.unlock()
        }
      const [a = 0, b = 0, c = 0, d = 0] = order
      kernel.task('A', one(a, b))
      kernel.task('B', one(c, d))
    },
  ),
  {
    program: 'mutex_trylock of one that is held comes back at once',
    source: 'kernel/locking/mutex.c, mutex_trylock',
    want: 'safe',
    build(kernel) {
      const mutex = kernel.mutex('m')
      kernel.task('A', function* () {
        yield* mutex.lock()
        if (yield* mutex.trylock()) yield* mutex.unlock()
        yield* mutex.unlock()
      })
    },
  },
]
