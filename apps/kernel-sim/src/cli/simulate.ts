/** `kernel-sim simulate`: a whole machine under memory pressure, in virtual time. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Command, InvalidArgumentError } from 'commander'
import { InputError } from '../input-error.js'
import { pageHtml } from '../report/form/html-page.js'
import { pageMarkdown } from '../report/form/markdown.js'
import type { Page } from '../report/form/page.js'
import { pageText } from '../report/form/text.js'
import { heldPage } from '../report/machine/held-page.js'
import { simulationJson } from '../report/machine/json.js'
import { simulationPage } from '../report/machine/simulation-page.js'
import { type HeldConfig, judge, scores } from '../simulate/held/judge.js'
import { type RecordedConfig, readRecorded } from '../simulate/held/recorded.js'
import { plainMachine } from '../simulate/machines/plain.js'
import { factsOf } from '../simulate/measure/facts.js'
import { parsePlan } from '../simulate/plan/plan.js'
import { isProgram } from '../simulate/plan/programs.js'
import { planned } from '../simulate/plan/run-plan.js'
import { resultOf, type SimulationResult } from '../simulate/result.js'
import { SECOND } from '../simulate/time.js'
import { EXIT } from './exit-status.js'
import { Progress } from './progress.js'

interface Options {
  readonly plan?: string
  readonly held?: string | true
  readonly config?: string
  readonly ram: number
  readonly seed?: number
  readonly runs: number
  readonly json?: true
  readonly markdown?: true
  readonly html?: true
  readonly progress?: boolean
}

const DETAILS = `
A plan is a text: its first line says seed= and dur= (ms); each further one is a process:
  proc name=cache type=read file=big.dat mib=100 chunk=64 passes=0
  proc name=burst type=burst mib=24 period_us=2000000 start=8000 nofs=1
nofs=1 lets a process run in a scope that keeps its allocations out of the filesystem.

Exit status: 0 done; 1 with --held when fewer figures are in than are wanted; 2 when the plan or the
file cannot be read.

Examples:
  kernel-sim simulate --plan bursts.plan --ram 128
  kernel-sim simulate --held --config W3-128-1-nofs`

export function simulate(program: Command): void {
  program
    .command('simulate')
    .summary('run a machine with little memory in virtual time')
    .description(
      'Runs the workloads of a plan on a machine with little memory: CPUs with the fair scheduler, memory in\n' +
        'the page allocator of this package, kswapd, a page cache over a disk. Says what each workload got,\n' +
        'what reclaim cost, and who was killed. --held runs the plans that a real Linux 6.1 was measured\n' +
        'with, and says which figures agree.',
    )
    .option('--plan <file>', 'run the plan in a file')
    .option(
      '--held [file]',
      'hold the figures against those recorded (by default those that come along)',
    )
    .option('--config <name>', 'with --held: only configurations whose names begin with this')
    .option('--ram <mib>', 'size of the machine: 128 to 256 MiB', mib, 128)
    .option('--seed <n>', 'another seed than the plan says', count)
    .option('--runs <n>', 'run with so many seeds, one after the other', count, 1)
    .option('--json', 'print results as JSON (schema: schemas/simulate.schema.json)')
    .option('--markdown', 'print the report as Markdown')
    .option('--html', 'print the report as one page of HTML')
    .option('--progress', 'show progress on standard error, also where that is no terminal')
    .option('--no-progress', 'show no progress')
    .addHelpText('after', DETAILS)
    .action(run)
}

async function run(options: Options): Promise<void> {
  if (options.held !== undefined) return await held(options, options.held)
  if (options.plan === undefined) {
    throw new InputError('no plan given. Try: kernel-sim simulate --held --config W2')
  }
  const plan = parsePlan(await textOf(options.plan), options.plan)
  const machine = plainMachine(options.ram)
  const progress = new Progress(process.stderr, options.progress)
  const first = options.seed ?? plan.seed
  const results: SimulationResult[] = []
  for (let seed = first; seed < first + options.runs; seed++) {
    const simulation = planned(plan, machine, { seed })
    simulation.run((now) => progress.say(() => `seed ${seed}: ${now / SECOND} virtual seconds`))
    results.push(resultOf(simulation, { machine: machine.name, seed }))
  }
  progress.done()
  process.stdout.write(
    options.json
      ? simulationJson(results)
      : results.map((result) => formed(simulationPage(result), options)).join('\n'),
  )
}

/** Runs the recorded plans with as many seeds as they were recorded with, or as many as were asked for. */
async function held(options: Options, file: string | true): Promise<void> {
  const configs = await recorded(file)
  const wanted = configs.filter(({ name }) => name.startsWith(options.config ?? ''))
  if (wanted.length === 0) {
    throw new InputError(
      `no configuration begins with ${options.config}; there are ${configs.map(({ name }) => name).join(', ')}`,
    )
  }
  const progress = new Progress(process.stderr, options.progress)
  const all = wanted.map((config): HeldConfig => {
    const plan = parsePlan(config.plan, `the plan of ${config.name}`)
    // What cannot be simulated yet is out, figure by figure.
    if (!plan.processes.every(({ type }) => isProgram(type))) return { recorded: config, runs: [] }
    const facts = Array.from({ length: options.runs }, (_, run) => {
      progress.say(() => `${config.name}, seed ${plan.seed + run}`)
      const simulation = planned(plan, plainMachine(config.ram), { seed: plan.seed + run })
      simulation.run()
      return factsOf(simulation)
    })
    return { recorded: config, runs: facts }
  })
  progress.done()
  const figures = judge(all)
  process.stdout.write(formed(heldPage(figures), options))
  if (scores(figures).some((score) => score.in < score.wanted * score.figures)) {
    process.exitCode = EXIT.found
  }
}

/** The report in the form that was asked for. */
function formed(page: Page, { markdown, html }: Options): string {
  if (html) return pageHtml(page)
  return markdown ? pageMarkdown(page) : pageText(page)
}

async function recorded(file: string | true): Promise<readonly RecordedConfig[]> {
  if (file !== true) return readRecorded(await textOf(file), file)
  const path = fileURLToPath(new URL('../examples/real-6.1.json', import.meta.url))
  return readRecorded(await textOf(path), 'real-6.1.json, which comes with kernel-sim')
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
    throw new InputError(
      code === 'ENOENT' ? `${path}: no such file` : `${path} cannot be read: ${String(code)}`,
    )
  }
}

function count(text: string): number {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < 1) {
    throw new InvalidArgumentError('It takes a whole number from 1 on.')
  }
  return value
}

function mib(text: string): number {
  const value = Number(text)
  if (!/^\d{1,4}$/.test(text) || value < 128 || value > 256) {
    throw new InvalidArgumentError('It takes a whole number from 128 to 256.')
  }
  return value
}
