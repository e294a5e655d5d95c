/** Rwsems: what follows from the kernel's code. */
import { inForms, type Litmus } from './litmus.js'

export const RWSEM: readonly Litmus[] = [
  ...inForms(
    'kernel/locking/rwsem.c, __downgrade_write (rwsem_downgrade_wake)',
    [
      ['downgrade_write lets in readers that wait', 'safe', 'downgrade'],
      ['who still writes does not', 'deadlock', 'write'],
    ],
    (kernel, how) => {
      const rwsem = kernel.rwsem('r')
      const read = kernel.completion('read')
      kernel.task('writer', function* () {
        yield* rwsem.downWrite()
        if (how === 'downgrade') yield* rwsem.downgradeWrite()
        yield* read.wait()
        if (how === 'downgrade') yield* rwsem.upRead()
        else yield* rwsem.upWrite()
      })
      kernel.task('reader', function* () {
        yield* rwsem.downRead()
        yield* rwsem.upRead()
        yield* read.complete()
      })
    },
  ),
  {
    program: 'downgrade_write lets no writer in, neither one that waits nor a new one',
    source: 'kernel/locking/rwsem.c, __downgrade_write (-RWSEM_WRITER_LOCKED+RWSEM_READER_BIAS)',
    want: 'deadlock',
    build(kernel) {
      const rwsem = kernel.rwsem('r')
      const written = kernel.completion('written')
      kernel.task('A', function* () {
        yield* rwsem.downWrite()
        yield* rwsem.downgradeWrite()
        yield* written.wait()
        yield* rwsem.upRead()
      })
      kernel.task('B', function* () {
        yield* rwsem.downWrite()
        yield* rwsem.upWrite()
        yield* written.complete()
      })
    },
  },
  ...inForms(
    'kernel/locking/rwsem.c, rwsem_down_read_slowpath (RWSEM_FLAG_WAITERS)',
    [
      ['read twice by one task with a writer in between', 'deadlock', true],
      ['read twice by one task with a writer that only tries', 'safe', false],
    ],
    (kernel, waits) => {
      const rwsem = kernel.rwsem('r')
      kernel.task('reader', function* () {
        yield* rwsem.downRead()
        yield* rwsem.downRead()
        yield* rwsem.upRead()
        yield* rwsem.upRead()
      })
      kernel.task('writer', function* () {
        if (waits) yield* rwsem.downWrite()
        if (waits || (yield* rwsem.downWriteTrylock())) yield* rwsem.upWrite()
      })
    },
  ),
  ...inForms(
    'kernel/locking/rwsem.c, __down_read_trylock (RWSEM_READ_FAILED_MASK)',
    [
      ['down_read_trylock comes back at once with a writer that waits', 'safe', false],
      ['who hangs when it fails', 'deadlock', true],
    ],
    (kernel, hangs) => {
      const rwsem = kernel.rwsem('r')
      const never = kernel.completion('never')
      kernel.task('reader', function* () {
        yield* rwsem.downRead()
        if (yield* rwsem.downReadTrylock()) yield* rwsem.upRead()
        else if (hangs) yield* never.wait()
        yield* rwsem.upRead()
      })
      kernel.task('writer', function* () {
        yield* rwsem.downWrite()
        yield* rwsem.upWrite()
      })
    },
  ),
]
