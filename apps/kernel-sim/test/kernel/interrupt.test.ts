import { GFP_KERNEL } from '@scopemask/allocator'
import type { Steps } from '@scopemask/checker/machine'
import { Search } from '@scopemask/checker/search'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { policyNamed } from '../../src/kernel/policy.js'
import { lockdepOf } from '../../src/lockdep/lockdep-watch.js'
import { check } from '../../src/matrix/subject.js'
import {
  INTERRUPT,
  type Kind,
  nothing,
  shared,
  under,
  WAYS,
  type Way,
} from '../../src/scenarios/litmus/interrupt.js'
import { inForms } from '../../src/scenarios/litmus/litmus.js'
import { itBehaves } from './litmus.js'

describe('an interrupt', () => {
  itBehaves([
    ...INTERRUPT,
    {
      program: 'allocates with GFP_KERNEL',
      source: 'mm/page_alloc.c, prepare_alloc_pages (might_alloc)',
      want: /irq h allocates with __GFP_DIRECT_RECLAIM in an interrupt/,
      build(kernel) {
        const irq = kernel.interrupt('h', () => kernel.kmalloc(GFP_KERNEL))
        kernel.task('A', () => irq.raise())
      },
    },
    ...inForms(
      'kernel/sched/core.c, __might_resched',
      [
        ['hard, sleeps', /irq h sleeps in an interrupt: mutex_lock\(m\)/, 'interrupt'],
        ['soft, sleeps', /softirq h sleeps in an interrupt: mutex_lock\(m\)/, 'softirq'],
      ] as const,
      (kernel, kind) => {
        const mutex = kernel.mutex('m')
        const handler = kernel[kind]('h', function* () {
          yield* mutex.lock()
          yield* mutex.unlock()
        })
        kernel.task('A', () => handler.raise())
      },
    ),
    {
      program: 'hard, turns softirqs off',
      source: 'kernel/softirq.c, __local_bh_enable_ip (WARN_ON_ONCE(in_hardirq()))',
      want: /irq h takes spinlock s by spin_lock_bh in a hard interrupt/,
      build(kernel) {
        const lock = kernel.spinlock('s')
        const irq = kernel.interrupt('h', () => under(lock, 'bh', nothing()))
        kernel.task('A', () => irq.raise())
      },
    },
    {
      program: 'a spinlock that is given back in another way',
      source: 'include/linux/spinlock_api_smp.h, __raw_spin_unlock_irqrestore',
      want: /A gives back spinlock s by spin_unlock_irqrestore, and took it by spin_lock$|and took it by spin_lock \(/,
      build(kernel) {
        const lock = kernel.spinlock('s')
        kernel.task('A', function* () {
          yield* lock.lock()
          yield* lock.unlockIrqrestore()
        })
      },
    },
  ])

  it('that never ends and the task below it are a circle', () => {
    const kernel = new Kernel(policyNamed('scope'))
    shared(kernel, 'interrupt', 'plain')
    const { counterexample } = check({ machine: kernel.seal(), kernel })
    expect(counterexample?.cycle).toEqual(['irq h', 'A'])
    expect(counterexample?.why).toBe(
      'irq h waits for spinlock s, A waits for irq h, which runs on top of it: no allocation is involved, so no restriction can help',
    )
  })

  it('is seen by lockdep', () => {
    const splats = (kind: Kind, way: Way) => {
      const kernel = new Kernel(policyNamed('scope'))
      shared(kernel, kind, way)
      return lockdepOf(kernel.seal()).splats.map((splat) => splat.kind)
    }
    for (const kind of ['interrupt', 'softirq'] as const) {
      expect(splats(kind, 'plain')).toEqual(['inconsistent-irq'])
      expect(splats(kind, 'irqsave')).toEqual([])
    }
    expect(splats('interrupt', 'bh')).toEqual(['inconsistent-irq'])
    expect(splats('softirq', 'bh')).toEqual([])
  })
})

/** What a task, or a handler, does: takes locks in some way, one in the other, tells others, waits. */
type Deed =
  | {
      readonly do: 'lock'
      readonly which: 0 | 1
      readonly way: Way
      readonly body: readonly Deed[]
    }
  | { readonly do: 'raise' | 'complete' | 'look' | 'choose' }

const deed = (ways: readonly Way[], depth: number): fc.Arbitrary<Deed> => {
  const leaf = fc.record({
    do: fc.constantFrom('raise' as const, 'complete' as const, 'look' as const, 'choose' as const),
  })
  if (depth === 0) return leaf
  return fc.oneof(
    leaf,
    fc.record({
      do: fc.constant('lock' as const),
      which: fc.constantFrom(0 as const, 1 as const),
      way: fc.constantFrom(...ways),
      body: fc.array(deed(ways, depth - 1), { maxLength: 1 }),
    }),
  )
}

describe('the reductions', () => {
  it('lose no interrupt: the same verdict without them', () => {
    const verdicts: Record<string, number> = {}
    const program = (ways: readonly Way[]) =>
      fc.array(deed(ways, 2), { minLength: 1, maxLength: 2 })
    const arbitrary = fc.record({
      tasks: fc.array(program(WAYS), { minLength: 1, maxLength: 2 }),
      handler: program(['plain', 'irqsave']),
      kind: fc.constantFrom<Kind>('interrupt', 'softirq'),
    })
    fc.assert(
      fc.property(arbitrary, ({ tasks, handler, kind }) => {
        const build = (): Kernel => {
          const kernel = new Kernel(policyNamed('scope'))
          const locks = [kernel.spinlock('a'), kernel.spinlock('b')] as const
          const done = kernel.completion('done')
          const run = function* (deeds: readonly Deed[]): Steps<void> {
            for (const each of deeds) {
              if (each.do === 'lock') yield* under(locks[each.which], each.way, run(each.body))
              else if (each.do === 'raise') yield* irq.raise()
              else if (each.do === 'complete') yield* done.complete()
              else if (each.do === 'look') yield* done.isDone()
              else yield* kernel.choose('turn', ['left', 'right'])
            }
          }
          const irq = kernel[kind]('h', () => run(handler.filter((each) => each.do !== 'raise')))
          for (const [at, deeds] of tasks.entries()) kernel.task(`task ${at}`, () => run(deeds))
          return kernel
        }
        const isStuck = (partialOrder: boolean): boolean => {
          const kernel = build()
          return new Search(kernel.seal(), { partialOrder }).run().verdict !== 'safe'
        }
        const stuck = isStuck(true)
        verdicts[`${stuck}`] = (verdicts[`${stuck}`] ?? 0) + 1
        expect(stuck).toBe(isStuck(false))
      }),
      { numRuns: 200, seed: 12 },
    )
    expect(verdicts.true).toBeGreaterThan(20)
    expect(verdicts.false).toBeGreaterThan(20)
  })
})
