/** Subject: a scenario under a policy as a machine to check, and what the kernel has to say of what is found in it. */
import {
  counterexample as counterexampleOf,
  type Counterexample as Found,
  lookAround,
  sample as sampleMachine,
  tokenFound,
  type Waiting as WaitingTask,
} from '@scopemask/checker'
import { Interrupted, type Machine, Misuse, type Watch } from '@scopemask/checker/machine'
import {
  cycle,
  Execution,
  type SampleOptions,
  Search,
  type SearchOptions,
  type SearchResult,
  waiters,
} from '@scopemask/checker/search'
import { buildScenario } from '../kernel/build-scenario.js'
import { explain } from '../kernel/explain.js'
import type { Intervention } from '../kernel/intervention.js'
import { Kernel } from '../kernel/kernel.js'
import { settingsText } from '../kernel/parameters.js'
import type { Policy } from '../kernel/policy.js'
import type { Relief } from '../kernel/relief.js'
import type { Scenario } from '../kernel/scenario.js'
import type { Situations } from '../kernel/situations.js'
import { canEnd } from './can-end.js'

/** What is checked: the machine of a kernel. */
export interface Subject {
  readonly machine: Machine
  readonly kernel: Kernel
}

/** A subject that was built of a scenario. */
export interface BuiltSubject extends Subject {
  readonly policy: Policy
  /** What holds in a state. */
  readonly situations: Situations
}

/** A task that is not done, with the restrictions in force for it. */
export interface Waiting extends WaitingTask {
  /** The restrictions, as they are printed: `NOFS`, `NOIO`; empty when there are none. */
  readonly restrictions: string
}

/** A shortest schedule that goes wrong, who waits for whom at its end, and why. */
export interface Counterexample extends Omit<Found, 'waiting'> {
  /** Every task that is not done. */
  readonly waiting: readonly Waiting[]
  /** The one sentence that says why. */
  readonly why: string
}

export interface CheckResult {
  readonly verdict: SearchResult['verdict']
  readonly search: SearchResult
  readonly counterexample: Counterexample | null
}

/**
 * The machine of a scenario under a policy.
 * @param interventions changes to what the scenario builds: see kernel/intervention.ts.
 * @param relief what may come from outside: see kernel/relief.ts. By default nothing.
 * @throws Misuse when it cannot be built.
 */
export function subjectOf(
  scenario: Scenario,
  policy: Policy,
  interventions: readonly Intervention[] = [],
  relief: Relief | null = null,
): BuiltSubject {
  const kernel = new Kernel(policy, interventions, relief)
  kernel.machine.variant = settingsText(scenario.values ?? {})
  buildScenario(scenario, kernel)
  return { machine: kernel.seal(), kernel, policy, situations: kernel.situations }
}

/**
 * Makes a subject whose code is watched, while it is built too.
 * @param watch null where nobody watches.
 * @throws Misuse when it cannot be built, or does not come to the end of that.
 */
export function watchedSubject(watch: Watch | null, made: () => BuiltSubject): BuiltSubject {
  if (watch === null) return made()
  try {
    const subject = watch.run(made)
    subject.machine.watch = watch
    return subject
  } catch (thrown) {
    if (!(thrown instanceof Interrupted) || thrown.reason !== 'patience') throw thrown
    throw new Misuse('build does not come to its end: does it loop?', { cause: thrown })
  }
}

/** Checks a subject. @throws Misuse when the scenario is wrong, with the task, the place and the schedule. */
export function check(subject: Subject, options: SearchOptions = {}): CheckResult {
  const search = new Search(subject.machine, options)
  return explained(subject, search, search.run())
}

/** Explains what a search of a subject has come to. @throws Misuse as {@link check} does. */
export function explained(subject: Subject, search: Search, result: SearchResult): CheckResult {
  const token = tokenFound(search, result)
  return {
    verdict: result.verdict,
    search: result,
    counterexample: token === null ? null : counterexample(subject, token),
  }
}

/** Looks at some executions: the deadlock that one of them ended in, or null, which claims nothing. */
export function checkSample(subject: Subject, options: SampleOptions): Counterexample | null {
  const { counterexample: found } = sampleMachine(subject.machine, options)
  return found === null ? null : counterexample(subject, found.token)
}

/** What a token stands for. @throws Misuse when the token does not fit. */
export function counterexample({ machine, kernel }: Subject, token: string): Counterexample {
  const execution = new Execution(machine, lookAround(machine))
  const found = counterexampleOf(machine, token, execution)
  const waiting = waiters(execution)
  const circle = cycle(waiting)
  return {
    ...found,
    waiting: found.waiting.map((waiter, at) => ({
      ...waiter,
      restrictions: kernel.restrictionsName(
        kernel.restrictions(execution.row, waiting[at]?.task ?? 0),
      ),
    })),
    why:
      found.loop.length > 0 && canEnd(execution) !== false
        ? 'the last steps can be repeated for ever, and need not be: an end can still be reached'
        : explain(kernel, execution, circle.length > 0 ? circle : waiting).why,
  }
}
