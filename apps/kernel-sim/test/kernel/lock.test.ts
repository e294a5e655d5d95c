import { describe, expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { policyNamed } from '../../src/kernel/policy.js'
import { inForms, itBehaves } from './litmus.js'

describe('a mutex', () => {
  itBehaves([
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
  ])

  it('of a subclass is printed with it (mutex_lock_nested)', () => {
    const kernel = new Kernel(policyNamed('scope'))
    const mutex = kernel.mutex('m')
    const printed = (subclass: number) => `${mutex.lock(subclass).next().value}`
    expect([printed(0), printed(1), printed(2)]).toEqual([
      'mutex_lock(m)',
      'mutex_lock_nested(m, 1)',
      'mutex_lock_nested(m, 2)',
    ])
  })
})

describe('a spinlock', () => {
  itBehaves([
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
    {
      program: 'a mutex is taken under it',
      source: 'kernel/locking/mutex.c, __mutex_lock_common (might_sleep)',
      want: /A sleeps under a spinlock: mutex_lock\(m\)/,
      build(kernel) {
        const lock = kernel.spinlock('s')
        const mutex = kernel.mutex('m')
        kernel.task('A', function* () {
          yield* lock.lock()
          yield* mutex.lock()
          yield* mutex.unlock()
          yield* lock.unlock()
        })
      },
    },
  ])
})

describe('a bit lock', () => {
  itBehaves([
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
  ])
})

describe('a page', () => {
  itBehaves([
    ...inForms(
      'mm/filemap.c, folio_wait_bit_common and folio_end_writeback',
      [
        ['under writeback that comes to its end', 'safe', true],
        ['under writeback that nobody ends', 'deadlock', false],
      ],
      (kernel, ends) => {
        const page = kernel.page('p', { dirty: true })
        const sent = kernel.completion('bio')
        kernel.task('flusher', function* () {
          yield* page.lock()
          if (yield* page.isDirty()) yield* page.startWriteback()
          yield* page.unlock()
          yield* sent.complete()
          yield* page.waitOnWriteback()
        })
        kernel.task('device', function* () {
          yield* sent.wait()
          if (ends) yield* page.endWriteback()
        })
      },
    ),
    {
      program: 'whoever has it locked waits for its lock',
      source: 'mm/filemap.c, __folio_lock',
      want: 'deadlock',
      build(kernel) {
        const page = kernel.page('p')
        kernel.task('A', function* () {
          yield* page.lock()
          yield* page.lock()
          yield* page.unlock()
        })
      },
    },
  ])
})
