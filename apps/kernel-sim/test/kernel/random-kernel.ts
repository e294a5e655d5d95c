/** Random kernels: small scenarios in which tasks and work items take locks, wait for each other, and allocate. */
import { __GFP_FS, GFP_KERNEL, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Steps } from '@scopemask/checker/machine'
import fc from 'fast-check'
import type { Kernel } from '../../src/kernel/kernel.js'
import { type Scenario, scenario } from '../../src/kernel/scenario.js'

export type Statement =
  | { readonly do: 'lock'; readonly which: 0 | 1; readonly body: readonly Statement[] }
  | { readonly do: 'scope'; readonly body: readonly Statement[] }
  | { readonly do: 'kmalloc'; readonly gfp: number }
  | { readonly do: 'setBit' | 'waitBit' | 'clearBit' | 'complete' | 'wait' }
  | { readonly do: 'queue' | 'queueAndFlush'; readonly item: 0 | 1 }

export interface Plan {
  readonly tasks: readonly (readonly Statement[])[]
  readonly items: readonly [readonly Statement[], readonly Statement[]]
  readonly shrinker: 'lock 0' | 'lock 1' | 'bit' | 'nothing'
  readonly workers: 1 | 2
}

const leaf: fc.Arbitrary<Statement> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('kmalloc' as const),
      gfp: fc.constantFrom(GFP_KERNEL, GFP_KERNEL, GFP_NOFS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('queue' as const, 'queueAndFlush' as const, 'queueAndFlush' as const),
      item: fc.constantFrom(0 as const, 1 as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'setBit' as const,
        'waitBit' as const,
        'clearBit' as const,
        'complete' as const,
        'wait' as const,
      ),
    }),
  },
)

const statement = (depth: number): fc.Arbitrary<Statement> => {
  if (depth === 0) return leaf
  const body = fc.array(statement(depth - 1), { minLength: 1, maxLength: 2 })
  return fc.oneof(
    { weight: 2, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('lock' as const),
        which: fc.constantFrom(0 as const, 1 as const),
        body,
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('scope' as const), body }) },
  )
}

const body = fc.array(statement(2), { minLength: 1, maxLength: 2 })

export const plan: fc.Arbitrary<Plan> = fc.record({
  tasks: fc.array(body, { minLength: 1, maxLength: 2 }),
  items: fc.tuple(
    fc.array(statement(1), { minLength: 1, maxLength: 2 }),
    fc.array(leaf, { minLength: 1, maxLength: 1 }),
  ),
  shrinker: fc.constantFrom('lock 0', 'lock 1', 'bit', 'nothing'),
  workers: fc.constantFrom(1, 2),
})

/**
 * The scenario of a plan. Items that flush themselves are left out: they are misuse.
 * @param pages how many pages there are; by default it is left open at each allocation whether memory is tight.
 */
export function randomScenario(plan: Plan, pages?: number): Scenario {
  return scenario({
    name: 'random',
    summary: 'made at random',
    build(kernel) {
      if (pages !== undefined) kernel.limitMemory({ pages })
      build(kernel, plan)
    },
  })
}

function build(kernel: Kernel, { tasks, items, shrinker, workers }: Plan): void {
  const locks = [kernel.mutex('lock 0'), kernel.mutex('lock 1')] as const
  const bit = kernel.bitLock('bit')
  const done = kernel.completion('done')
  const pool = kernel.workerPool('pool', { workers })
  const queue = kernel.workqueue('queue', { pool })
  const works = items.map((statements, item) =>
    kernel.work(`item ${item}`, () => run(statements, item + 1)),
  )
  if (shrinker !== 'nothing') {
    kernel.shrinker('shrinker', __GFP_FS, function* () {
      if (shrinker === 'bit') yield* bit.wait()
      else {
        const lock = locks[shrinker === 'lock 0' ? 0 : 1]
        yield* lock.lock()
        yield* lock.unlock()
      }
      yield* kernel.freePages()
    })
  }
  for (const [at, statements] of tasks.entries())
    kernel.task(`task ${at}`, () => run(statements, 0))

  /** @param first the first item that may be waited for: items wait for later ones only. */
  function* run(statements: readonly Statement[], first: number): Steps<void> {
    for (const step of statements) {
      switch (step.do) {
        case 'lock':
          yield* locks[step.which].lock()
          yield* run(step.body, first)
          yield* locks[step.which].unlock()
          break
        case 'scope':
          yield* kernel.scopes.section(PF_MEMALLOC_NOFS, () => run(step.body, first))
          break
        case 'kmalloc':
          yield* kernel.kmalloc(step.gfp)
          break
        case 'setBit':
          yield* bit.trySet()
          break
        case 'waitBit':
          yield* bit.wait()
          break
        case 'clearBit':
          if (yield* bit.trySet()) yield* bit.clear()
          break
        case 'complete':
          yield* done.complete()
          break
        case 'wait':
          yield* done.wait()
          break
        case 'queue':
        case 'queueAndFlush': {
          const work = works[step.item]
          if (work === undefined || step.item < first) break
          yield* kernel.queueWork(queue, work)
          if (step.do === 'queueAndFlush') yield* kernel.flushWork(work)
          break
        }
      }
    }
  }
}
