/** Hold against: what an explanation says of a deadlock, held against what a search finds when the pressure is left out that it blames. */
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
import { expect } from 'vitest'
import { type Explanation, explain } from '../../src/kernel/explain.js'
import type { Policy } from '../../src/kernel/policy.js'
import type { Scenario } from '../../src/kernel/scenario.js'
import { checkCell } from '../../src/matrix/cell.js'
import { type CheckResult, subjectOf } from '../../src/matrix/subject.js'

/** An explanation, and the tasks and objects that it speaks of, by name. */
interface Explained extends Explanation {
  readonly signature: readonly string[]
  /** The allocation that is said to be the cause: its function, and the task. */
  readonly site: string | null
}

/**
 * Explains the first deadlock of a scenario; null where it has none.
 * @param known what a search of it has found, where that is known
 */
export function explained(
  scenario: Scenario,
  policy: Policy,
  maxStates: number,
  known: CheckResult = checkCell(scenario, policy, { maxStates }),
): Explained | null {
  const { verdict, counterexample } = known
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
export function deadlocks(
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

/** Holds an explanation against what a search without the pressure says. @returns the kind of its cause; null without a deadlock */
export function holdAgainst(
  scenario: Scenario,
  policy: Policy,
  maxStates: number,
  known?: CheckResult,
): string | null {
  const claim = explained(scenario, policy, maxStates, known)
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
