import type { Machine } from '@scopemask/checker/machine'
import {
  cycle,
  Execution,
  replay,
  Search,
  standingAt,
  type Turn,
  waiters,
} from '@scopemask/checker/search'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Explanation, explain } from '../../src/kernel/explain.js'
import { POLICIES, type Policy, policyNamed } from '../../src/kernel/policy.js'
import type { Scenario } from '../../src/kernel/scenario.js'
import { checkCell } from '../../src/matrix/cell.js'
import { subjectOf } from '../../src/matrix/subject.js'
import { CASES } from '../../src/scenarios/catalogue.js'
import { plan, randomScenario } from './random-kernel.js'

/** An explanation, and the tasks and objects that it speaks of, by name. */
interface Explained extends Explanation {
  readonly signature: readonly string[]
  /** The allocation that is said to be the cause: its function, and the task. */
  readonly site: string | null
}

/** Explains the first deadlock of a scenario; null where it has none. */
function explained(scenario: Scenario, policy: Policy, maxStates: number): Explained | null {
  const { verdict, counterexample } = checkCell(scenario, policy, { maxStates })
  if (verdict !== 'deadlock' || counterexample === null) return null
  const { machine, kernel } = subjectOf(scenario, policy)
  const search = new Search(machine, { maxStates, allDeadlocks: true, livelocks: false })
  search.run()
  const execution = replay(
    machine,
    counterexample.token,
    new Execution(machine, search.stepper.programs),
  )
  const waiting = waiters(execution)
  const circle = cycle(waiting)
  const shown = circle.length > 0 ? circle : waiting
  const signature = shown.map(
    ({ task, objects }) => `${machine.tasks[task]?.name}: ${objects.map(({ name }) => name)}`,
  )
  const explanation = explain(kernel, execution, shown)
  const { cause } = explanation
  const site =
    cause?.kind === 'allocation'
      ? `${machine.tasks[cause.site.task]?.name}, ${cause.site.frame.name}`
      : null
  return { ...explanation, signature, site }
}

/** All deadlocks, by who waits for what, when some turns are left out; null when there are too many states to tell. */
function deadlocks(
  scenario: Scenario,
  policy: Policy,
  maxStates: number,
  allows: (turn: Turn, machine: Machine) => boolean,
): readonly (readonly string[])[] | null {
  const { machine } = subjectOf(scenario, policy)
  const search = new Search(machine, {
    maxStates,
    allDeadlocks: true,
    livelocks: false,
    allows: (turn) => allows(turn, machine),
  })
  const { deadlocks: found, bound } = search.run()
  if (bound !== null) return null
  return found.map((state) =>
    waiters(standingAt(search, state)).map(
      ({ task, objects }) => `${machine.tasks[task]?.name}: ${objects.map(({ name }) => name)}`,
    ),
  )
}

const isPressure = ({ operation, outcome }: Turn) => operation.meaning(outcome) === 'pressure'

/** Holds an explanation against what a search without the pressure says. */
function holdAgainst(scenario: Scenario, policy: Policy, maxStates: number): string | null {
  const claim = explained(scenario, policy, maxStates)
  if (claim === null || claim.cause === null) return null
  const where = `${scenario.name} under ${policy.name}: ${claim.why}`
  const recurs = (allows: (turn: Turn, machine: Machine) => boolean): boolean | null => {
    const found = deadlocks(scenario, policy, maxStates * 10, allows)
    return found?.some((there) => claim.signature.every((each) => there.includes(each))) ?? null
  }
  const { kind } = claim.cause
  // Where pages are counted there is no turn to leave out: see the last test.
  if (subjectOf(scenario, policy).situations.memory.isCounted) return kind
  if (kind === 'none') {
    expect(claim.why, where).toContain('no restriction can help')
    expect(
      recurs((turn) => !isPressure(turn)),
      where,
    ).not.toBe(false)
  } else if (kind === 'allocation') {
    const elsewhere = (turn: Turn, machine: Machine): boolean => {
      const at = turn.stack.findIndex(({ name }) => name === '__alloc_pages')
      return `${machine.tasks[turn.task]?.name}, ${turn.stack[at + 1]?.name}` !== claim.site
    }
    expect(
      recurs((turn, machine) => !isPressure(turn) || elsewhere(turn, machine)),
      where,
    ).not.toBe(true)
    expect(claim.why, where).toContain(claim.site?.split(', ')[1])
  } else if (kind === 'several') {
    expect(
      recurs((turn) => !isPressure(turn)),
      where,
    ).not.toBe(true)
  }
  if (kind !== 'none') expect(claim.why, where).not.toContain('no restriction can help')
  return kind
}

describe('an explanation', () => {
  it('is true of every unsafe cell of the matrix', () => {
    const kinds = new Set<string>()
    for (const { scenario } of CASES) {
      for (const policy of POLICIES) {
        if (scenario.inapplicable?.[policy.name]) continue
        const kind = holdAgainst(scenario, policy, 20_000)
        if (kind !== null) kinds.add(kind)
      }
    }
    expect([...kinds]).toEqual(expect.arrayContaining(['none', 'allocation']))
  })

  it('is true of random machines that allocate', () => {
    const counts: Record<string, number> = {}
    fc.assert(
      fc.property(
        plan,
        fc.constantFrom('scope', 'convey-on-queue', 'unrestricted'),
        (random, policy) => {
          const kind = holdAgainst(randomScenario(random), policyNamed(policy), 2_000) ?? 'safe'
          counts[kind] = (counts[kind] ?? 0) + 1
        },
      ),
      { numRuns: 500, seed: 9 },
    )
    for (const kind of ['none', 'allocation', 'safe'])
      expect(counts[kind], kind).toBeGreaterThan(20)
  })

  it('is true of random machines whose pages are counted: with pages for all, nothing is tight', () => {
    const counts: Record<string, number> = {}
    fc.assert(
      fc.property(plan, fc.constantFrom('scope', 'unrestricted'), (random, policyName) => {
        const policy = policyNamed(policyName)
        const claim = explained(randomScenario(random, 0), policy, 2_000)
        const kind = claim?.cause?.kind ?? 'safe'
        counts[kind] = (counts[kind] ?? 0) + 1
        if (claim === null || kind === 'unknown' || kind === 'safe') return
        const found = deadlocks(randomScenario(random, 100), policy, 20_000, () => true)
        const recurs = found?.some((there) => claim.signature.every((each) => there.includes(each)))
        expect(recurs ?? kind === 'none', claim.why).toBe(kind === 'none')
        expect(claim.why.includes('no restriction can help')).toBe(kind === 'none')
      }),
      { numRuns: 300, seed: 4 },
    )
    for (const kind of ['none', 'allocation', 'safe'])
      expect(counts[kind], kind).toBeGreaterThan(10)
  })
})
