/** `kernel-sim check`: scenarios in all interleavings. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { InputError } from '../audit/read/input-error.js'
import type { Strategy } from '../check/sample.js'
import type { SearchOptions } from '../check/search.js'
import { POLICIES, type Policy, policyNamed } from '../kernel/kernel.js'
import { checkJson } from '../report/check-json.js'
import { answerMarkdown } from '../report/check-markdown.js'
import { answerOf } from '../report/check-report.js'
import { answerText, matrixText, resultText, sampleText } from '../report/check-text.js'
import { CASES } from '../scenarios/catalogue.js'
import { EXIT } from './exit-status.js'
import { loadScenario } from './load-scenario.js'
import { rowOf, sampleScenario } from './run-check.js'

interface Options {
  readonly policy?: Policy
  readonly json?: true
  readonly answer?: true
  readonly lockdep?: true
  readonly sample?: number
  readonly strategy: Strategy
  readonly seed: number
  readonly maxStates?: number
  readonly maxDepth?: number
  readonly maxSeconds?: number
  readonly maxMegabytes?: number
  readonly partialOrder: boolean
  readonly symmetry: boolean
}

const DETAILS = `
Without SCENARIO all bundled cases are checked under all policies, and the answer is given that they add up
to. SCENARIO is the name or number of a bundled one, or the path of a file of your own (TypeScript or
JavaScript) with a scenario as its default export.

Exit status: 0 when all was searched and safe, or without SCENARIO; 1 when SCENARIO has a deadlock or a livelock, or
a limit stopped the search; 2 when SCENARIO cannot be loaded or breaks a rule.

Examples:
  kernel-sim check
  kernel-sim check cil-push --policy convey-on-queue
  kernel-sim check ./my-driver.ts --json
  kernel-sim check ./too-large.ts --sample 10000 --seed 7`

export function check(program: Command): void {
  program
    .command('check')
    .summary('search all interleavings of kernel paths for deadlocks and livelocks')
    .description(
      'Runs tasks, workers and kernel threads of a scenario in all interleavings, with and without memory\n' +
        'pressure at each allocation, and says whether they always come to an end.',
    )
    .argument('[SCENARIO]', 'a bundled scenario or a file')
    .option('--policy <name>', 'only under this policy', named)
    .option('--json', 'print the results as JSON')
    .option('--answer', 'print the answer to the question of 2016 as a page of Markdown')
    .option('--lockdep', 'print what lockdep reports of SCENARIO too')
    .option('--sample <n>', 'do not search: look at so many executions of SCENARIO', positive)
    .addOption(
      new Option('--strategy <name>', 'how a sample schedules')
        .choices(['random', 'pct'])
        .default('pct'),
    )
    .option('--seed <n>', 'which sample', positive, 1)
    .option('--max-states <n>', 'stop after so many states', positive)
    .option('--max-depth <n>', 'stop at so many steps', positive)
    .option('--max-seconds <n>', 'stop after so many seconds', positive)
    .option('--max-megabytes <n>', 'stop when states take so much memory', positive)
    .option('--no-partial-order', 'search interleavings that make no difference too')
    .option('--no-symmetry', 'tell states apart that differ only in names')
    .addHelpText('after', DETAILS)
    .action(run)
}

async function run(given: string | undefined, options: Options): Promise<void> {
  if (options.answer && (given !== undefined || options.policy)) {
    throw new InputError('--answer is about all bundled cases under all policies')
  }
  const policies = options.policy ? [options.policy] : POLICIES
  const limits = searchOptions(options)
  if (given === undefined) {
    const rows = CASES.map((each) => rowOf(each, policies, limits))
    const complete = options.policy === undefined
    if (options.answer) process.stdout.write(answerMarkdown(rows, answerOf(rows)))
    else if (options.json) process.stdout.write(checkJson(rows, complete))
    else {
      process.stdout.write(
        `${matrixText(rows)}${complete ? `\n${answerText(answerOf(rows))}` : ''}`,
      )
    }
    return
  }
  if (options.sample !== undefined) {
    const { strategy, seed, sample: executions } = options
    const { scenario } = await loadScenario(given)
    for (const policy of policies) {
      const found = sampleScenario(scenario, policy, { strategy, seed, executions })
      process.stdout.write(sampleText(scenario.name, policy.name, executions, found))
      if (found) process.exitCode = EXIT.found
    }
    return
  }
  const row = rowOf(await loadScenario(given), policies, limits)
  if (options.json) process.stdout.write(checkJson([row], false))
  else {
    const texts = row.cells.map(({ policy, inapplicable, result, lockdep = [] }) =>
      result
        ? resultText(row.name, policy, result) + (options.lockdep ? lockdep.join('') : '')
        : `${row.name} under ${policy}: makes no sense, ${inapplicable}\n`,
    )
    process.stdout.write(texts.join('\n'))
  }
  if (row.cells.some(({ result }) => result && result.verdict !== 'safe')) {
    process.exitCode = EXIT.found
  }
}

function searchOptions(options: Options): SearchOptions {
  const { maxStates, maxDepth, maxSeconds, maxMegabytes, partialOrder, symmetry } = options
  return {
    partialOrder,
    symmetry,
    ...(maxStates === undefined ? {} : { maxStates }),
    ...(maxDepth === undefined ? {} : { maxDepth }),
    ...(maxSeconds === undefined ? {} : { maxSeconds }),
    ...(maxMegabytes === undefined ? {} : { maxMegabytes }),
  }
}

function named(name: string): Policy {
  try {
    return policyNamed(name)
  } catch (thrown) {
    throw new InvalidArgumentError(thrown instanceof Error ? thrown.message : '')
  }
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,11}$/.test(text))
    throw new InvalidArgumentError('It takes a whole number from 1.')
  return Number(text)
}
