/** `kernel-sim simulate`: a whole machine under memory pressure, in virtual time. */
import { existsSync, readdirSync } from 'node:fs'
import { join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { refuseExisting } from '../disk.js'
import { InputError } from '../input-error.js'
import type { Chosen } from '../kernel/parameters.js'
import { pageHtml } from '../report/form/html-page.js'
import { pageMarkdown } from '../report/form/markdown.js'
import type { Page } from '../report/form/page.js'
import { pageText } from '../report/form/text.js'
import { COST_FIGURES, type Comparison, comparisonPage } from '../report/machine/comparison-page.js'
import { heldPage } from '../report/machine/held-page.js'
import { simulationJson } from '../report/machine/json.js'
import { simulationPage } from '../report/machine/simulation-page.js'
import { compare } from '../simulate/compare.js'
import { comparedFigures } from '../simulate/compared-figures.js'
import { scores } from '../simulate/held/judge.js'
import { plainMachine } from '../simulate/machines/plain.js'
import { parsePlan } from '../simulate/plan/plan.js'
import { machinePolicy } from '../simulate/policy.js'
import { resultOf, type SimulationResult } from '../simulate/result.js'
import { SECOND } from '../simulate/time.js'
import { EXIT } from './exit-status.js'
import { holdAgainst, textOf } from './hold-against.js'
import { type Load, loadOfMachine, loadOfPlan } from './load.js'
import { loadMachine, scenarioOfMachine } from './load-machine.js'
import { type Loaded, loadScenario } from './load-scenario.js'
import { Probe } from './probe.js'
import { Progress } from './progress.js'
import { noProgressOption, progressOption } from './progress-options.js'
import { runWatched } from './run-watched.js'
import { setOption } from './set-option.js'
import { writeHang } from './write-hang.js'

/** The machine that runs when none is given. */
const BUNDLED = 'mixed-load'
/** MiB of the machine that a plan runs on. */
const DEFAULT_RAM = 128
/** Machines that come along are named without an ending. */
const NAME = /^[\w-]+$/

interface Options {
  readonly plan?: string
  readonly held?: string | true
  readonly config?: string
  readonly ram: number
  readonly seconds?: number
  readonly seed?: number
  readonly runs?: number
  readonly policy?: readonly string[]
  readonly scenario?: string
  readonly set: Chosen
  readonly json?: true
  readonly markdown?: true
  readonly html?: true
  readonly proc?: string
  readonly sys?: string
  readonly at?: readonly number[]
  readonly dmesg?: string
  readonly writeScenario?: string
  readonly perfetto?: string
  readonly progress?: boolean
}

const DETAILS = `
MACHINE is a file: YAML, or TypeScript for workloads of your own. It says how much memory there is,
what runs, and what goes wrong (docs/guides/machine.md in the repository; schema:
schemas/machine.schema.json):
  memory: 128 MiB
  workloads:
    cache: { type: read, size: 100 MiB }
    burst: { type: burst, size: 40 MiB, period: 2 s }
  faults:
    - { type: disk-stall, at: 5 s, for: 2 s }
Without it the machine mixed-load, which comes along, runs under three policies, side by side.
Others that come along: encrypted, with dm-crypt; container, with a filesystem in a file (a loop
device); generations, with MGLRU (lru_gen: true); zram, with swap space in compressed memory;
camera, with a CMA area; two-nodes, with two nodes (NUMA), one of which gets short of memory;
cgroups, with memory cgroups.

Exit status: 0 done; 1 with --held when fewer figures are in than are wanted; 2 when a file cannot
be read or is wrong.

Examples:
  kernel-sim simulate --policy unrestricted --write-scenario hang.ts && kernel-sim replay ./hang.ts
  kernel-sim simulate small.yaml --policy scope,nofs --runs 5 --html > small.html
  kernel-sim simulate --held --config W3-128-1-nofs`

export function simulate(program: Command): void {
  program
    .command('simulate')
    .summary('run a machine with little memory in virtual time')
    .description(
      'Runs workloads on a machine with little memory: CPUs with the fair scheduler, memory in the page ' +
        'allocator of this package, kswapd, a page cache over a disk, a journal. Says what each workload ' +
        'got, what reclaim cost, who was killed, and what differs between policies.',
    )
    .argument('[MACHINE]', 'the machine: a YAML or TypeScript file')
    .option('--seconds <n>', 'run for so many virtual seconds', seconds)
    .option('--runs <n>', 'run with so many seeds, one after the other', count)
    .option('--seed <n>', 'another first seed than the file says', count)
    .option(
      '--policy <names>',
      'policies, side by side when there are several: those of check, or nofs\n(all processes in one NOFS scope)',
      (names: string) => names.split(','),
    )
    .option('--scenario <scenario>', 'run the tasks of a scenario of check beside the workloads')
    .addOption(setOption())
    .option('--plan <file>', 'run a plan as those of --held are, on a machine of --ram')
    .option('--ram <mib>', 'with --plan: size of the machine, 128 to 256 MiB', mib, DEFAULT_RAM)
    .option(
      '--held [file]',
      'hold the figures against those recorded (by default those that come along)',
    )
    .option('--config <name>', 'with --held: only configurations whose names begin with this')
    .option('--json', 'print results as JSON (schema: schemas/simulate.schema.json)')
    .addOption(new Option('--markdown', 'print the report as Markdown').conflicts('json'))
    .addOption(
      new Option('--html', 'print the report as one page of HTML').conflicts(['json', 'markdown']),
    )
    .option(
      '--proc <dir>',
      "write the kernel's own files to a folder: vmstat, meminfo, pressure/memory and others, and those of\nmemory cgroups below sys/fs/cgroup",
    )
    .option(
      '--sys <dir>',
      'write what /sys/devices/system/node says of each node to a folder: numastat, meminfo and others',
    )
    .option(
      '--at <seconds>',
      'with --proc and --sys: when, in virtual seconds; several times get a folder each',
      times,
    )
    .option(
      '--perfetto <file>',
      'write a trace for the Perfetto UI (https://ui.perfetto.dev): CPUs, tasks, disk, counters',
    )
    .option('--dmesg <file>', "write the kernel's log to a file: kernel-sim explain reads it")
    .option(
      '--write-scenario <file>',
      'write what hangs as a scenario with its schedule, for kernel-sim replay and check',
    )
    .addOption(progressOption())
    .addOption(noProgressOption())
    .addHelpText('after', DETAILS)
    .action(run)
}

async function run(machine: string | undefined, options: Options): Promise<void> {
  const progress = new Progress(process.stderr, options.progress)
  assertTogether(machine, options)
  if (options.held !== undefined) return await held(options, options.held, progress)
  if (options.at !== undefined && options.proc === undefined && options.sys === undefined) {
    throw new InputError(
      '--at says when the files of --proc and --sys are written: name a folder for them',
    )
  }
  const { writeScenario } = options
  if (writeScenario !== undefined) refuseExisting(writeScenario)
  const load = await loadOf(machine, options)
  const late = options.at?.find((time) => time > load.seconds)
  if (late !== undefined) {
    throw new InputError(`--at ${late} is after the end: the run takes ${load.seconds} s`)
  }
  const probe = new Probe(options)
  const results = resultsOf(load, progress, probe)
  const [first] = results
  if (first !== undefined) probe.end(first)
  if (options.json) process.stdout.write(simulationJson(results, comparisonOf(load, results)))
  else process.stdout.write(formed(pageOf(load, results), options))
  if (writeScenario !== undefined) {
    process.stderr.write(await writeHang(writeScenario, results, load.scenario))
  }
}

/** What has no part in holding figures against recorded ones: the machines and plans of those are given. */
const NOT_HELD = [
  'plan',
  'policy',
  'scenario',
  'seconds',
  'seed',
  'json',
  'proc',
  'sys',
  'dmesg',
  'perfetto',
  'writeScenario',
] as const

/** @throws InputError when something was asked for that would be passed over */
function assertTogether(machine: string | undefined, options: Options): void {
  const { held, plan, config, ram } = options
  if (held === undefined && config !== undefined) {
    throw new InputError(
      '--config says which configurations of --held are run: give --held with it',
    )
  }
  if (plan === undefined && ram !== DEFAULT_RAM) {
    throw new InputError(
      '--ram is the memory of the machine that --plan runs on; a machine file says its own',
    )
  }
  if (held === undefined) return
  const other = NOT_HELD.find((name) => options[name] !== undefined)
  const given = machine ?? (other === undefined ? undefined : `--${other.replace('S', '-s')}`)
  if (given !== undefined) {
    throw new InputError(
      `--held runs what was recorded, on the machines that it was recorded on: ${given} has no part in it`,
    )
  }
}

/** What is to run: a machine, a plan, or the machine that comes along. */
async function loadOf(given: string | undefined, options: Options): Promise<Load> {
  const { plan, ram } = options
  if (plan !== undefined) {
    if (given !== undefined)
      throw new InputError(`--plan runs on a machine of --ram, not on ${given}`)
    const scenario = await scenarioNamed(options)
    assertSettable(scenario, options)
    return loadOfPlan(parsePlan(await textOf(plan), plan), plainMachine(ram), {
      ...options,
      scenario,
    })
  }
  const file = bundled(given ?? BUNDLED) ?? fileNamed(given ?? BUNDLED)
  const machine = await loadMachine(file)
  const scenario =
    (await scenarioNamed(options)) ?? (await scenarioOfMachine(machine, file, options.set))
  assertSettable(scenario, options)
  return loadOfMachine(machine, { ...options, scenario })
}

/** The folder of the machines that come along. */
function machines(): string {
  return fileURLToPath(new URL('../examples/machines/', import.meta.url))
}

/** The file of a machine that comes along; null when there is none of that name. */
function bundled(name: string): string | null {
  if (!NAME.test(name)) return null
  const file = join(machines(), `${name}.yaml`)
  return existsSync(file) ? file : null
}

/** A file of the user's. @throws InputError when a machine that comes along was perhaps meant, with their names */
function fileNamed(given: string): string {
  if (!NAME.test(given) || existsSync(given)) return given
  const names = readdirSync(machines()).map((file) => parse(file).name)
  throw new InputError(
    `${given} is neither a file nor a machine that comes along: those are ${names.join(', ')}`,
  )
}

async function scenarioNamed({
  scenario,
  set,
}: Pick<Options, 'scenario' | 'set'>): Promise<Loaded | null> {
  return scenario === undefined ? null : await loadScenario(scenario, set)
}

/** @throws InputError when there is nothing that `--set` is about. */
function assertSettable(scenario: Loaded | null, { set }: Pick<Options, 'set'>): void {
  if (scenario !== null || Object.keys(set).length === 0) return
  throw new InputError('--set is about a scenario: name one with --scenario, or in the machine')
}

/** Runs a load under each of its policies, seed by seed. */
function resultsOf(load: Load, progress: Progress, probe?: Probe): SimulationResult[] {
  // Before the first of them runs for long.
  const policies = load.policies.map(machinePolicy)
  const results = policies.flatMap((policy) =>
    Array.from({ length: load.runs }, (_, run) => {
      const seed = load.seed + run
      // What is written to files is of the first run.
      const probed = run === 0 && policy === policies[0] ? probe : undefined
      const simulation = load.start({ policy, seed, timeline: probed?.wantsTimeline ?? false })
      const onProgress = (now: number): void =>
        progress.say(
          () => `${policy.name}, seed ${seed}: ${now / SECOND} of ${load.seconds} virtual seconds`,
        )
      probed?.look(simulation, load.own, onProgress)
      runWatched(simulation, load.own, { onProgress })
      return resultOf(simulation, { machine: load.spec.name, policy: policy.name, seed })
    }),
  )
  progress.done()
  return results
}

/** The page of results: of one policy, or of several side by side. */
function pageOf(load: Load, results: readonly SimulationResult[]): Page {
  const [first] = results
  const comparison = comparisonOf(load, results)
  const page =
    load.policies.length > 1 || first === undefined
      ? comparisonPage(comparison)
      : simulationPage(first, comparison)
  return { ...page, lead: [...page.lead, ...load.notes] }
}

/** The results of policies side by side. */
function comparisonOf(
  { spec, policies, scenario }: Load,
  results: readonly SimulationResult[],
): Comparison {
  const of = policies.map((policy) => ({
    policy,
    runs: results.filter((result) => result.policy === policy).map(({ facts }) => facts),
  }))
  const [first] = results
  return {
    machine: spec.name,
    policies: policies.map(machinePolicy),
    figures: compare(of, first === undefined ? [] : comparedFigures(first)),
    costs: compare(of, COST_FIGURES),
    results,
    ...(scenario?.file == null ? {} : { scenario: scenario.file }),
  }
}

/** The machine that comes along, as text. */
export async function bundledComparison(): Promise<string> {
  const load = await loadOf(undefined, { ram: DEFAULT_RAM, set: {} })
  return pageText(
    comparisonPage(comparisonOf(load, resultsOf(load, new Progress(process.stderr, undefined)))),
  )
}

async function held(options: Options, file: string | true, progress: Progress): Promise<void> {
  const { config = '', runs = 1 } = options
  const figures = await holdAgainst({ file, config, runs }, progress)
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

function count(text: string): number {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < 1) {
    throw new InvalidArgumentError('It takes a whole number from 1 on.')
  }
  return value
}

function seconds(text: string): number {
  const value = Number(text)
  if (!/^\d{1,5}(\.\d{1,3})?$/.test(text) || value < 0.1 || value > 86_400) {
    throw new InvalidArgumentError('It takes a number from 0.1 to 86400.')
  }
  return value
}

function times(text: string): number[] {
  return text.split(',').map(seconds)
}

function mib(text: string): number {
  const value = Number(text)
  if (!/^\d{1,4}$/.test(text) || value < 128 || value > 256) {
    throw new InvalidArgumentError('It takes a whole number from 128 to 256.')
  }
  return value
}
