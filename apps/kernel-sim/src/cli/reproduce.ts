/** `kernel-sim reproduce`: a counterexample, or executions of a safe cell, on a real kernel in a machine of QEMU. */
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { InputError } from '../input-error.js'
import type { Chosen } from '../kernel/parameters.js'
import { type Policy, policyNamed } from '../kernel/policy.js'
import { pageHtml } from '../report/form/html-page.js'
import { pageText } from '../report/form/text.js'
import { reproduceJson } from '../report/reproduce/json.js'
import { reproducePage } from '../report/reproduce/page.js'
import { EXECUTIONS } from '../reproduce/judge/prediction.js'
import { confirmMatrix } from './confirm.js'
import { EXIT } from './exit-status.js'
import { interruptible } from './interruptible.js'
import { type KernelChoice, kernelFor } from './kernel-for.js'
import { loadScenario } from './load-scenario.js'
import { Progress } from './progress.js'
import { noProgressOption, progressOption } from './progress-options.js'
import {
  type MachineChoice,
  type Module,
  type PreparedCell,
  preparedCell,
  refusal,
  triedCell,
  writeModule,
} from './reproduce-cell.js'
import { setOption } from './set-option.js'

interface Options extends KernelChoice, MachineChoice {
  readonly policy?: Policy
  readonly token?: string
  readonly set: Chosen
  readonly executions: number
  readonly seed: number
  readonly output?: string
  readonly run?: true
  readonly json?: true
  readonly html?: true
  readonly all?: true
  readonly litmus?: true
  readonly cases?: readonly string[]
  readonly data: string
  readonly resume?: true
  readonly page?: string
  readonly progress?: boolean
}

const DETAILS = `
Without --run, a folder is written: a kernel module in C that follows the counterexample of
SCENARIO under a policy (or the schedule of a token, or some executions where it is safe), and
run.sh, which builds it and boots a kernel with it in QEMU. With --run that is done here and now,
and what the kernel does is held against what the model says: who sleeps, on what, and whether that
dissolves when memory is given back and when other work is done.

The module is loaded in a machine of QEMU, never on this computer. It takes qemu-system-x86,
busybox-static, make, gcc, and a kernel for x86-64 with its headers: --install fetches Debian's
cloud kernel with apt, --build DIR builds a tiny one with lockdep from the kernel's source in some
minutes; both stay in ~/.cache/kernel-sim and are found from then on. A run takes about five
seconds.

--all tries all cells of the bundled cases, and keeps what it finds in a file, from which --page
writes the table that docs/confirmed.md is. --resume goes on where the file ends. --litmus does so
with small programs about each kind of lock, wait, timer, interrupt, work and allocation, and
writes docs/confirmed-objects.md: it says whether a kernel of yours has what the model builds on.

Exit status: 0 when the kernel does what the model says, or a folder was written; 1 when it does
not, or a run shows nothing; 2 when it cannot be tried.

Examples:
  kernel-sim reproduce cil-push --policy scope
  kernel-sim reproduce cil-push --policy scope --run --install
  kernel-sim reproduce ./my-driver.ts --policy callee-scope --run --html > report.html
  kernel-sim reproduce --build ~/linux-6.12
  kernel-sim reproduce --all --resume --page confirmed.md`

export function reproduce(program: Command): void {
  program
    .command('reproduce')
    .summary('follow a counterexample on a real kernel, in QEMU, and compare')
    .description(
      'Makes a kernel module of a scenario under a policy, which follows a schedule of the model step by step, ' +
        'boots a kernel with it in QEMU, and says whether that hangs where the model does, and goes on where it does.',
    )
    .argument('[SCENARIO]', 'the name or number of a bundled case, or a file')
    .option('--policy <name>', 'the policy', named)
    .addOption(setOption())
    .option('--token <token>', 'follow this schedule, as check printed it')
    .option(
      '--executions <n>',
      'how many executions of a safe cell to follow',
      positive,
      EXECUTIONS,
    )
    .option('--seed <n>', 'choose other executions of a safe cell', positive, 1)
    .option(
      '--random <n>',
      'instead of schedules, n rounds in which all run as they like',
      positive,
    )
    .option(
      '--output <DIR>',
      'write the folder here; by default SCENARIO-POLICY, or none with --run',
    )
    .option('--run', 'build the module, boot a kernel with it, and judge what it does')
    .option('--kernel <FILE>', 'a bzImage, or the release of a kernel that is there')
    .option('--headers <DIR>', 'the headers that modules for the kernel are built with')
    .option('--install', "fetch Debian's cloud kernel and its headers with apt; it needs no root")
    .addOption(
      new Option(
        '--build <DIR>',
        "build a tiny kernel with lockdep from this tree of the kernel's source",
      ).conflicts('install'),
    )
    .option('--kvm', 'use KVM if a kernel boots under it; waiting then takes its time')
    .option('--memory <MiB>', 'memory of the machine', positive)
    .option('--seconds <n>', 'end the machine after n seconds', positive, 120)
    .option('--console <FILE>', 'also write what the machine printed')
    .option('--json', 'print the result as JSON (schema: schemas/reproduce.schema.json)')
    .addOption(new Option('--html', 'print the result as one HTML page').conflicts('json'))
    .addOption(new Option('--all', 'try the cells of the bundled cases').conflicts('litmus'))
    .option('--litmus', 'try the litmus programs: small ones about each kind of object')
    .option('--cases <list>', 'with those two: only these, by number or name, with commas', list)
    .option('--data <FILE>', 'with those two: keep what is found here', 'confirmed.jsonl')
    .option('--resume', 'with those two: leave out what is in the file already')
    .option('--page <FILE>', 'with those two: write the table of all that is in the file')
    .option(
      '--jobs <n>',
      'so many machines, or compilers, at once',
      positive,
      availableParallelism(),
    )
    .addOption(progressOption())
    .addOption(noProgressOption())
    .addHelpText('after', DETAILS)
    .action(run)
}

async function run(given: string | undefined, options: Options): Promise<void> {
  const isAboutMany = options.all || options.litmus
  if (
    isAboutMany &&
    (given !== undefined || options.policy !== undefined || options.token !== undefined)
  ) {
    throw new InputError(
      options.litmus
        ? '--litmus is about programs with a policy each: it takes no SCENARIO, --policy or --token'
        : '--all is about the bundled cases: it takes no SCENARIO, --policy or --token',
    )
  }
  const progress = new Progress(process.stderr, options.progress)
  const say = (line: string): void => progress.say(() => line)
  try {
    // The code of a scenario keeps the thread to itself, and Ctrl-C ends it only as long as nobody waits for signals.
    const cell = given === undefined ? null : await cellGiven(given, options, say)
    await interruptible(async (signal) => {
      const under = { signal, say }
      if (isAboutMany) {
        const kernel = await kernelFor(options, under)
        if (await confirmMatrix(options, { ...under, kernel })) process.exitCode = EXIT.found
        return
      }
      if (cell !== null) return await reproduceOne(cell, options, under)
      if (!options.install && options.build === undefined) {
        throw new InputError('which SCENARIO? Give its name and --policy, or --all, or --litmus')
      }
      const { image, release } = await kernelFor(options, under)
      process.stdout.write(`Linux ${release} is in ${image}\n`)
    })
  } finally {
    progress.done()
  }
}

/** What stops a command, and who is told how far it is. */
interface Under {
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** A module, and what it is of. */
type GivenCell = PreparedCell & { readonly generated: Module }

/** What is to be reproduced. @throws InputError when it cannot be, with the reason. */
async function cellGiven(
  given: string,
  options: Options,
  say: (line: string) => void,
): Promise<GivenCell> {
  const { policy, token } = options
  if (policy === undefined) throw new InputError('which policy? Give --policy')
  const found = await loadScenario(given, options.set)
  say(`searching ${found.scenario.name} under ${policy.name}`)
  const { prediction, generated } = await preparedCell(found, policy, { ...options, token })
  if (generated.kind === 'refused') throw new InputError(refusal(generated))
  return { prediction, generated }
}

async function reproduceOne(cell: GivenCell, options: Options, under: Under): Promise<void> {
  const { prediction, generated } = cell
  const { output } = options
  if (output !== undefined) fresh(output)
  if (!options.run) {
    const folder = output ?? `${prediction.scenario}-${prediction.policy}`
    fresh(folder)
    writeModule(folder, generated, options)
    process.stdout.write(writtenText(folder, prediction))
    return
  }
  const kernel = await kernelFor(options, under)
  const outcome = await triedCell(cell, options, {
    ...under,
    kernel,
    folder: output,
  })
  if (outcome.kind === 'failed') throw new InputError(outcome.why)
  const { report } = outcome
  if (options.json) process.stdout.write(reproduceJson(report))
  else if (options.html) process.stdout.write(pageHtml(reproducePage(report)))
  else process.stdout.write(pageText(reproducePage(report)))
  if (report.judgement.result !== 'agrees') process.exitCode = EXIT.found
}

function writtenText(
  folder: string,
  { verdict, tokens }: { readonly verdict: string; readonly tokens: readonly string[] },
): string {
  const what = tokens.length === 1 ? 'a schedule' : `${tokens.length} schedules`
  return (
    `${folder} has a kernel module that follows ${what}, of which the model says: ${verdict}.\n` +
    `Try: ${join(folder, 'run.sh')} KERNEL HEADERS, or this command with --run\n`
  )
}

/** @throws InputError for a folder in which there is something. */
function fresh(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new InputError(
      `${folder} is there already and not empty: remove it, or choose another name with --output`,
    )
  }
}

function named(name: string): Policy {
  try {
    return policyNamed(name)
  } catch (thrown) {
    throw new InvalidArgumentError(thrown instanceof Error ? thrown.message : '')
  }
}

function list(text: string): string[] {
  return text.split(',').filter((each) => each !== '')
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError('It takes a whole number from 1.')
  return Number(text)
}
