import { describe, expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { policyNamed } from '../../src/kernel/policy.js'
import { BIT_LOCK } from '../../src/scenarios/litmus/bit-lock.js'
import { MUTEX } from '../../src/scenarios/litmus/mutex.js'
import { PAGE } from '../../src/scenarios/litmus/page.js'
import { SPINLOCK } from '../../src/scenarios/litmus/spinlock.js'
import { itBehaves } from './litmus.js'

describe('a mutex', () => {
  itBehaves(MUTEX)

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
    ...SPINLOCK,
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
  itBehaves(BIT_LOCK)
})

describe('a page', () => {
  itBehaves(PAGE)
})
