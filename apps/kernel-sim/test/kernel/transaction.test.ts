/** Transactions: the scope moves with them, and is open on one task at a time. */
import { GFP_KERNEL } from '@scopemask/allocator'
import type { Steps } from '@scopemask/checker/machine'
import { describe, expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { policyNamed } from '../../src/kernel/policy.js'
import { check } from '../../src/matrix/subject.js'

type Transaction = ReturnType<Kernel['transaction']>

/** What a check of one task, or two, says. */
function checked(
  body: (kernel: Kernel, tp: Transaction, next: Transaction) => Steps<unknown>,
  other?: (kernel: Kernel, tp: Transaction, next: Transaction) => Steps<unknown>,
): string {
  const kernel = new Kernel(policyNamed('scope'))
  const tp = kernel.transaction('tp')
  const next = kernel.transaction('next')
  kernel.task('t', () => body(kernel, tp, next))
  if (other) kernel.task('other', () => other(kernel, tp, next))
  try {
    return check({
      machine: kernel.seal(),
      kernel,
    }).verdict
  } catch (thrown) {
    return `${thrown}`
  }
}

describe('a transaction', () => {
  it('carries its scope, also when it is rolled or opened inside another scope', () => {
    const path = function* (kernel: Kernel, tp: Transaction, next: Transaction) {
      yield* tp.setContext()
      yield* tp.switchContext(next)
      yield* kernel.kmalloc(GFP_KERNEL)
      yield* next.clearContext()
    }
    expect(checked(path)).toBe('safe')
    expect(
      checked(function* (kernel, tp, next) {
        const saved = yield* kernel.scopes.memallocNofsSave()
        yield* path(kernel, tp, next)
        yield* kernel.scopes.memallocNofsRestore(saved)
      }),
    ).toBe('safe')
  })

  it('left open is left open on the task', () => {
    expect(
      checked(function* (_kernel, tp, next) {
        yield* tp.setContext()
        yield* tp.switchContext(next)
      }),
    ).toMatch(/t returns with the scope MEMALLOC_NOFS left open/)
  })

  it('is not opened, closed or rolled twice, nor by another task', () => {
    expect(
      checked(function* (_kernel, tp) {
        yield* tp.setContext()
        yield* tp.setContext()
      }),
    ).toMatch(/t opens the scope of transaction tp, which is open on t/)
    expect(
      checked(function* (_kernel, tp) {
        yield* tp.setContext()
        yield* tp.clearContext()
        yield* tp.clearContext()
      }),
    ).toMatch(/t closes the scope of transaction tp, which is open nowhere/)
    expect(
      checked(
        function* (kernel, tp) {
          yield* tp.setContext()
          yield* kernel.kmalloc(GFP_KERNEL)
          yield* tp.clearContext()
        },
        (_kernel, tp) => tp.clearContext(),
      ),
    ).toMatch(/other closes the scope of transaction tp, which is open (on t|nowhere)/)
    expect(
      checked(function* (_kernel, tp, next) {
        yield* next.setContext()
        yield* tp.switchContext(next)
      }),
    ).toMatch(/t rolls the scope of transaction tp, which is open nowhere/)
    expect(
      checked(function* (_kernel, tp, next) {
        yield* tp.setContext()
        yield* next.setContext()
        yield* tp.switchContext(next)
      }),
    ).toMatch(/t opens the scope of transaction next, which is open on t/)
  })
})
