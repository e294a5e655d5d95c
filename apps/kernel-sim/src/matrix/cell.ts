/** Cell: a scenario under one policy, and all that was found out about it; a row has the cells of all policies. */

import { checkFairness, type FairnessResult, rehearsed } from '@scopemask/checker'
import { Interrupted, type Machine, Misuse, type Watch } from '@scopemask/checker/machine'
import type { SampleOptions } from '@scopemask/checker/search'
import {
  type Reductions,
  reductionsOf,
  replay,
  Search,
  type SearchOptions,
  type SearchResult,
} from '@scopemask/checker/search'
import { InputError } from '../input-error.js'
import type { ParameterValues } from '../kernel/parameters.js'
import type { Policy, PolicyName } from '../kernel/policy.js'
import type { Relief } from '../kernel/relief.js'
import type { History, Scenario } from '../kernel/scenario.js'
import { lockdepOf, type Opinion } from '../lockdep/lockdep-watch.js'
import type { Splat } from '../lockdep/splat.js'
import type { Case } from '../scenarios/catalogue.js'
import { type Fates, fatesOf } from './dissolution.js'
import { type Repairs, repairsOf } from './repair/repair.js'
import { shortResult } from './short-search.js'
import {
  type BuiltSubject,
  type CheckResult,
  type Counterexample,
  check,
  checkSample,
  explained,
  subjectOf,
  watchedSubject,
} from './subject.js'

/** One scenario under one policy. */
export interface Cell {
  readonly policy: string
  /** Why the policy makes no sense here; then there is no result. */
  readonly inapplicable?: string
  readonly result?: CheckResult
  /** Instead of a result, where executions were only sampled: the deadlock found, or null. */
  readonly sampled?: Counterexample | null
  /** What lockdep reports of all steps that a search meets; none when it is silent. */
  readonly lockdep?: readonly Splat[]
  /** How many states lockdep was shown, where these are not all. */
  readonly lockdepStates?: number
  /** What the kernel itself warns of besides (check_flush_dependency); none when it does not. */
  readonly warnings?: readonly string[]
  /** What dissolves it, where it is a deadlock or a livelock. */
  readonly fates?: Fates
  /** What makes it safe, where that was asked for and it is not. */
  readonly repairs?: Repairs
  /** Which tasks can starve under weak fairness, where that was asked for. */
  readonly fairness?: FairnessResult
  /** How many states there are with and without each reduction, where that was asked for. */
  readonly reductions?: Reductions
}

/** One scenario under all policies. */
export interface CaseRow {
  /** `1`, `5b`; empty for a scenario of the user's own. */
  readonly number: string
  readonly name: string
  readonly summary: string
  readonly source: string
  /** Of bundled ones. */
  readonly history?: History
  /** What its parameters are, where it has some. */
  readonly values?: ParameterValues
  readonly cells: readonly Cell[]
  /** How long all cells took. It differs from run to run: only for terminals. */
  readonly seconds: number
}

/** @throws InputError when the scenario breaks a rule of the kernel or the machine. */
export function checkCell(scenario: Scenario, policy: Policy, options: SearchOptions): CheckResult {
  try {
    return check(subjectOf(scenario, policy), options)
  } catch (thrown) {
    throw asInput(thrown, scenario, policy)
  }
}

/** How executions are sampled, and what stops a scenario's code that does not come to its next step. */
type WatchedSample = SampleOptions & Pick<CellOptions, 'watch'>

/** Some executions of a scenario: what they ran into, or null. @throws InputError as {@link checkCell} does. */
function sampleScenario(
  scenario: Scenario,
  policy: Policy,
  { watch, ...options }: WatchedSample,
): Counterexample | null {
  try {
    const subject = watchedSubject(watch?.(scenario) ?? null, () => subjectOf(scenario, policy))
    return checkSample(subject, options)
  } catch (thrown) {
    throw asInput(thrown, scenario, policy)
  }
}

/** What a scenario does wrong is the user's to mend. */
function asInput(thrown: unknown, scenario: Scenario, policy: Policy): unknown {
  if (!(thrown instanceof Misuse || thrown instanceof Interrupted)) return thrown
  return new InputError(`${scenario.name} under ${policy.name}: ${thrown.message}`)
}

/** What is done to each cell. */
export interface CellOptions {
  readonly search: SearchOptions
  /** The policies under which to count states with and without each reduction too. By default none. */
  readonly reductions?: readonly PolicyName[]
  /** The policies for which to find what makes a cell safe. By default none. */
  readonly repair?: readonly PolicyName[]
  /** True to look for tasks that can starve, too. By default not. */
  readonly fair?: boolean
  /** Is told which cell is searched, and how far that is. */
  readonly onProgress: (cell: string, states: number, depth: number) => void
  /** Threads that help with the search of one cell. */
  readonly crew?: SearchOptions['crew']
  /** Makes what stops a scenario's code that does not come to its next step, or null where nothing has to. By default nothing does. */
  readonly watch?: ((scenario: Scenario) => Watch | null) | undefined
  /** Runs the search of one cell; by default at once. */
  readonly run?: ((search: Search) => Promise<SearchResult>) | undefined
}

/** A scenario under all policies given. @throws InputError as {@link checkCell} does. */
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

/** A scenario under one policy. @throws InputError as {@link checkCell} does. */
export async function cellOf(
  { scenario }: Case,
  policy: Policy,
  { search: options, reductions, repair, fair = false, onProgress, crew, watch, run }: CellOptions,
): Promise<Cell> {
  const inapplicable = scenario.inapplicable?.[policy.name]
  if (inapplicable !== undefined) return { policy: policy.name, inapplicable }
  const watcher = watch?.(scenario) ?? null
  const build = (relief: Relief | null): BuiltSubject =>
    watchedSubject(watcher, () => subjectOf(scenario, policy, [], relief))
  const machine = (): Machine => build(null).machine
  const name = `${scenario.name} under ${policy.name}`
  const whole: Whole = (act) => (watcher === null ? act() : watcher.whole(act))
  let isShown = true
  const begin = (): Begun => {
    const subject = build(null)
    const progress = (states: number, depth: number): void => {
      if (isShown) onProgress(name, states, depth)
    }
    return {
      subject,
      search: new Search(subject.machine, { ...options, crew, onProgress: progress }),
    }
  }
  /** Most searches are short. What may be thrown away shows nothing. */
  const quickly = (): Begun & { readonly known: Known | null } => {
    isShown = false
    const quick = whole(() => {
      const begun = begin()
      const result = shortResult(begun.search)
      return { ...begun, known: result === null ? null : knownOf(begun, result, build, whole) }
    })
    isShown = true
    const { known } = quick
    if (known !== null) onProgress(name, known.result.search.states, known.result.search.depth)
    return quick
  }
  try {
    const begun = run === undefined && crew === undefined ? quickly() : { ...begin(), known: null }
    const { search } = begun
    const { result, opinion, fates } =
      begun.known ?? knownOf(begun, await (run?.(search) ?? search.run()), build, whole)
    const isWrong = result.verdict === 'deadlock' || result.verdict === 'livelock'
    return {
      policy: policy.name,
      result,
      lockdep: opinion.splats,
      ...(opinion.complete ? {} : { lockdepStates: opinion.states }),
      ...(opinion.warnings.length === 0 ? {} : { warnings: opinion.warnings }),
      ...(fates === null ? {} : { fates }),
      ...(isWrong && repair?.includes(policy.name)
        ? { repairs: repairsOf(scenario, policy, options, watcher) }
        : {}),
      ...(fair ? { fairness: checkFairness(machine(), options) } : {}),
      ...(reductions?.includes(policy.name) ? { reductions: reductionsOf(machine, options) } : {}),
    }
  } catch (thrown) {
    throw asInput(thrown, scenario, policy)
  }
}

/** Runs work that can be done once more under one watch: see Watch of the checker. */
type Whole = <T>(act: () => T) => T

/** A search that was begun. */
interface Begun {
  readonly subject: BuiltSubject
  readonly search: Search
}

/** What a search has found, and what follows from it. */
interface Known {
  readonly result: CheckResult
  readonly opinion: Opinion
  /** Null where nothing is to be dissolved. */
  readonly fates: Fates | null
}

/** What follows from a search. @throws Misuse where the scenario is wrong. */
function knownOf(
  { subject, search }: Begun,
  found: SearchResult,
  build: (relief: Relief | null) => BuiltSubject,
  whole: Whole,
): Known {
  const machine = (): Machine => build(null).machine
  // First of all: where the scenario is wrong, this says where, and whoever walks through it later does not.
  const result = explained(subject, search, found)
  rehearsed(search, result, machine)
  const opinion = whole(() => opinionOf(machine))
  const isWrong = result.verdict === 'deadlock' || result.verdict === 'livelock'
  const token = result.counterexample?.token
  const fates =
    isWrong && token !== undefined
      ? whole(() => fatesOf(build, replay(machine(), token).steps))
      : null
  return { result, opinion, fates }
}

/** What lockdep says; nothing where there is no time left for it. */
function opinionOf(machine: () => Machine): Opinion {
  try {
    return lockdepOf(machine())
  } catch (thrown) {
    if (thrown instanceof Interrupted) {
      return { splats: [], warnings: [], order: [], states: 0, complete: false }
    }
    throw thrown
  }
}

/** Some executions of a scenario under all policies given. @throws InputError as {@link checkCell} does. */
export function sampledRow(
  each: Case,
  policies: readonly Policy[],
  options: WatchedSample,
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
  const { name, summary, source = '', history, values } = scenario
  return {
    number,
    name,
    summary,
    source,
    ...(history ? { history } : {}),
    ...(values ? { values } : {}),
  }
}
