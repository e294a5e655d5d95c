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
    .summary('run one schedule again and show where it ends')
    .description(
      'Runs the schedule that a token of kernel-sim check stands for, and shows its steps and where it ends.',
    )
    .argument('<SCENARIO>', 'the scenario that was checked')
    .argument('<POLICY>', 'the policy that it was checked under')
    .argument('<TOKEN>', 'the token that check printed')
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
