/** Rwsems: readers own what they hold, and a writer that waits keeps new readers out. */
import { describe, expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { policyNamed } from '../../src/kernel/policy.js'
import { check } from '../../src/matrix/subject.js'
import { inForms, itBehaves } from './litmus.js'

function checked(build: (kernel: Kernel) => void) {
  const kernel = new Kernel(policyNamed('scope'))
  build(kernel)
  return check({
    machine: kernel.seal(),
    kernel,
  })
}

describe('an rwsem', () => {
  it('tells the task that releases it from the one that reads', () => {
    expect(() =>
      checked((kernel) => {
        const rwsem = kernel.rwsem('mmap_lock')
        const other = kernel.rwsem('other')
        kernel.task('reader', function* () {
          yield* rwsem.downRead()
          yield* rwsem.upRead()
        })
        kernel.task('thief', function* () {
          yield* other.downRead()
          yield* rwsem.upRead()
        })
      }),
    ).toThrow(/thief releases rwsem mmap_lock, which it does not hold for reading/)
  })

  it('names the readers for whom a writer waits', () => {
    const { verdict, counterexample } = checked((kernel) => {
      const rwsem = kernel.rwsem('mmap_lock')
      kernel.replicate('reader', 2, () =>
        kernel.task('reader', function* () {
          yield* rwsem.downRead()
          yield* rwsem.downRead()
          yield* rwsem.upRead()
          yield* rwsem.upRead()
        }),
      )
      kernel.task('writer', function* () {
        yield* rwsem.downWrite()
        yield* rwsem.upWrite()
      })
    })
    expect(verdict).toBe('deadlock')
    const writer = counterexample?.waiting.find(({ task }) => task === 'writer')
    expect(writer?.for[0]).toMatch(/^reader#\d$/)
    const reader = counterexample?.waiting.find(({ task }) => task === writer?.for[0])
    expect(reader?.for).toEqual(['writer'])
    expect(counterexample?.cycle).toHaveLength(2)
  })

  it('lets readers in together, in any order', () => {
    const { verdict } = checked((kernel) => {
      const rwsem = kernel.rwsem('mmap_lock')
      kernel.replicate('reader', 3, () =>
        kernel.task('reader', function* () {
          yield* rwsem.downRead()
          yield* rwsem.upRead()
        }),
      )
      kernel.task('writer', function* () {
        yield* rwsem.downWrite()
        yield* rwsem.upWrite()
      })
    })
    expect(verdict).toBe('safe')
  })

  itBehaves([
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
    {
      program: 'downgrade_write of what is held for reading',
      source: 'kernel/locking/rwsem.c, __downgrade_write (DEBUG_RWSEMS_WARN_ON)',
      want: /A downgrades rwsem r, which it does not hold for writing/,
      build(kernel) {
        const rwsem = kernel.rwsem('r')
        kernel.task('A', function* () {
          yield* rwsem.downRead()
          yield* rwsem.downgradeWrite()
          yield* rwsem.upRead()
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
  ])
})
