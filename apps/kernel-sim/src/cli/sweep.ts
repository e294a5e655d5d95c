/** `kernel-sim sweep`: a grid of checks, samples and simulations. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Context } from '@scopemask/core'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { InputError } from '../input-error.js'
import { pageHtml } from '../report/form/html-page.js'
import { pageMarkdown } from '../report/form/markdown.js'
import { number } from '../report/form/numbers.js'
import { pageText } from '../report/form/text.js'
import { sweepJson } from '../report/sweep/json.js'
import { sweepPage } from '../report/sweep/sweep-page.js'
import { Pool } from '../sweep/cage/pool.js'
import { filesOf } from '../sweep/files.js'
import type { Result } from '../sweep/job.js'
import { type Grid, gridOf, type Library } from '../sweep/plan/grid.js'
import type { Plan } from '../sweep/plan/plan.js'
import { planFromObject, planFromYaml } from '../sweep/plan/read-plan.js'
import { coordinate } from '../sweep/queue/coordinate.js'
import { startEngine, withoutSecrets } from '../sweep/queue/engine.js'
import { ALL, JOBS } from '../sweep/restrictions.js'
import { ResultsFile, readResults } from '../sweep/results-file.js'
import { runHere } from '../sweep/run-here.js'
import { outstanding, type Sweep } from '../sweep/sweep.js'
import { EXIT } from './exit-status.js'
import { assertKind } from './file-kind.js'
import { loadMachine, scenarioOfMachine } from './load-machine.js'
import { fileAt, loadModule } from './load-module.js'
import { loadScenario } from './load-scenario.js'
import { packageVersion } from './package-version.js'
import { Progress } from './progress.js'
import { noProgressOption, progressOption } from './progress-options.js'

interface Options {
  readonly results?: string
  readonly redis?: string
  readonly workers: number
  readonly megabytes: number
  readonly partial?: true
  readonly json?: true
  readonly html?: true
  readonly markdown?: true
  readonly progress?: boolean
}

/** The program in which jobs run. */
const CAGE = './sweep-cage.js'

const DETAILS = `
PLAN is a YAML file, or TypeScript whose default export is the same as an object. Each combination
is a job (schema: schemas/plan.schema.json):
  check:
    scenarios: [cil-push, ./writers.ts]
    policies: [scope, convey-on-queue]
    parameters: { writers: [1, 2, 4] }
  sample: { scenarios: [./writers.ts], parameters: { writers: 8 }, seeds: 5, executions: 1000 }
  simulate:
    machines: [small.yaml]
    policies: [scope, nofs]
    parameters: { memory: [96 MiB, 128 MiB] }
    seeds: 3

Results are kept, one a line, in a file beside the plan. Whatever ends the command, the same command
goes on from there; a plan that was changed keeps the results of the jobs that it still has.

The code of a scenario runs in a process that may read its own files and nothing else, and has no
network (the README says what enforces that).

Exit status: 0 when all jobs have a result, whatever it is; 1 when one failed, or not all are done;
2 when the plan is wrong.

Examples:
  kernel-sim sweep plan.yaml
  kernel-sim sweep plan.yaml --html > results.html
  kernel-sim sweep plan.yaml --partial --json
  kernel-sim sweep plan.yaml --redis redis://queue.example.com:6379`

export function sweep(program: Command): void {
  program
    .command('sweep')
    .summary('run a grid of checks, samples and simulations')
    .description(
      'Runs scenarios and machines under several policies, with several values of their parameters and ' +
        'several seeds, and says in tables what came out.',
    )
    .argument('<PLAN>', 'what to run: a YAML or TypeScript file')
    .option('--results <file>', 'keep the results there; by default beside the plan')
    .addOption(
      new Option('--workers <n>', 'so many jobs at a time')
        .argParser(slots)
        .default(availableParallelism()),
    )
    .addOption(
      new Option('--megabytes <n>', 'what the process of a job may take')
        .argParser(slots)
        .default(4000),
    )
    .addOption(
      new Option(
        '--redis <url>',
        'have the jobs done by kernel-sim worker, on any number of machines, over this Redis server',
      ).conflicts(['workers', 'megabytes', 'partial']),
    )
    .option('--partial', 'run nothing, and show the results that are there')
    .option('--json', 'print the results as JSON (schema: schemas/sweep.schema.json)')
    .addOption(new Option('--html', 'print the results as one page of HTML').conflicts('json'))
    .addOption(
      new Option('--markdown', 'print the results as Markdown').conflicts(['json', 'html']),
    )
    .addOption(progressOption())
    .addOption(noProgressOption())
    .addHelpText('after', DETAILS)
    .action(run)
}

async function run(given: string, options: Options): Promise<void> {
  const file = options.results ?? resultsOf(given)
  const grid = await gridOf(await loadPlan(given), libraryAt(dirname(given)), {
    where: given,
    version: packageVersion(),
  })
  const plan = basename(given)
  if (options.partial) {
    const read = readResults(file)
    return print({ plan, jobs: grid.jobs, results: read?.results ?? new Map() }, options)
  }
  const results = new ResultsFile(file)
  try {
    if (results.torn > 0) {
      process.stderr.write(`kernel-sim: the last line of ${file} was torn: its job is done again\n`)
    }
    const sweep: Sweep = { plan, jobs: grid.jobs, results: results.results }
    await runGrid(grid, sweep, { results, file, options })
    print(sweep, options)
  } finally {
    results.close()
  }
}

/** Does what is outstanding. */
async function runGrid(
  { jobs, files }: Grid,
  sweep: Sweep,
  { results, file, options }: { results: ResultsFile; file: string; options: Options },
): Promise<void> {
  const rest = outstanding(sweep)
  if (rest.length === 0) return
  if (rest.length < jobs.length) {
    process.stderr.write(
      `kernel-sim: goes on from ${file}: ${number(jobs.length - rest.length)} of ${number(jobs.length)} jobs are done\n`,
    )
  }
  const progress = new Progress(process.stderr, options.progress)
  let left = rest.length
  const keep = (fresh: readonly Result[]): void => {
    left -= results.append(fresh).length
    progress.say(() => `${number(jobs.length - left)} of ${number(jobs.length)} jobs done`)
  }
  const context = new Context(JOBS, { name: `sweep ${sweep.plan}`, mask: ALL })
  const { workers, megabytes, redis } = options
  if (redis !== undefined) {
    const engine = await startEngine(redis)
    try {
      await coordinate(rest, {
        engine,
        version: packageVersion(),
        sweep: results.sweep,
        files,
        context,
        keep(fresh) {
          keep(fresh)
          // They are dropped from the queue after this.
          results.sync()
        },
        onNoWorker: () =>
          process.stderr.write(
            `kernel-sim: nobody does the jobs yet: kernel-sim worker --redis ${withoutSecrets(redis)} does, on any machine\n`,
          ),
      })
    } finally {
      engine.client.disconnect()
      progress.done()
    }
    return
  }
  const script = fileURLToPath(new URL(CAGE, import.meta.url))
  const pool = new Pool({ slots: Math.min(workers, rest.length), megabytes, script })
  const heard = onStop(async () => {
    progress.done()
    process.stderr.write(`kernel-sim: stopped; the same command goes on from ${file}\n`)
    await pool.end()
  })
  try {
    await runHere(rest, { pool, files, context, keep: (result) => keep([result]) })
  } finally {
    heard.off()
    await pool.end()
    progress.done()
  }
}

/** Does something before a signal ends the process as it would have. */
function onStop(act: () => Promise<void>): { off(): void } {
  const signals = ['SIGINT', 'SIGTERM'] as const
  const off = (): void => {
    for (const signal of signals) process.off(signal, onSignal)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    // The second time it ends at once.
    off()
    void act().finally(() => process.kill(process.pid, signal))
  }
  for (const signal of signals) process.on(signal, onSignal)
  return { off }
}

function print(sweep: Sweep, { json, html, markdown }: Options): void {
  if (json) process.stdout.write(sweepJson(sweep))
  else {
    const page = sweepPage(sweep)
    process.stdout.write(html ? pageHtml(page) : markdown ? pageMarkdown(page) : pageText(page))
  }
  const hasFailed = sweep.jobs.some(({ id }) => {
    const result = sweep.results.get(id)
    return result === undefined || result.verdict === 'failed'
  })
  if (hasFailed) process.exitCode = EXIT.found
}

async function loadPlan(given: string): Promise<Plan> {
  const path = fileAt(given, 'a plan')
  if (/\.ya?ml$/i.test(given)) return planFromYaml(readFileSync(path, 'utf8'), given)
  if (/\.[cm]?[jt]s$/i.test(given)) {
    const loaded = await loadModule(given, 'a plan')
    assertKind('plan', loaded, given)
    return planFromObject(loaded, given, readFileSync(path, 'utf8'))
  }
  throw new InputError(`${given} is not a plan: its name ends neither with .yaml nor with .ts`)
}

/** Where the results of a plan are kept. */
function resultsOf(plan: string): string {
  return `${plan.replace(/\.[^.]+$/, '')}.results.jsonl`
}

/** Finds what a plan names; paths are relative to the folder of the plan. */
function libraryAt(folder: string): Library {
  const at = (path: string): string => resolve(folder, path)
  return {
    async scenario(given, more) {
      const isFile = /[./\\]/.test(given)
      const path = isFile ? at(given) : given
      const { scenario, number } = await loadScenario(path)
      return { what: scenario, files: number === '' ? filesOf(path, more.map(at)) : null }
    },
    async machine(given, more, all) {
      const path = at(given)
      const others = new Set(more.map(at))
      for (const values of all) {
        const machine = await loadMachine(path, values)
        await scenarioOfMachine(machine, path)
        const named = machine.scenario?.given
        if (named !== undefined && /[./\\]/.test(named)) others.add(join(dirname(path), named))
      }
      return { what: null, files: filesOf(path, [...others]) }
    },
  }
}

function slots(text: string): number {
  const value = Number(text)
  if (!/^[1-9]\d{0,6}$/.test(text))
    throw new InvalidArgumentError('It takes a whole number from 1.')
  return value
}
