/** Run check: a scenario under policies, from its builder to the cells of a report. */
import { InputError } from '../audit/read/input-error.js'
import {
  type CheckResult,
  type Counterexample,
  check,
  checkSample,
  type Subject,
} from '../check/check.js'
import { lockdepOf } from '../check/lockdep-watch.js'
import { reductionsOf } from '../check/reductions.js'
import type { SampleOptions } from '../check/sample.js'
import type { SearchOptions } from '../check/search.js'
import { Kernel, type Policy, type Scenario } from '../kernel/kernel.js'
import { Misuse } from '../machine/errors.js'
import type { CaseRow, Cell } from '../report/check-report.js'
import type { Case } from '../scenarios/catalogue.js'

/** The machine of a scenario under a policy. */
export function subjectOf(scenario: Scenario, policy: Policy): Subject {
  const kernel = new Kernel(policy)
  scenario.build(kernel)
  const machine = kernel.seal()
  return {
    machine,
    restrictionsOf: (row, task) => kernel.restrictionsOf(row, task),
    requestName: (gfp) => kernel.requestName(gfp),
  }
}

/** @throws InputError when the scenario breaks a rule of the kernel or the machine. */
export function checkScenario(
  scenario: Scenario,
  policy: Policy,
  options: SearchOptions,
): CheckResult {
  return asInput(scenario, policy, () => check(subjectOf(scenario, policy), options))
}

/** Some executions of a scenario: what they ran into, or null. @throws InputError as {@link checkScenario} does. */
export function sampleScenario(
  scenario: Scenario,
  policy: Policy,
  options: SampleOptions,
): Counterexample | null {
  return asInput(scenario, policy, () => checkSample(subjectOf(scenario, policy), options))
}

function asInput<T>(scenario: Scenario, policy: Policy, act: () => T): T {
  try {
    return act()
  } catch (thrown) {
    if (!(thrown instanceof Misuse)) throw thrown
    throw new InputError(`${scenario.name} under ${policy.name}: ${thrown.message}`)
  }
}

/** What is done to each cell. */
export interface CellOptions {
  readonly search: SearchOptions
  /** Whether to count states with and without each reduction too. */
  readonly reductions: boolean
  /** Is told which cell is searched, and how far that is. */
  readonly onProgress: (cell: string, states: number, depth: number) => void
}

/** A scenario under all policies given. @throws InputError as {@link checkScenario} does. */
export function rowOf(
  each: Case,
  policies: readonly Policy[],
  { search, reductions, onProgress }: CellOptions,
): CaseRow {
  const started = performance.now()
  const { scenario } = each
  const cells = policies.map((policy): Cell => {
    const inapplicable = scenario.inapplicable?.[policy.name]
    if (inapplicable !== undefined) return { policy: policy.name, inapplicable }
    const machine = () => subjectOf(scenario, policy).machine
    const result = checkScenario(scenario, policy, {
      ...search,
      onProgress: (states, depth) =>
        onProgress(`${scenario.name} under ${policy.name}`, states, depth),
    })
    return {
      policy: policy.name,
      result,
      lockdep: lockdepOf(machine),
      ...(reductions ? { reductions: reductionsOf(machine, search) } : {}),
    }
  })
  return { ...about(each), cells, seconds: (performance.now() - started) / 1000 }
}

/** Some executions of a scenario under all policies given. @throws InputError as {@link checkScenario} does. */
export function sampledRow(
  each: Case,
  policies: readonly Policy[],
  options: SampleOptions,
): CaseRow {
  const started = performance.now()
  const { scenario } = each
  const cells = policies.map((policy) => ({
    policy: policy.name,
    sampled: sampleScenario(scenario, policy, options),
  }))
  return { ...about(each), cells, seconds: (performance.now() - started) / 1000 }
}

function about({ number, scenario }: Case): Omit<CaseRow, 'cells' | 'seconds'> {
  const { name, summary, source = '' } = scenario
  return { number, name, summary, source }
}
