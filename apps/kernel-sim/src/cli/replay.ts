/** `kernel-sim replay`: does again what a token of `check` says. */

import { Misuse } from '@scopemask/checker/machine'
import type { Command } from 'commander'
import { InputError } from '../input-error.js'
import { policyNamed } from '../kernel/policy.js'
import { counterexample, subjectOf } from '../matrix/subject.js'
import { counterexampleText } from '../report/check/text.js'
import { loadScenario } from './load-scenario.js'

export function replay(program: Command): void {
  program
    .command('replay')
    .summary('run one schedule again, step by step')
    .description('Runs the schedule of a token that check printed, and shows where it ends.')
    .argument('<SCENARIO>', 'the scenario that was checked')
    .argument('<POLICY>', 'the policy that it was checked under')
    .argument('<TOKEN>', 'the token')
    .action(run)
}

async function run(given: string, policy: string, token: string): Promise<void> {
  const { scenario } = await loadScenario(given)
  try {
    const subject = subjectOf(scenario, policyNamed(policy))
    process.stdout.write(counterexampleText(counterexample(subject, token)))
  } catch (thrown) {
    if (thrown instanceof Misuse || thrown instanceof RangeError)
      throw new InputError(thrown.message)
    throw thrown
  }
}
