import { __GFP_FS, GFP_KERNEL, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Steps } from '@scopemask/checker/machine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Kernel } from '../../src/kernel/kernel.js'
import { policyNamed } from '../../src/kernel/policy.js'
import { type Scenario, scenario } from '../../src/kernel/scenario.js'
import { PartSet } from '../../src/matrix/repair/part.js'
import { repairsOf } from '../../src/matrix/repair/repair.js'
import { CASES } from '../../src/scenarios/catalogue.js'
import { everyPart, everySet, isSafe, minimalSafe } from './brute-force.js'

const bundled = (name: string): Scenario => {
  const found = CASES.find((each) => each.scenario.name === name)?.scenario
  if (!found) throw new Error(name)
  return found
}

const keysOf = (model: Scenario, policy: string): string[] =>
  repairsOf(model, policyNamed(policy))
    .repairs.map(({ interventions }) => PartSet.of(interventions).key)
    .sort()

describe('the sets that are found', () => {
  it.each([
    ['direct-recursion', 'unrestricted'],
    ['cil-push', 'scope'],
    ['cil-push', 'convey-on-queue'],
    ['nfs-localio', 'scope'],
    ['virtiofs', 'scope'],
    ['no-idle-worker', 'scope'],
    ['rescuer-agf', 'scope'],
    ['rhashtable-resize-waited', 'explicit'],
    ['cil-push', 'separate-queues'],
    ['rescuer-agf', 'separate-queues'],
  ])('are those of trying every set: %s under %s', (name, policy) => {
    const model = bundled(name)
    const parts = everyPart(model, policyNamed(policy))
    const found = keysOf(model, policy)
    const most = Math.max(2, ...found.map((key) => key.split('=').length - 1))
    expect(found).toEqual(minimalSafe(model, policyNamed(policy), everySet(parts, most)))
  })

  it('are those of trying every set, in random scenarios', () => {
    fc.assert(
      fc.property(
        random,
        fc.constantFrom('scope', 'unrestricted', 'convey-on-queue'),
        (plan, policy) => {
          const model = modelOf(plan)
          const parts = everyPart(model, policyNamed(policy))
          const sets = everySet(parts, 2)
          const found = keysOf(model, policy)
          // Sets of more parts than were tried by force are proved by the test of what is left out.
          const small = found.filter((key) => key.split('=').length - 1 <= 2)
          expect(small).toEqual(minimalSafe(model, policyNamed(policy), sets))
        },
      ),
      { numRuns: 8, seed: 10 },
    )
  })
})

describe('the search for repairs', () => {
  // What takes time is searches: a set that a schedule or a repair found before decides is not searched.
  it.each([
    ['shared-worker', 'scope', 25],
    ['shared-worker-usual-queue', 'unrestricted', 14],
    ['usermode-helper', 'unrestricted', 16],
    ['f2fs-quota-release', 'scope', 21],
    ['md-flush', 'scope', 12],
  ])('searches for %s under %s at most %i sets', (name, policy, most) => {
    const { searched, known, undecided } = repairsOf(bundled(name), policyNamed(policy))
    expect(searched).toBeLessThanOrEqual(most)
    expect(known).toBeGreaterThan(searched)
    expect(undecided).toBe(0)
  })
})

describe('each repair of the bundled cases', () => {
  // Those with many states take long, and nothing else comes out.
  const large = [
    'shared-workers',
    'shared-worker-creates',
    'shared-worker-rescued',
    'md-flush',
    'md-flush-system-rescued',
    'sunrpc-free-client',
    'drain-all-pages',
  ]
  const cases = CASES.map(({ scenario: model }) => model).filter(
    ({ name }) => !large.includes(name),
  )
  const policy = policyNamed('scope')
  it.each(cases.map((model) => [model.name, model] as const))(
    'makes %s safe, and no part of it can be left out',
    (_name, model) => {
      const { repairs, undecided } = repairsOf(model, policy)
      expect(undecided).toBe(0)
      for (const { interventions } of repairs) {
        const set = PartSet.of(interventions)
        expect(isSafe(model, policy, set), set.key).toBe(true)
        for (const less of weaker(set)) expect(isSafe(model, policy, less), less.key).toBe(false)
      }
    },
  )

  it.each([
    ['shared-workers', 'own-queue', 'one queue for all replicas of an item'],
    ['md-flush', 'own-queue', 'what those who keep the code asked for'],
    ['f2fs-quota-release', 'rescuer', 'what was done'],
  ])('has for %s one with %s: %s', (name, kind) => {
    const { repairs } = repairsOf(bundled(name), policy)
    expect(repairs.some(({ parts }) => parts.some((part) => part.kind === kind))).toBe(true)
  })
})

/** All sets with one part left out or made weaker. */
function weaker(set: PartSet): PartSet[] {
  return set.parts.map((part) =>
    set.parts.reduce((less, each) => {
      if (each !== part) return less.with(each)
      return part.strength > 1 ? less.with({ ...part, strength: part.strength - 1 }) : less
    }, PartSet.EMPTY),
  )
}

/** What a task or an item does: allocates, does something under a lock, queues an item and perhaps waits for it. */
type Statement =
  | 'allocate'
  | { readonly lock: number; readonly body: Plan }
  | { readonly work: number; readonly flush: boolean }
type Plan = readonly Statement[]

interface Random {
  readonly tasks: readonly Plan[]
  readonly works: readonly Plan[]
  /** The lock that the shrinker takes, and the sections of tasks that are in scopes. */
  readonly shrinker: number
  readonly scoped: boolean
  readonly maxActive: number
}

const leaf: fc.Arbitrary<Statement> = fc.oneof(
  fc.constant('allocate' as const),
  fc.record({ work: fc.nat(1), flush: fc.boolean() }),
)
const inItem: fc.Arbitrary<Plan> = fc.array(
  fc.oneof(
    fc.constant('allocate' as const),
    fc.record({ lock: fc.nat(1), body: fc.constant(['allocate'] as const) }),
  ),
  { minLength: 1, maxLength: 1 },
)
const random: fc.Arbitrary<Random> = fc.record({
  tasks: fc.array(
    fc.array(
      fc.oneof(leaf, fc.record({ lock: fc.nat(1), body: fc.array(leaf, { maxLength: 2 }) })),
      { minLength: 1, maxLength: 1 },
    ),
    { minLength: 2, maxLength: 2 },
  ),
  works: fc.array(inItem, { minLength: 2, maxLength: 2 }),
  shrinker: fc.nat(1),
  scoped: fc.boolean(),
  maxActive: fc.constantFrom(1, 2),
})

function modelOf({ tasks, works, shrinker, scoped, maxActive }: Random): Scenario {
  return scenario({
    name: 'random',
    summary: 'random',
    build(kernel) {
      const locks = [kernel.mutex('a'), kernel.mutex('b')]
      const taken = locks[shrinker]
      kernel.shrinker('shrinker', __GFP_FS, function* () {
        yield* taken?.lock() ?? nothing()
        yield* taken?.unlock() ?? nothing()
      })
      const queue = kernel.workqueue('queue', { maxActive })
      const items: ReturnType<Kernel['work']>[] = []
      const run = function* (plan: Plan): Steps<void> {
        for (const statement of plan) {
          if (statement === 'allocate') yield* kernel.kmalloc(GFP_KERNEL)
          else if ('lock' in statement) {
            const lock = locks[statement.lock]
            yield* lock?.lock() ?? nothing()
            yield* run(statement.body)
            yield* lock?.unlock() ?? nothing()
          } else {
            const item = items[statement.work]
            if (item === undefined) continue
            yield* kernel.queueWork(queue, item)
            if (statement.flush) yield* kernel.flushWork(item)
          }
        }
      }
      for (const [at, plan] of works.entries()) {
        items.push(kernel.work(`item ${at}`, () => run(plan)))
      }
      for (const [at, plan] of tasks.entries()) {
        kernel.task(`task ${at}`, () =>
          scoped && at === 0 ? kernel.scopes.section(PF_MEMALLOC_NOFS, () => run(plan)) : run(plan),
        )
      }
    },
  })
}

function* nothing(): Steps<void> {}
