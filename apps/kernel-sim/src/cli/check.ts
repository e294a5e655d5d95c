/** `kernel-sim check`: scenarios in all interleavings. */

import type { SampleOptions, Strategy } from '@scopemask/checker/search'
import { DEFAULT_LIMITS, type SearchOptions } from '@scopemask/checker/search'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { refuseExisting, writeNewFile } from '../disk.js'
import { InputError } from '../input-error.js'
import type { Chosen } from '../kernel/parameters.js'
import { POLICIES, type Policy, type PolicyName, policyNamed } from '../kernel/policy.js'
import { printSplat } from '../lockdep/print-splat.js'
import { answerOf } from '../matrix/answer.js'
import type { CaseRow, Cell } from '../matrix/cell.js'
import { type CellOptions, rowOf, sampledRow } from '../matrix/cell.js'
import { type Exhibit, exhibitsOf } from '../matrix/exhibit.js'
import { fairnessText, starvationsText } from '../report/check/fairness.js'
import { exhibitDot } from '../report/check/graphs.js'
import { checkJson } from '../report/check/json.js'
import { answerMarkdown } from '../report/check/markdown.js'
import { checkPage } from '../report/check/page.js'
import { perfettoTrace } from '../report/check/perfetto.js'
import { repairsText } from '../report/check/repair.js'
import {
  answerText,
  leastRepairsText,
  matrixText,
  reductionsText,
  resultText,
  sampleText,
} from '../report/check/text.js'
import { titled } from '../report/check/titled.js'
import { pageHtml } from '../report/form/html-page.js'
import { number } from '../report/form/numbers.js'
import { CASES, type Case } from '../scenarios/catalogue.js'
import { rowsInThreads } from './cells.js'
import { runWithCheckpoint } from './checkpoint.js'
import { EXIT } from './exit-status.js'
import { loadScenario } from './load-scenario.js'
import { Progress } from './progress.js'
import { noProgressOption, progressOption } from './progress-options.js'
import { identityOf } from './search-identity.js'
import { withThreads } from './search-threads.js'
import { setOption } from './set-option.js'
import { type StatesOnDisk, unfinishedSearches, withStatesOnDisk } from './states-on-disk.js'
import { watchOf } from './watch.js'

interface Options {
  readonly set: Chosen
  readonly policy?: Policy
  readonly json?: true
  readonly answer?: true
  readonly html?: true
  readonly dot?: true
  readonly perfetto?: string
  readonly lockdep?: true
  readonly repair?: true
  readonly fair?: true
  readonly reductions?: true
  readonly times?: boolean
  readonly progress?: boolean
  readonly sample?: number
  readonly workers: number
  readonly checkpoint?: string
  readonly checkpointEvery?: number
  readonly hashCompact?: true
  readonly disk?: string
  readonly strategy: Strategy
  readonly seed: number
  readonly maxStates: number
  readonly maxDepth: number
  readonly maxSeconds: number
  readonly maxMegabytes: number
  readonly maxGigabytes: number
  readonly partialOrder: boolean
  readonly symmetry: boolean
}

/** How often a search is saved in a file, in seconds. */
const CHECKPOINT_EVERY = 60
/** More threads than that only wait for memory. */
const MAX_THREADS = 64

const DETAILS = `
Without SCENARIO, all bundled cases are checked under all policies, and the output ends with the
answer that they add up to. SCENARIO is the name or number of a bundled case, or the path of your
own file (TypeScript or JavaScript) whose default export is a scenario.

Policies, all of them by default:
${policyLines()}

--repair finds all minimal sets of changes that make an unsafe cell safe: GFP_NOFS or GFP_NOIO at an
allocation, a scope in a work function, around a task or while it holds a lock, conveying with one
item, WQ_MEM_RECLAIM for a queue, a queue for one item alone. Each is proved by a search, and none
of its parts can be left out.

What is proved is that from every state an end can be reached, not that it is. --fair asks for more,
as a property of its own: that each task comes to its end, and each kernel thread to rest again and
again, whatever a scheduler does that is weakly fair, which means that it passes over no task for
ever that could go on all the time. It finds tasks that starve: they wait for what is given and
taken again, or go round for ever. Locks give way to anybody who waits, as in the models; the
kernel's mutexes and semaphores hand over to whoever has waited long.

Code of a SCENARIO that takes seconds for a step is stopped and named: it loops without yield*.

When a limit stops a search, the verdict is bounded, which claims nothing.

--hash-compact keeps 64 bits of each state, for searches that do not fit into memory. Two states
with the same 64 bits count as one, so states can be missed; the verdict is then safe*, with how
likely that is at most. It looks for no livelocks. A deadlock that it finds is one.

--disk keeps the states in files, in a folder of their own in FOLDER, and takes --max-megabytes of
memory. No state is missed; livelocks are not looked for. A state takes some 30 to 50 bytes of the
disk. There is no limit of states but the one that is given. The files are removed when there is a
verdict. Where the search is stopped before that, by Ctrl-C, kill -9, a limit, a full disk or a
computer that stops, they stay, and the same command goes on from them.

Exit status: 0 when SCENARIO is safe or safe*, or was not given; 1 when it has a deadlock or a
livelock, with --fair a task that can starve, or a limit stopped the search; 2 when it cannot be
loaded or breaks a rule.

Examples:
  kernel-sim check
  kernel-sim check cil-push --policy convey-on-queue
  kernel-sim check cil-push --policy scope --repair
  kernel-sim check ./my-driver.ts --json
  kernel-sim check ./my-driver.ts --set writers=2
  kernel-sim check ./my-driver.ts --policy scope --fair
  kernel-sim check ./large.ts --policy scope --workers 4 --checkpoint large.checkpoint
  kernel-sim check ./too-large.ts --policy scope --disk /mnt/large --max-gigabytes 40
  kernel-sim check ./too-large.ts --policy scope --hash-compact --max-states 100000000
  kernel-sim check ./too-large.ts --sample 10000 --seed 7`

/** The policies and what they are, a line each. */
function policyLines(): string {
  const width = Math.max(...POLICIES.map(({ name }) => name.length))
  return POLICIES.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n')
}

export function check(program: Command): void {
  program
    .command('check')
    .summary('search all interleavings of kernel paths for deadlocks and livelocks')
    .description(
      'Runs the tasks, workers and kernel threads of a scenario in all interleavings, with and without ' +
        'memory pressure at each allocation, and says whether an end can be reached from every state: where nobody ' +
        'can move there is a deadlock, where some can only go round for ever a livelock. A task that others could pass ' +
        'over for ever, but need not, is safe; --fair looks for those.',
    )
    .argument('[SCENARIO]', 'the name or number of a bundled case, or a file')
    .option('--policy <name>', 'check under this policy only', named)
    .addOption(setOption())
    .option('--json', 'print the results as JSON (schema: schemas/check.schema.json)')
    .addOption(
      new Option(
        '--html',
        'print the results as one HTML page with pictures of the counterexamples',
      ).conflicts(['json', 'answer', 'sample']),
    )
    .addOption(
      new Option(
        '--dot',
        'print the wait-for and lock order graphs of each counterexample as DOT, for graphviz',
      ).conflicts(['json', 'answer', 'html', 'sample']),
    )
    .addOption(
      new Option(
        '--perfetto <FILE>',
        'also write the counterexamples of SCENARIO as a trace for ui.perfetto.dev',
      ).conflicts('sample'),
    )
    .option('--answer', 'print the answer to the question of 2016 as Markdown (docs/answer.md)')
    .option('--lockdep', 'also print what lockdep reports about SCENARIO')
    .option('--repair', 'also find the least that makes each unsafe cell safe')
    .addOption(
      new Option('--fair', 'also look for tasks that can starve under weak fairness').conflicts([
        'answer',
        'sample',
      ]),
    )
    .option('--reductions', 'also count the states with and without each reduction')
    .option('--times', 'print how long each case took, even where the output is not a terminal')
    .option('--no-times', 'do not print how long each case took')
    .addOption(progressOption())
    .addOption(noProgressOption())
    .option('--sample <n>', 'look at n executions of SCENARIO instead of searching all', positive)
    .addOption(
      new Option('--strategy <name>', 'how --sample chooses the next task')
        .choices(['random', 'pct'])
        .default('pct'),
    )
    .option('--seed <n>', 'makes --sample choose other executions', positive, 1)
    .option('--workers <n>', 'search with n threads; the result is the same', threads, 1)
    .option('--checkpoint <file>', 'save the search in this file now and then, and go on from it')
    .option(
      '--checkpoint-every <seconds>',
      'how often the search is saved (default: 60; with --disk as often as takes a fiftieth of the time)',
      seconds,
    )
    .addOption(
      new Option(
        '--hash-compact',
        'keep hashes of states instead of states: less memory, and no proof (safe*)',
      ).conflicts(['checkpoint', 'workers', 'sample', 'repair', 'fair', 'reductions', 'answer']),
    )
    .addOption(
      new Option(
        '--disk <FOLDER>',
        'keep states in files in this folder instead of in memory',
      ).conflicts([
        'hashCompact',
        'checkpoint',
        'workers',
        'sample',
        'repair',
        'fair',
        'reductions',
        'answer',
      ]),
    )
    .option('--max-states <n>', 'stop after n states', positive, DEFAULT_LIMITS.maxStates)
    .addOption(
      new Option('--max-depth <n>', 'do not go deeper than n steps')
        .argParser(positive)
        .default(DEFAULT_LIMITS.maxDepth, 'unlimited'),
    )
    .addOption(
      new Option('--max-seconds <n>', 'stop each search after n seconds')
        .argParser(seconds)
        .default(DEFAULT_LIMITS.maxSeconds, 'unlimited'),
    )
    .option(
      '--max-megabytes <n>',
      'stop before the states take more than n megabytes',
      positive,
      DEFAULT_LIMITS.maxMegabytes,
    )
    .addOption(
      new Option(
        '--max-gigabytes <n>',
        'stop before the files of --disk take more than n gigabytes',
      )
        .argParser(positive)
        .default(DEFAULT_LIMITS.maxGigabytes, 'unlimited'),
    )
    .option('--no-partial-order', 'also search interleavings that make no difference')
    .option(
      '--no-symmetry',
      'also tell apart states that differ only in which of several like tasks is which',
    )
    .addHelpText('after', DETAILS)
    .action(run)
}

async function run(given: string | undefined, said: Options, command: Command): Promise<void> {
  const options = withoutLimitOfStates(said, command)
  if (options.answer && (given !== undefined || options.policy)) {
    throw new InputError('--answer is about all bundled cases under all policies')
  }
  if (options.repair && options.sample !== undefined) {
    throw new InputError('--repair needs a search: it does not go with --sample')
  }
  if (given === undefined && options.sample !== undefined) {
    throw new InputError('--sample needs a SCENARIO')
  }
  if (options.checkpoint !== undefined) {
    if (given === undefined || options.policy === undefined || options.sample !== undefined) {
      throw new InputError('--checkpoint is about one search: it needs a SCENARIO and a --policy')
    }
  }
  if (given === undefined) {
    if (options.perfetto !== undefined) throw new InputError('--perfetto needs a SCENARIO')
    if (Object.keys(options.set).length > 0) throw new InputError('--set needs a SCENARIO')
    if (options.hashCompact) throw new InputError('--hash-compact needs a SCENARIO')
    if (options.disk !== undefined) throw new InputError('--disk needs a SCENARIO')
    return checkAll(options)
  }
  const { perfetto } = options
  if (perfetto !== undefined) refuseExisting(perfetto)
  const found = await loadScenario(given, options.set)
  const rows =
    options.sample === undefined
      ? await checkedRows(new Map([[given, found]]), options)
      : [
          sampledRow(found, policiesOf(options), {
            ...sampleOptions(options, options.sample),
            watch: watchOf({ maxSeconds: options.maxSeconds }),
          }),
        ]
  const tells = options.json || options.html || options.dot || perfetto !== undefined
  const exhibits = tells ? rows.flatMap((row) => exhibitsOf(row, found.scenario, 'all')) : []
  if (perfetto !== undefined) writeTrace(perfetto, exhibits)
  if (options.json) {
    const sample = options.sample === undefined ? undefined : sampleOptions(options, options.sample)
    process.stdout.write(checkJson(rows, { exhibits, sample }))
  } else if (options.html) process.stdout.write(pageHtml(checkPage(rows, exhibits, false)))
  else if (options.dot) process.stdout.write(exhibits.map(exhibitDot).join(''))
  else process.stdout.write(rows.map((row) => rowText(row, options)).join('\n'))
  if (rows.some(({ cells }) => cells.some(isFound))) process.exitCode = EXIT.found
}

function writeTrace(file: string, exhibits: readonly Exhibit[]): void {
  if (exhibits.length === 0) {
    throw new InputError('no counterexample was found: there is nothing to write a trace of')
  }
  writeNewFile(file, perfettoTrace(exhibits))
  process.stderr.write(`The trace is in ${file}: open it in ui.perfetto.dev. A step takes 1 us.\n`)
}

/** All bundled cases: the matrix, and what it adds up to. */
async function checkAll(options: Options): Promise<void> {
  const started = performance.now()
  const rows = await checkedRows(new Map(CASES.map((each) => [each.number, each])), options)
  process.stdout.write(allCases(rows, options))
  if (options.answer || options.json || options.html || options.dot) return
  // Not on standard output, which is the same each time.
  const seconds = (performance.now() - started) / 1000
  process.stderr.write(`checked ${rows.length} cases in ${seconds.toFixed(1)} s\n`)
}

/** What is printed of all bundled cases. */
type AllCasesOptions = Partial<
  Pick<
    Options,
    'policy' | 'answer' | 'json' | 'html' | 'dot' | 'times' | 'repair' | 'fair' | 'reductions'
  >
>

/** All bundled cases in the form asked for. */
export function allCases(rows: readonly CaseRow[], options: AllCasesOptions): string {
  const complete = options.policy === undefined
  const exhibits =
    options.json || options.html || options.dot
      ? rows.flatMap((row, at) => {
          const scenario = CASES[at]?.scenario
          return scenario === undefined ? [] : exhibitsOf(row, scenario, 'smallest')
        })
      : []
  if (options.answer) return answerMarkdown(rows, answerOf(rows))
  if (options.json) {
    return checkJson(rows, { exhibits, ...(complete ? { answer: answerOf(rows) } : {}) })
  }
  if (options.html) return pageHtml(checkPage(rows, exhibits, complete))
  if (options.dot) return exhibits.map(exhibitDot).join('')
  const parts = [matrixText(rows, options.times ?? process.stdout.isTTY === true)]
  if (options.repair) parts.push(leastRepairsText(rows))
  if (options.fair) parts.push(starvationsText(rows))
  if (options.reductions) parts.push(reductionsText(rows))
  if (complete) parts.push(answerText(answerOf(rows)))
  return parts.join('\n')
}

/** One scenario in the form asked for. */
function rowText(row: CaseRow, options: Options): string {
  const { sample } = options
  const title = titled(row)
  const texts = row.cells.map((cell) => {
    const {
      policy,
      inapplicable,
      result,
      sampled,
      lockdep = [],
      warnings = [],
      fates,
      fairness,
      repairs,
    } = cell
    if (sampled !== undefined) return sampleText(title, policy, sample ?? 0, sampled)
    if (result === undefined)
      return `${title} under ${policy}: the policy does not apply: ${inapplicable}\n`
    const splats = options.lockdep ? lockdep.map(printSplat) : []
    const warned = warnings.map((warning) => `\nWARNING: ${warning}\n`)
    const partly =
      options.lockdep && cell.lockdepStates !== undefined
        ? [`\nlockdep was shown the steps of ${cell.lockdepStates} states, which are not all.\n`]
        : []
    const repaired = repairs ? [`\n${repairsText(title, policy, repairs)}`] : []
    return [
      resultText(title, policy, result, fates),
      ...warned,
      ...splats,
      ...partly,
      ...(fairness ? [`\n${fairnessText(title, policy, fairness)}`] : []),
      ...repaired,
    ].join('')
  })
  if (options.reductions) texts.push(reductionsText([row]))
  if (options.times) texts.push(`${row.seconds.toFixed(2)} s\n`)
  return texts.join('\n')
}

function isFound({ result, sampled, fairness }: Cell): boolean {
  if (fairness !== undefined && fairness.verdict !== 'fair') return true
  return sampled !== undefined
    ? sampled !== null
    : result !== undefined && result.verdict !== 'safe' && result.verdict !== 'safe*'
}

/**
 * Searches, and shows how far that is where somebody looks. Several threads take a cell each; a single cell they search
 * together.
 */
async function checkedRows(
  cases: ReadonlyMap<string, Case>,
  options: Options,
): Promise<readonly CaseRow[]> {
  const { disk } = options
  if (disk === undefined) return rowsOf(cases, policiesOf(options), options, null)
  const rows: CaseRow[] = []
  for (const [given, found] of cases) rows.push(await rowOnDisk(given, found, disk, options))
  return rows
}

/** Searches a scenario under one policy after the other, each with files of its own. */
async function rowOnDisk(
  given: string,
  found: Case,
  folder: string,
  options: Options,
): Promise<CaseRow> {
  const { maxMegabytes, checkpointEvery: every = null } = options
  const searches = policiesOf(options).map((policy) => ({
    policy,
    identity: identityOf(given, found, { ...options, policy }),
  }))
  const left = unfinishedSearches(
    folder,
    searches.map(({ identity }) => identity),
  )
  const rows: CaseRow[] = []
  for (const { policy, identity } of searches) {
    const unfinished = left.find(({ about }) => about.policy === policy.name) ?? null
    const onDisk = { folder, maxMegabytes, identity, every, unfinished }
    rows.push(
      ...(await withStatesOnDisk(onDisk, (states) =>
        rowsOf(new Map([[given, found]]), [policy], options, states),
      )),
    )
  }
  const [first] = rows
  if (first === undefined) throw new Error('there is no policy')
  return {
    ...first,
    cells: rows.flatMap(({ cells }) => cells),
    seconds: rows.reduce((sum, { seconds }) => sum + seconds, 0),
  }
}

/** @param states where the states are kept, if that is not in memory. */
async function rowsOf(
  cases: ReadonlyMap<string, Case>,
  policies: readonly Policy[],
  options: Options,
  states: StatesOnDisk | null,
): Promise<readonly CaseRow[]> {
  const search = { ...searchOptions(options), ...(states ? { store: states.store } : {}) }
  const { workers } = options
  const reductions = policiesFor(options.reductions, options.answer)
  const repair = policiesFor(options.repair, options.answer)
  const fair = options.fair === true
  const progress = new Progress(process.stderr, options.progress)
  try {
    if (workers > 1 && cases.size * policies.length > 1) {
      return await rowsInThreads(
        workers,
        cases,
        policies,
        { set: options.set, search, reductions, repair, fair },
        (done, all) => progress.say(() => `${number(done)} of ${number(all)} cells checked`),
      )
    }
    const onProgress = (cell: string, states: number, depth: number): void =>
      progress.say(() => `${cell}: ${number(states)} states, ${number(depth)} steps deep`)
    const rows: CaseRow[] = []
    for (const [given, found] of cases) {
      const [policy] = policies
      const run = states?.run ?? checkpointOf(given, found, options)
      const watch = watchOf({ maxSeconds: options.maxSeconds })
      const searched = async (crew?: CellOptions['crew']): Promise<CaseRow> => {
        const cells = { search, reductions, repair, fair, onProgress, crew, watch, run }
        const row = await rowOf(found, policies, cells)
        progress.done()
        return row
      }
      if (workers > 1 && policy) {
        const cell = { given, set: options.set, policy: policy.name }
        rows.push(await withThreads({ threads: workers, cell, reductions: options }, searched))
      } else rows.push(await searched())
    }
    return rows
  } finally {
    progress.done()
  }
}

/** How a search goes on from a file and writes to it, if that was asked for. */
function checkpointOf(given: string, found: Case, options: Options): CellOptions['run'] {
  const { checkpoint, checkpointEvery = CHECKPOINT_EVERY, policy } = options
  if (checkpoint === undefined || policy === undefined) return undefined
  const identity = identityOf(given, found, { ...options, policy })
  return (search) =>
    runWithCheckpoint(search, { file: checkpoint, every: checkpointEvery, identity })
}

/**
 * The policies under which something is done that was asked for, or that the page tells: that is about the replacement,
 * where scopes are and nothing is conveyed.
 */
function policiesFor(asked: true | undefined, page: true | undefined): readonly PolicyName[] {
  if (asked) return POLICIES.map(({ name }) => name)
  return page ? ['scope'] : []
}

function policiesOf({ policy }: Options): readonly Policy[] {
  return policy ? [policy] : POLICIES
}

function sampleOptions({ strategy, seed }: Options, executions: number): SampleOptions {
  return { strategy, seed, executions }
}

/** On disk there is room for any number of states, so they have a limit only where one was given. */
function withoutLimitOfStates(options: Options, command: Command): Options {
  if (options.disk === undefined) {
    if (command.getOptionValueSource('maxGigabytes') === 'cli') {
      throw new InputError('--max-gigabytes is about the files of --disk')
    }
    return options
  }
  const isGiven = command.getOptionValueSource('maxStates') === 'cli'
  return isGiven ? options : { ...options, maxStates: Number.POSITIVE_INFINITY }
}

function searchOptions(options: Options): SearchOptions {
  const { maxStates, maxDepth, maxSeconds, maxMegabytes, maxGigabytes } = options
  const { partialOrder, symmetry } = options
  const limits = { maxStates, maxDepth, maxSeconds, maxMegabytes, maxGigabytes }
  return { ...limits, partialOrder, symmetry, hashCompact: options.hashCompact === true }
}

function named(name: string): Policy {
  try {
    return policyNamed(name)
  } catch (thrown) {
    throw new InvalidArgumentError(thrown instanceof Error ? thrown.message : '')
  }
}

function seconds(text: string): number {
  if (!/^\d{1,9}(\.\d+)?$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError('It takes a number of seconds above 0.')
  return Number(text)
}

function threads(text: string): number {
  const number = positive(text)
  if (number > MAX_THREADS) throw new InvalidArgumentError(`It takes at most ${MAX_THREADS}.`)
  return number
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,11}$/.test(text))
    throw new InvalidArgumentError('It takes a whole number from 1.')
  return Number(text)
}
