/** Check: a model, from the search to what is known of it. */
import { type Counterexample, counterexample } from './counterexample.js'
import { Misuse, Violation } from './machine/errors.js'
import { Machine } from './machine/machine.js'
import type { Model } from './model/model.js'
import { assertOptions, type OptionKinds } from './options.js'
import { Execution, located } from './run/execution.js'
import { rehearse } from './run/rehearsal.js'
import { type SampleOptions, sample as sampleMachine } from './run/sample.js'
import { tokenOf } from './run/token.js'
import type { SearchResult, Verdict } from './search/result.js'
import { scheduleAlong, scheduleTo, wayTo } from './search/schedule.js'
import { Search } from './search/search.js'
import type { SearchOptions } from './search/search-options.js'

/** That a property which has to hold sometimes does: a shortest way to a state in which it holds. */
export interface Witness {
  /** The name of the property. */
  readonly claim: string
  /** The schedule that leads there, as a text for `replay`. */
  readonly token: string
}

/** What a check has found. */
export interface CheckResult {
  /** What is known of the model: see {@link Verdict}. */
  readonly verdict: Verdict
  /** What is claimed and does not hold, when the verdict is `violation`; else empty. */
  readonly claim: string
  /** Null when nothing was found; of a property that never holds there is none either. */
  readonly counterexample: Counterexample | null
  /** For each property that has to hold sometimes and does, a shortest way to where it holds. */
  readonly witnesses: readonly Witness[]
  /** How many states were visited: all that can be reached, when the verdict is `safe`. */
  readonly states: number
  /** What the search counted: states, transitions, depth, the limit that stopped it, memory and time. */
  readonly search: SearchResult
}

const SEARCH_OPTIONS: OptionKinds<Required<SearchOptions>> = {
  maxStates: 'a number above 0',
  maxDepth: 'a number above 0',
  maxSeconds: 'a number from 0',
  maxMegabytes: 'a number above 0',
  maxGigabytes: 'a number above 0',
  partialOrder: 'true or false',
  symmetry: 'true or false',
  allDeadlocks: 'true or false',
  livelocks: 'true or false',
  hashCompact: 'true or false',
  allows: 'a function',
  from: 'an object',
  store: 'an object',
  crew: 'an object',
  onProgress: 'a function',
}

const SAMPLE_OPTIONS: OptionKinds<Required<SampleOptions>> = {
  strategy: 'random or pct',
  executions: 'a number above 0',
  seed: 'a number above 0',
  maxSteps: 'a number above 0',
  changes: 'a number from 0',
}

/**
 * Checks a model in all interleavings.
 * @throws Misuse when the model is wrong, with the task and the place.
 */
export function check(subject: Model | Machine, options: SearchOptions = {}): CheckResult {
  assertOptions('check()', options, SEARCH_OPTIONS)
  const search = new Search(machineOf(subject), options)
  const result = explained(search, search.run())
  if (!(subject instanceof Machine)) rehearsed(search, result, () => subject.machine())
  return result
}

/**
 * Rehearses what a search has called free of faults: that no task depends on JavaScript variables to which others write.
 * @param build makes the machine anew.
 * @throws Misuse when one does.
 */
export function rehearsed(
  { machine, stepper }: Search,
  { verdict }: Pick<CheckResult, 'verdict'>,
  build: () => Machine,
): void {
  if (verdict === 'safe' || verdict === 'safe*') rehearse(machine, stepper.programs, build)
}

/** The machine of a model, or a machine itself. @throws Misuse when the model cannot be built. */
export function machineOf(subject: Model | Machine): Machine {
  if (subject instanceof Machine) return subject
  if (typeof subject?.machine !== 'function') {
    throw new Misuse(`${String(subject)} is not a model: make one, model(name, (build) => { ... })`)
  }
  return subject.machine()
}

/** Explains what a search has come to. @throws Misuse as {@link check} does. */
export function explained(search: Search, result: SearchResult): CheckResult {
  const { machine } = search
  const token = tokenFound(search, result)
  const tokens = witnessTokens(search, result)
  const missing = machine.properties.find(
    ({ kind }, index) => kind === 'sometimes' && result.witnesses[index] === null,
  )
  return {
    verdict: result.verdict,
    claim: result.violation?.claim ?? (result.verdict === 'violation' ? (missing?.name ?? '') : ''),
    counterexample: token === null ? null : counterexample(machine, token),
    witnesses: tokens,
    states: result.states,
    search: result,
  }
}

/** The token of what a search has found, or null when it found nothing. @throws Misuse as {@link check} does. */
export function tokenFound(search: Search, result: SearchResult): string | null {
  if (result.misuse) throw misuse(search, result.misuse)
  const { machine } = search
  const end = result.violation?.state ?? result.deadlocks[0]
  if (end !== undefined) return tokenOf(machine, scheduleTo(search, end))
  const [first, ...loop] = result.loop
  if (first === undefined) return null
  const way = wayTo(search, first)
  const schedule = scheduleAlong(search, [...way, ...loop])
  const before = schedule.slice(0, way.length - 1).flat()
  return tokenOf(machine, schedule.flat(), before.length)
}

function witnessTokens(search: Search, { witnesses }: SearchResult): Witness[] {
  const { machine } = search
  return machine.properties.flatMap(({ name }, index) => {
    const state = witnesses[index] ?? null
    return state === null
      ? []
      : [{ claim: name, token: tokenOf(machine, scheduleTo(search, state)) }]
  })
}

/** What some executions have shown. */
export interface SampleResult {
  /** What was found: a deadlock, or a violation of what is claimed. Null claims nothing. */
  readonly verdict: 'deadlock' | 'violation' | null
  /** What is claimed and does not hold, when the verdict is `violation`; else empty. */
  readonly claim: string
  /** Not a shortest one. */
  readonly counterexample: Counterexample | null
}

/**
 * Looks at some executions of a model that is too large to search.
 * @throws Misuse when the model is wrong, with the task and the place.
 */
export function sample(subject: Model | Machine, options: SampleOptions): SampleResult {
  assertOptions('sample()', options, SAMPLE_OPTIONS, ['strategy', 'executions', 'seed'])
  const machine = machineOf(subject)
  const { found } = sampleMachine(machine, options)
  if (found === null) return { verdict: null, claim: '', counterexample: null }
  const { execution, claim } = found
  return {
    verdict: claim === null ? 'deadlock' : 'violation',
    claim: claim ?? '',
    counterexample: counterexample(machine, tokenOf(machine, execution.steps)),
  }
}

/** Finds the task that broke a rule, and says where it was. */
export function misuse(
  search: Search,
  { error, state }: NonNullable<SearchResult['misuse']>,
): Misuse {
  const execution = new Execution(search.machine)
  for (const { task, outcome } of scheduleTo(search, state)) execution.step(task, outcome)
  for (const { index } of search.machine.tasks) {
    // The wrong step may come after others that the search takes together with one that is right.
    for (let outcome = 0; outcome < (execution.next(index)?.outcomes ?? 0); outcome++) {
      const attempt = new Execution(search.machine)
      for (const step of execution.steps) attempt.step(step.task, step.outcome)
      const wrong = firstMisuse(attempt, index, outcome)
      if (wrong) return wrong
    }
  }
  return error
}

/** Lets a task go on until it breaks a rule, at most to its next step that others could see. */
function firstMisuse(execution: Execution, task: number, outcome: number): Misuse | null {
  try {
    if (!execution.step(task, outcome)) return null
    while (execution.next(task)?.object === null || execution.next(task)?.conflicts !== -1) {
      if (!execution.step(task)) return null
    }
    return null
  } catch (thrown) {
    if (thrown instanceof Misuse) return located(thrown, execution, task)
    // An assertion that does not hold breaks no rule.
    if (thrown instanceof Violation) return null
    throw thrown
  }
}
