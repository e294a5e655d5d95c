/** Rwsems: readers own what they hold, and a writer that waits keeps new readers out. */
import { describe, expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { policyNamed } from '../../src/kernel/policy.js'
import { check } from '../../src/matrix/subject.js'
import { RWSEM } from '../../src/scenarios/litmus/rwsem.js'
import { itBehaves } from './litmus.js'

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
    ...RWSEM,
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
  ])
})
