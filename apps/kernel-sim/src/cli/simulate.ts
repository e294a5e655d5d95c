/** `kernel-sim simulate`: a whole machine under memory pressure, in virtual time. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Command, InvalidArgumentError } from 'commander'
import { InputError } from '../input-error.js'
import { policyNamed } from '../kernel/policy.js'
import type { Scenario } from '../kernel/scenario.js'
import { pageHtml } from '../report/form/html-page.js'
import { pageMarkdown } from '../report/form/markdown.js'
import type { Page } from '../report/form/page.js'
import { pageText } from '../report/form/text.js'
import { type Comparison, comparisonPage } from '../report/machine/comparison-page.js'
import { heldPage } from '../report/machine/held-page.js'
import { simulationJson } from '../report/machine/json.js'
import { simulationPage } from '../report/machine/simulation-page.js'
import { BUNDLED_PLAN, BUNDLED_RAM, BUNDLED_SCENARIO } from '../simulate/bundled.js'
import { compare } from '../simulate/compare.js'
import { comparedFigures } from '../simulate/compared-figures.js'
import { type HeldConfig, judge, scores } from '../simulate/held/judge.js'
import { type RecordedConfig, readRecorded } from '../simulate/held/recorded.js'
import type { MachineSpec } from '../simulate/machine-spec.js'
import { plainMachine } from '../simulate/machines/plain.js'
import { factsOf } from '../simulate/measure/facts.js'
import { type Plan, parsePlan } from '../simulate/plan/plan.js'
import { isProgram } from '../simulate/plan/programs.js'
import { planned } from '../simulate/plan/run-plan.js'
import { machinePolicy } from '../simulate/policy.js'
import { resultOf, type SimulationResult } from '../simulate/result.js'
import { SECOND } from '../simulate/time.js'
import { EXIT } from './exit-status.js'
import { loadScenario } from './load-scenario.js'
import { Progress } from './progress.js'

/** What the bundled machine runs under, and how often: the kernel's own scopes, NOFS everywhere, no restriction at all. */
const BUNDLED_POLICIES = ['scope', 'nofs', 'unrestricted']
const BUNDLED_RUNS = 3

interface Options {
  readonly plan?: string
  readonly held?: string | true
  readonly config?: string
  readonly ram: number
  readonly seed?: number
  readonly runs?: number
  readonly policy?: readonly string[]
  readonly scenario?: string
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
        'what reclaim cost, and who was killed. Without a plan a bundled machine runs under several policies. --held runs the plans that a real Linux 6.1 was measured\n' +
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
    .option('--runs <n>', 'run with so many seeds, one after the other', count)
    .option(
      '--policy <names>',
      'policies, side by side when there are several: those of check, or nofs\n(all processes in one NOFS scope)',
      (names: string) => names.split(','),
    )
    .option('--scenario <scenario>', 'run the tasks of a scenario of check beside the workloads')
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
  const policies = options.policy ?? (options.plan === undefined ? BUNDLED_POLICIES : ['scope'])
  const bundled = options.plan === undefined
  const plan = options.plan ?? 'the bundled plan'
  const load: Load = {
    plan: parsePlan(bundled ? BUNDLED_PLAN : await textOf(plan), plan),
    machine: plainMachine(options.ram),
    scenario: await scenarioOf(options.scenario ?? (bundled ? BUNDLED_SCENARIO : undefined)),
  }
  const runs = options.runs ?? (bundled ? BUNDLED_RUNS : 1)
  const results = policies.flatMap((name) => resultsUnder(name, load, { ...options, runs }))
  if (options.json) process.stdout.write(simulationJson(results))
  else if (policies.length === 1) {
    for (const result of results) {
      process.stdout.write(`${formed(simulationPage(result), options)}`)
    }
  } else
    process.stdout.write(formed(comparisonPage(comparisonOf(policies, load, results)), options))
}

/** What runs on what. */
interface Load {
  readonly plan: Plan
  readonly machine: MachineSpec
  readonly scenario: Scenario | null
}

/** Runs a load under a policy, seed by seed. */
function resultsUnder(
  name: string,
  { plan, machine, scenario }: Load,
  options: Pick<Options, 'seed' | 'progress'> & { readonly runs: number },
): SimulationResult[] {
  const policy = machinePolicy(name)
  const progress = new Progress(process.stderr, options.progress)
  const first = options.seed ?? plan.seed
  const results = Array.from({ length: options.runs }, (_, run) => {
    const seed = first + run
    // What runs in one scope runs in the scenario's scopes too.
    const scenarioPolicy = policyNamed(policy.everywhere ? 'scope' : name)
    const simulation = planned(plan, machine, {
      seed,
      policy,
      ...(scenario === null ? {} : { scenario: { scenario, policy: scenarioPolicy } }),
    })
    simulation.run((now) =>
      progress.say(() => `${name}, seed ${seed}: ${now / SECOND} virtual seconds`),
    )
    return resultOf(simulation, { machine: machine.name, policy: name, seed })
  })
  progress.done()
  return results
}

/** The results of policies side by side. */
function comparisonOf(
  policies: readonly string[],
  { machine }: Load,
  results: readonly SimulationResult[],
): Comparison {
  const runsOf = (name: string) => results.filter(({ policy }) => policy === name)
  const [first] = results
  return {
    machine: machine.name,
    policies: policies.map(machinePolicy),
    figures: compare(
      policies.map((policy) => ({ policy, runs: runsOf(policy).map(({ facts }) => facts) })),
      first === undefined ? [] : comparedFigures(first.workloads, first.facts),
    ),
    results,
    replay: 'kernel-sim replay',
  }
}

async function scenarioOf(given: string | undefined): Promise<Scenario | null> {
  return given === undefined ? null : (await loadScenario(given)).scenario
}

/** The bundled machine under the bundled load, as text. */
export async function bundledComparison(): Promise<string> {
  const load: Load = {
    plan: parsePlan(BUNDLED_PLAN),
    machine: plainMachine(BUNDLED_RAM),
    scenario: await scenarioOf(BUNDLED_SCENARIO),
  }
  const results = BUNDLED_POLICIES.flatMap((name) =>
    resultsUnder(name, load, { runs: BUNDLED_RUNS }),
  )
  return pageText(comparisonPage(comparisonOf(BUNDLED_POLICIES, load, results)))
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
    const facts = Array.from({ length: options.runs ?? 1 }, (_, run) => {
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
