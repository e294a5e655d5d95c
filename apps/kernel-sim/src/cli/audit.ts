/** `kernel-sim audit`: what a recording of a real kernel says about its scopes. */
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { Timeline } from '../audit/timeline.js'
import { refuseExisting, writeNewFile } from '../disk.js'
import { InputError } from '../input-error.js'
import { collapsed } from '../report/audit/collapsed.js'
import { compareAudits } from '../report/audit/comparison.js'
import { comparisonJson } from '../report/audit/comparison-json.js'
import { comparisonPage } from '../report/audit/comparison-page.js'
import { auditJson } from '../report/audit/json.js'
import { auditPage } from '../report/audit/page.js'
import { auditPerfetto } from '../report/audit/perfetto.js'
import { type AuditReport, withSource } from '../report/audit/report.js'
import { auditSarif } from '../report/audit/sarif.js'
import { auditScenario, lostScopeToModel } from '../report/audit/scenario.js'
import { speedscope } from '../report/audit/speedscope.js'
import { pageHtml } from '../report/form/html-page.js'
import { pageMarkdown } from '../report/form/markdown.js'
import type { Page } from '../report/form/page.js'
import { pageText } from '../report/form/text.js'
import type { Source } from '../trace/read/source.js'
import { EXIT } from './exit-status.js'
import { packageVersion } from './package-version.js'
import { noProgressOption, progressOption } from './progress-options.js'
import {
  openExample,
  openSource,
  readAudit,
  readComparable,
  readScopes,
  refuseSavedReport,
} from './read-audit.js'
import { readLines } from './read-lines.js'
import { readSource } from './read-source.js'

/** What `--fail-on` can name, and how a report shows it. */
const FAILURES = {
  disagreement: ({ verdict }: Judged) => !verdict.agrees,
  damage: ({ verdict }: Judged) => verdict.damaged,
  lost: ({ verdict }: Judged) => verdict.lost,
  'lost-scope': ({ verdict }: Judged) => verdict.lostScopes > 0,
  /** Shown by a comparison alone. */
  regression: () => false,
} as const

type Judged = Pick<AuditReport, 'verdict'>

type Failure = keyof typeof FAILURES

interface Options {
  readonly example?: true
  readonly json?: true
  readonly sarif?: true
  readonly html?: true
  readonly markdown?: true
  readonly compare?: string
  readonly scopes?: string
  readonly speedscope?: string
  readonly collapsed?: string
  readonly perfetto?: string
  readonly source?: string
  readonly vmlinux?: string
  readonly modules?: string
  readonly scenario?: string
  readonly work?: string
  readonly top: number
  readonly progress?: boolean
  readonly failOn: readonly Failure[]
}

const DETAILS = `
A TRACE is a recording by kernel-sim's recorder (NDJSON), a trace.dat of trace-cmd, or the text of
ftrace, trace-cmd report or perf script. It may be compressed with gzip or zstd. - is standard
input. Several make one report, which says in which of them each finding was seen. The README says
how to make one, and how to read the report.

Exit status: 0 when the recording was read and the kernel did what its scopes demand;
1 when --fail-on says so; 2 when TRACE cannot be read or is not a recording.

Examples:
  kernel-sim audit --example
  kernel-sim audit trace.ndjson.gz --json > facts.json
  kernel-sim audit trace.ndjson.gz --html > report.html
  kernel-sim audit monday.dat tuesday.dat wednesday.ndjson.gz
  kernel-sim audit trace.ndjson.gz --sarif > findings.sarif
  kernel-sim audit --example --scenario lost.ts && kernel-sim check ./lost.ts
  kernel-sim audit --compare before.ndjson.gz after.ndjson.gz --fail-on regression
  kernel-sim audit trace.dat --fail-on disagreement,lost-scope`

export function audit(program: Command): void {
  program
    .command('audit')
    .summary('read a recording of a real kernel and say what it shows about its scopes')
    .description(
      'Reads a recording of the allocations and work items of a real kernel. Rebuilds the scopes of each ' +
        'task, predicts the flags that every request ends up with and compares them with those that the ' +
        'kernel used. Reports which call sites still pass GFP_NOFS or GFP_NOIO although a scope says it ' +
        'already, and which work items lost the scope of the task that queued them.',
    )
    .argument('[TRACE...]', 'the recordings, or - for standard input')
    .option('--example', 'read the recording that comes with kernel-sim: XFS on Linux 6.18')
    .option('--json', 'print the facts as JSON (schema: schemas/audit.schema.json)')
    .addOption(
      new Option('--sarif', 'print the findings as SARIF 2.1.0, for code scanning tools').conflicts(
        'json',
      ),
    )
    .addOption(
      new Option('--html', 'print the report as one HTML page').conflicts(['json', 'sarif']),
    )
    .addOption(
      new Option(
        '--markdown',
        'print the report as Markdown, for a pull request or the summary of a job',
      ).conflicts(['json', 'sarif', 'html']),
    )
    .addOption(
      new Option(
        '--compare <OLD>',
        'show what changed since OLD; OLD and TRACE may also be saved --json reports',
      ).conflicts(['example', 'sarif']),
    )
    .addOption(
      new Option(
        '--scopes <FILE>',
        'borrow scopes by call path from FILE: kernel-sim record made it on the same kernel',
      ).conflicts('compare'),
    )
    .addOption(
      new Option(
        '--speedscope <FILE>',
        'also write the stacks of all requests, by scope, as a flame graph for speedscope.app',
      ).conflicts('compare'),
    )
    .addOption(
      new Option(
        '--collapsed <FILE>',
        'also write the same stacks as lines for flamegraph.pl and other viewers',
      ).conflicts('compare'),
    )
    .addOption(
      new Option(
        '--perfetto <FILE>',
        'also write what each task did when as a trace for ui.perfetto.dev',
      ).conflicts('compare'),
    )
    .addOption(
      new Option(
        '--source <DIR>',
        'show which places in this kernel source the recording exercised, and which not',
      ).conflicts('compare'),
    )
    .addOption(
      new Option(
        '--vmlinux <FILE>',
        'show the file and line of every call site and frame, from the debug information of the kernel',
      ).conflicts('compare'),
    )
    .option('--modules <DIR>', 'with --vmlinux: look in the modules below this folder too')
    .addOption(
      new Option(
        '--scenario <FILE>',
        'write a lost scope as a scenario for kernel-sim check; - prints it instead of the report',
      ).conflicts('compare'),
    )
    .option('--work <function>', 'with --scenario: take the scope that this work function lost')
    .option(
      '--top <n>',
      'show at most this many rows of each table on a terminal, 0 for all',
      wholeNumber,
      15,
    )
    .addOption(
      new Option(
        '--fail-on <what>',
        'exit with 1 on any of disagreement, damage, lost, lost-scope, regression; or on none',
      )
        .argParser(failures)
        .default(['disagreement', 'damage'], 'disagreement,damage'),
    )
    .addOption(progressOption())
    .addOption(noProgressOption())
    .addHelpText('after', DETAILS)
    .action(run)
}

async function run(paths: readonly string[], options: Options): Promise<void> {
  if (options.compare !== undefined) return await compare(options.compare, paths, options)
  if (options.failOn.includes('regression')) {
    throw new InputError('--fail-on regression compares two recordings: give --compare OLD')
  }
  const { scenario, work } = options
  if (work !== undefined && scenario === undefined) {
    throw new InputError(
      '--work says which lost scope becomes a scenario: give --scenario FILE with it',
    )
  }
  if (scenario === '-' && (options.html || options.json || options.sarif || options.markdown)) {
    throw new InputError(
      '--scenario - prints the scenario instead of the report: write it to a file to have both',
    )
  }
  for (const file of [
    scenario === '-' ? undefined : scenario,
    options.speedscope,
    options.collapsed,
    options.perfetto,
  ]) {
    if (file !== undefined) refuseExisting(file)
  }
  const { scopes, progress } = options
  if ([scopes, ...paths].filter((path) => path === '-').length > 1) {
    throw new InputError('standard input holds one recording: give files for the others')
  }
  if (options.modules !== undefined && options.vmlinux === undefined) {
    throw new InputError(
      '--modules DIR is looked in beside the kernel: give --vmlinux FILE with it',
    )
  }
  const sources = await open(paths, options)
  for (const source of sources) await refuseSavedReport(source)
  const known = scopes === undefined ? undefined : await readScopes(scopes, progress)
  const tree = options.source === undefined ? undefined : readSource(options.source)
  const timeline = options.perfetto === undefined ? undefined : new Timeline()
  const audited = await readAudit(sources, progress, { known, timeline })
  const { vmlinux, modules } = options
  const withLines =
    vmlinux === undefined ? audited : await readLines(audited, { vmlinux, modules }, progress)
  const report = tree === undefined ? withLines : withSource(withLines, tree)
  if (options.speedscope !== undefined) {
    writeNewFile(options.speedscope, speedscope(report.reading.name, report.stacks))
  }
  if (timeline !== undefined && options.perfetto !== undefined) {
    writeNewFile(options.perfetto, auditPerfetto(report.reading.name, timeline))
    if (timeline.left > 0) {
      process.stderr.write(
        `kernel-sim: ${options.perfetto} leaves out the last ${timeline.left} spans\n`,
      )
    }
  }
  if (options.collapsed !== undefined) writeNewFile(options.collapsed, collapsed(report.stacks))
  if (scenario !== undefined) writeScenario(scenario, report, options.work)
  if (scenario !== '-') process.stdout.write(written(report, paths, options))
  if (options.failOn.some((failure) => FAILURES[failure](report))) process.exitCode = EXIT.found
}

function writeScenario(file: string, report: AuditReport, work: string | undefined): void {
  const lost = lostScopeToModel(report, work)
  if (lost === undefined) {
    const names = [...new Set(report.work.lost.map(({ fn }) => fn))].join(', ')
    throw new InputError(
      names === ''
        ? 'no work item was seen to lose a scope: there is nothing to make a scenario of'
        : `${work} was not seen to lose a scope; these were: ${names}`,
    )
  }
  const source = auditScenario(lost, report)
  if (file === '-') {
    process.stdout.write(source)
    return
  }
  writeNewFile(file, source)
  process.stderr.write(`The scenario is in ${file}. Try: kernel-sim check ${file}\n`)
}

async function compare(old: string, paths: readonly string[], options: Options): Promise<void> {
  const [recent, ...others] = paths
  if (recent === undefined)
    throw new InputError('--compare needs two recordings: kernel-sim audit --compare OLD NEW')
  if (others.length > 0)
    throw new InputError('--compare takes two recordings: kernel-sim audit --compare OLD NEW')
  if (old === '-' && recent === '-')
    throw new InputError('standard input holds one recording: give a file for the other')
  const { progress, failOn } = options
  const before = await readComparable(old, progress)
  const after = await readComparable(recent, progress)
  const comparison = compareAudits(before, after)
  process.stdout.write(
    options.json ? comparisonJson(comparison) : pageIn(comparisonPage(comparison), options),
  )
  const found = failOn.some((failure) =>
    failure === 'regression'
      ? comparison.regression
      : FAILURES[failure](before) || FAILURES[failure](after),
  )
  if (found) process.exitCode = EXIT.found
}

/** The report in the form asked for. */
function written(report: AuditReport, paths: readonly string[], options: Options): string {
  if (options.json) return auditJson(report)
  if (options.sarif) {
    return auditSarif(report, {
      version: packageVersion(),
      recordings: options.example ? [undefined] : paths.map(uriOf),
    })
  }
  return pageIn(auditPage(report), options)
}

/** A page in the form asked for. */
function pageIn(page: Page, { html, markdown, top }: Options): string {
  if (html) return pageHtml(page)
  if (markdown) return pageMarkdown(page)
  return pageText(page, { rows: top, hint: '--top 0 shows all' })
}

/** A file as a URI, relative if its path is. */
function uriOf(path: string): string | undefined {
  if (path === '-') return undefined
  return isAbsolute(path) ? pathToFileURL(path).href : encodeURI(path)
}

/** Opens them all, so that one that is not there is missed before hours are spent on the others. */
async function open(paths: readonly string[], { example }: Options): Promise<Source[]> {
  if (example) {
    if (paths.length > 0) throw new InputError('give either --example or a TRACE, not both')
    return [await openExample()]
  }
  if (paths.length === 0) {
    throw new InputError('no TRACE given. Try: kernel-sim audit --example')
  }
  return await Promise.all(paths.map(openSource))
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It takes a whole number from 0.')
  return Number(text)
}

function failures(text: string): Failure[] {
  if (text === 'none') return []
  return text.split(',').map((name) => {
    if (Object.hasOwn(FAILURES, name)) return name as Failure
    throw new InvalidArgumentError(`It takes ${Object.keys(FAILURES).join(', ')}, or none.`)
  })
}
