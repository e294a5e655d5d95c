/** Run check: a scenario under policies, from its builder to the cells of a report. */
import { InputError } from '../audit/read/input-error.js'
import {
  type CheckResult,
  type Counterexample,
  check,
  checkSample,
  explained,
  type Subject,
} from '../check/check.js'
import type { Crew } from '../check/crew.js'
import { lockdepOf } from '../check/lockdep-watch.js'
import { reductionsOf } from '../check/reductions.js'
import type { SampleOptions } from '../check/sample.js'
import { Search, type SearchOptions, type SearchResult } from '../check/search.js'
import { Kernel, type Policy, type Scenario } from '../kernel/kernel.js'
import { Misuse } from '../machine/errors.js'
import { placeOf } from '../machine/place.js'
import type { CaseRow, Cell } from '../report/check-report.js'
import type { Case } from '../scenarios/catalogue.js'

/** The machine of a scenario under a policy. @throws Misuse when it cannot be built. */
export function subjectOf(scenario: Scenario, policy: Policy): Subject {
  const kernel = new Kernel(policy)
  try {
    scenario.build(kernel)
  } catch (thrown) {
    if (thrown instanceof Misuse) throw thrown
    const place = thrown instanceof Error ? placeOf(`${thrown.stack}`) : ''
    throw new Misuse(`build throws ${String(thrown)}${place === '' ? '' : `, at ${place}`}`, {
      cause: thrown,
    })
  }
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
  try {
    return check(subjectOf(scenario, policy), options)
  } catch (thrown) {
    throw asInput(thrown, scenario, policy)
  }
}

/** Some executions of a scenario: what they ran into, or null. @throws InputError as {@link checkScenario} does. */
export function sampleScenario(
  scenario: Scenario,
  policy: Policy,
  options: SampleOptions,
): Counterexample | null {
  try {
    return checkSample(subjectOf(scenario, policy), options)
  } catch (thrown) {
    throw asInput(thrown, scenario, policy)
  }
}

/** What a scenario does wrong is the user's to mend. */
function asInput(thrown: unknown, scenario: Scenario, policy: Policy): unknown {
  if (!(thrown instanceof Misuse)) return thrown
  return new InputError(`${scenario.name} under ${policy.name}: ${thrown.message}`)
}

/** What is done to each cell. */
export interface CellOptions {
  readonly search: SearchOptions
  /** Whether to count states with and without each reduction too. */
  readonly reductions: boolean
  /** Is told which cell is searched, and how far that is. */
  readonly onProgress: (cell: string, states: number, depth: number) => void
  /** Threads that help with the search of one cell. */
  readonly crew?: Crew | undefined
  /** Runs the search of one cell; by default at once. */
  readonly run?: ((search: Search) => Promise<SearchResult>) | undefined
}

/** A scenario under all policies given. @throws InputError as {@link checkScenario} does. */
export async function rowOf(
  each: Case,
  policies: readonly Policy[],
  options: CellOptions,
): Promise<CaseRow> {
  const started = performance.now()
  const cells: Cell[] = []
  for (const policy of policies) cells.push(await cellOf(each, policy, options))
  return { ...about(each), cells, seconds: (performance.now() - started) / 1000 }
}

/** A scenario under one policy. @throws InputError as {@link checkScenario} does. */
export async function cellOf(
  { scenario }: Case,
  policy: Policy,
  { search: options, reductions, onProgress, crew, run }: CellOptions,
): Promise<Cell> {
  const inapplicable = scenario.inapplicable?.[policy.name]
  if (inapplicable !== undefined) return { policy: policy.name, inapplicable }
  try {
    const subject = subjectOf(scenario, policy)
    const search = new Search(subject.machine, {
      ...options,
      crew,
      onProgress: (states, depth) =>
        onProgress(`${scenario.name} under ${policy.name}`, states, depth),
    })
    const result = await (run?.(search) ?? search.run())
    const machine = () => subjectOf(scenario, policy).machine
    return {
      policy: policy.name,
      result: explained(subject, search, result),
      lockdep: lockdepOf(machine),
      ...(reductions ? { reductions: reductionsOf(machine, options) } : {}),
    }
  } catch (thrown) {
    throw asInput(thrown, scenario, policy)
  }
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

/** What is said of a scenario. */
export function about({ number, scenario }: Case): Omit<CaseRow, 'cells' | 'seconds'> {
  const { name, summary, source = '' } = scenario
  return { number, name, summary, source }
}
