/** `kernel-sim replay`: does again what a token of `check` says. */

import { Misuse } from '@scopemask/checker/machine'
import type { Command } from 'commander'
import { InputError } from '../input-error.js'
import {
  type Chosen,
  combinations,
  type ParameterValues,
  settingsText,
} from '../kernel/parameters.js'
import { type Policy, policyNamed } from '../kernel/policy.js'
import { type Scenario, withValues } from '../kernel/scenario.js'
import {
  type Counterexample,
  counterexample,
  subjectOf,
  watchedSubject,
} from '../matrix/subject.js'
import { counterexampleText } from '../report/check/text.js'
import { setOptions } from '../report/check/titled.js'
import { loadScenario } from './load-scenario.js'
import { setOption } from './set-option.js'
import { watchOf } from './watch.js'

/** With how many combinations of parameters a token is tried that does not fit. */
const MOST_TRIES = 1000

const DETAILS = `
A file that was written with a schedule, as kernel-sim simulate --write-scenario writes them, needs
no POLICY and TOKEN.

Exit status: 0 when the schedule was run; 2 when SCENARIO cannot be loaded or TOKEN does not fit it.

Examples:
  kernel-sim replay cil-push scope 00001222622S1c2
  kernel-sim replay ./hang.ts
`

export function replay(program: Command): void {
  program
    .command('replay')
    .summary('run one schedule again and show where it ends')
    .description(
      'Runs the schedule that a token of kernel-sim check stands for, and shows its steps and where it ends. ' +
        'A scenario with parameters needs the same --set as that check had.',
    )
    .argument('<SCENARIO>', 'the scenario that was checked')
    .argument('[POLICY]', 'the policy that it was checked under')
    .argument('[TOKEN]', 'the token that check printed')
    .addOption(setOption())
    .addHelpText('after', DETAILS)
    .action(run)
}

async function run(
  given: string,
  policy: string | undefined,
  token: string | undefined,
  { set }: { readonly set: Chosen },
): Promise<void> {
  const { scenario } = await loadScenario(given, set)
  if (policy !== undefined && token === undefined) {
    throw new InputError(`there is no TOKEN behind ${policy}: give both, or neither`)
  }
  const schedule =
    policy !== undefined && token !== undefined ? { policy, token } : scenario.schedule
  if (schedule === undefined) {
    throw new InputError(
      `${given} comes without a schedule: say which, kernel-sim replay ${given} POLICY TOKEN, as kernel-sim check prints them`,
    )
  }
  try {
    const found = replayed(scenario, policyNamed(schedule.policy), schedule.token)
    process.stdout.write(counterexampleText(found))
  } catch (thrown) {
    if (thrown instanceof Misuse || thrown instanceof RangeError)
      throw new InputError(thrown.message)
    throw thrown
  }
}

/** @throws Misuse when the token does not fit; where it is of other parameters, it says of which. */
function replayed(scenario: Scenario, policy: Policy, token: string): Counterexample {
  const { parameters, values } = scenario
  try {
    return watchedCounterexample(scenario, policy, token)
  } catch (thrown) {
    if (parameters === undefined || values === undefined || !(thrown instanceof Misuse))
      throw thrown
    const tried = `the parameters were ${settingsText(values)}`
    for (const other of firstOf(combinations(parameters), MOST_TRIES)) {
      if (fits(scenario, { policy, token, values: other })) {
        throw new Misuse(
          `the token is of ${settingsText(other)}, and ${tried}: replay it with${setOptions(other)}`,
        )
      }
    }
    throw new Misuse(`${thrown.message} (${tried})`)
  }
}

/** The first ones of what may be many. */
function* firstOf<T>(all: Iterable<T>, most: number): Generator<T> {
  let count = 0
  for (const each of all) {
    if (count++ === most) return
    yield each
  }
}

/** Returns true if a token is of a scenario with these values. */
function fits(
  scenario: Scenario,
  of: { readonly policy: Policy; readonly token: string; readonly values: ParameterValues },
): boolean {
  try {
    watchedCounterexample(withValues(scenario, of.values), of.policy, of.token)
    return true
  } catch (thrown) {
    if (thrown instanceof Misuse) return false
    throw thrown
  }
}

/** What a token stands for; code of the scenario that loops without a step is stopped. @throws Misuse as counterexample() does */
function watchedCounterexample(scenario: Scenario, policy: Policy, token: string): Counterexample {
  const subject = watchedSubject(watchOf()(scenario), () => subjectOf(scenario, policy))
  return counterexample(subject, token)
}
