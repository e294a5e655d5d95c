/** Bit locks: what follows from the kernel's code. */
import { inForms, type Litmus } from './litmus.js'

export const BIT_LOCK: readonly Litmus[] = [
  ...inForms(
    'kernel/sched/wait_bit.c, __wait_on_bit_lock',
    [
      ['set by one task and cleared by another', 'safe', true],
      ['set by one task, and nobody clears it', 'deadlock', false],
    ],
    (kernel, isCleared) => {
      const bit = kernel.bitLock('b')
      const set = kernel.completion('set')
      kernel.task('A', function* () {
        yield* bit.set()
        yield* set.complete()
        yield* bit.wait()
      })
      kernel.task('B', function* () {
        yield* set.wait()
        if (isCleared) yield* bit.clear()
      })
    },
  ),
  {
    program: 'test_and_set_bit of one that is set comes back at once',
    source: 'include/linux/wait_bit.h, wait_on_bit_lock (test_and_set_bit first)',
    want: 'safe',
    build(kernel) {
      const bit = kernel.bitLock('b')
      kernel.task('A', function* () {
        yield* bit.set()
        yield* bit.trySet()
        yield* bit.clear()
      })
    },
  },
]
