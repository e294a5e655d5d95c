/** `kernel-sim explain`: what a kernel said when it went wrong, and what that means. */
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gfpLayout } from '@scopemask/allocator'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { refuseExisting, writeNewFile } from '../disk.js'
import { InputError } from '../input-error.js'
import { type LogVerdict, VERDICTS } from '../log/judge/explained.js'
import { logHtml } from '../report/log/html.js'
import { logJson } from '../report/log/json.js'
import type { LogReport } from '../report/log/log-report.js'
import { logSarif } from '../report/log/sarif.js'
import { logScenario, modelled } from '../report/log/scenario.js'
import { logText } from '../report/log/text.js'
import { EXIT } from './exit-status.js'
import { packageVersion } from './package-version.js'
import { noProgressOption, progressOption } from './progress-options.js'
import { openSource } from './read-audit.js'
import { readLog } from './read-log.js'

interface Options {
  readonly json?: true
  readonly html?: true
  readonly sarif?: true
  readonly scenario?: string
  readonly report?: number
  readonly kernel?: string
  readonly top: number
  readonly failOn: readonly LogVerdict[]
  readonly progress?: boolean
}

const DETAILS = `
LOG is what a kernel printed: dmesg, syslog, journalctl (text or -o json), a serial console, or a
mail that quotes them; plain, gzip or zstd; several files; - or nothing is standard input. Prefixes
are told by what they look like, and may be mixed.

Explained: lockdep's reports, blocked tasks (hung tasks, SysRq w), flush warnings and lockups of
workqueues, failed and slow allocations, OOM kills, the state of memory (SysRq m), sleeps where
nobody may sleep, locks used wrongly, soft and hard lockups and RCU stalls. Other reports (KASAN,
oopses, warnings) are named by their titles.

Exit status: 0 when LOG was read; 1 when --fail-on says so; 2 when it cannot be read.

Examples:
  dmesg | kernel-sim explain
  kernel-sim explain console.log.gz --json > reports.json
  kernel-sim explain splat.txt --scenario ./splat.ts && kernel-sim check ./splat.ts
  kernel-sim explain old.txt --kernel 3.10`

export function explain(program: Command): void {
  program
    .command('explain')
    .summary('read a kernel log and say what its reports mean for scopes')
    .description(
      'Finds the reports in a kernel log (lockdep, hung tasks, workqueues, failed allocations, OOM) and ' +
        'says what each means: whether a circle can happen, who waits for whom, why there was no memory. ' +
        'Each verdict comes with how sure it is, the lines it rests on, and the kinds of fixes that the ' +
        'history of the kernel has.',
    )
    .argument('[LOG...]', 'the logs, or - for standard input')
    .option('--json', 'print the reports as JSON (schema: schemas/explain.schema.json)')
    .addOption(new Option('--html', 'print the report as one HTML page').conflicts('json'))
    .addOption(
      new Option('--sarif', 'print the reports as SARIF 2.1.0, for code scanning tools').conflicts([
        'json',
        'html',
      ]),
    )
    .option(
      '--scenario <FILE>',
      'write a report as a scenario that kernel-sim check runs; - prints it instead of the report',
    )
    .option('--report <n>', 'which report --scenario takes, by its number', positive)
    .option('--kernel <release>', 'which kernel it is, where the log does not say', known)
    .option('--top <n>', 'list so many beginnings of other lines, 0 for all', wholeNumber, 10)
    .addOption(
      new Option('--fail-on <verdicts>', 'exit with 1 on these verdicts, with commas between them')
        .argParser(verdicts)
        .default([], 'none'),
    )
    .addOption(progressOption())
    .addOption(noProgressOption())
    .addHelpText('after', DETAILS)
    .action(run)
}

async function run(paths: readonly string[], options: Options): Promise<void> {
  const { scenario, kernel, progress } = options
  if (scenario !== undefined && scenario !== '-') refuseExisting(scenario)
  if (options.report !== undefined && scenario === undefined) {
    throw new InputError('--report says which report --scenario takes: give --scenario FILE')
  }
  if (paths.length === 0 && process.stdin.isTTY) {
    throw new InputError('no LOG given. Try: dmesg | kernel-sim explain')
  }
  if (paths.filter((path) => path === '-').length > 1) {
    throw new InputError('standard input holds one log: give - once')
  }
  const logs: LogReport[] = []
  for (const path of paths.length === 0 ? ['-'] : paths) {
    logs.push(await readLog(await openSource(path), { kernel, progress }))
  }
  if (scenario !== undefined) writeScenario(scenario, logs, options.report)
  if (scenario !== '-') process.stdout.write(written(logs, options))
  const found = logs.some(({ reports }) =>
    reports.some(({ verdict }) => options.failOn.includes(verdict)),
  )
  if (found) process.exitCode = EXIT.found
}

function written(logs: readonly LogReport[], { json, html, sarif, top }: Options): string {
  if (json) return logJson(logs)
  if (html) return logHtml(logs)
  if (sarif) return logSarif(logs, { version: packageVersion(), uriOf })
  return logText(logs, top)
}

/** Writes one report as a scenario: the one asked for, or the first that can be one. */
function writeScenario(file: string, logs: readonly LogReport[], wanted: number | undefined): void {
  const all = logs.flatMap(({ name, reports }) => reports.map((report) => ({ name, report })))
  const chosen = wanted === undefined ? all.find(({ report }) => modelled(report)) : all[wanted - 1]
  if (chosen === undefined) {
    throw new InputError(
      wanted === undefined
        ? 'no report of the log shows locks, waits or work items: there is nothing to make a scenario of'
        : `there is no report ${wanted}: the log has ${all.length}`,
    )
  }
  if (!modelled(chosen.report)) {
    throw new InputError(
      `report ${wanted} (${chosen.report.kind}) shows no locks, waits or work items: there is nothing to make a scenario of`,
    )
  }
  const source = logScenario(chosen.report, chosen.name)
  if (file === '-') {
    process.stdout.write(source)
    return
  }
  writeNewFile(file, source)
  process.stderr.write(`The scenario is in ${file}. Try: kernel-sim check ${file}\n`)
}

/** A file as a URI, relative if its path is. */
function uriOf(name: string): string | undefined {
  if (name === 'standard input') return undefined
  return isAbsolute(name) ? pathToFileURL(name).href : encodeURI(name)
}

function verdicts(text: string): LogVerdict[] {
  if (text === 'none') return []
  return text.split(',').map((name) => {
    if (Object.hasOwn(VERDICTS, name)) return name as LogVerdict
    throw new InvalidArgumentError(`It takes ${Object.keys(VERDICTS).join(', ')}, or none.`)
  })
}

function known(release: string): string {
  try {
    gfpLayout(release)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof RangeError ? `There is ${error.message}.` : '')
  }
  return release
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It takes a whole number from 0.')
  return Number(text)
}

function positive(text: string): number {
  const number = wholeNumber(text)
  if (number === 0) throw new InvalidArgumentError('It takes a whole number from 1.')
  return number
}
