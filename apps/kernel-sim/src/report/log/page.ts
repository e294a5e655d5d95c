/** Log page: the report on logs before it has a form. */
import {
  type Arithmetic,
  type Explained,
  type Fix,
  KIND_NAMES,
  type LogVerdict,
  VERDICTS,
} from '../../log/judge/explained.js'
import type { UnexplainedReports } from '../../log/report/unexplained-counter.js'
import { number, plural } from '../form/numbers.js'
import { type Page, type Part, type Section, section, sections } from '../form/page.js'
import { numbers, type Table, table, text } from '../form/table.js'
import { chainDrawing } from './drawing.js'
import type { LogReport } from './log-report.js'

/** Verdicts that ask nobody to do anything. */
const QUIET: ReadonlySet<LogVerdict> = new Set(['false-alarm', 'harmless', 'explained'])

/** @param top so many beginnings of other lines are listed; 0 stands for all */
export function logPage(logs: readonly LogReport[], top: number): Page {
  const reports = logs.flatMap((log) => log.reports.map((report) => ({ log, report })))
  const [only] = logs
  const title = `kernel-sim explain of ${logs.length === 1 ? only?.name : plural(logs.length, 'log')}`
  return {
    title,
    lead: logs.flatMap((log) => leadOf(log, logs.length > 1)),
    marks: [...new Set(reports.map(({ report }) => report.verdict))].map((verdict) => ({
      good: QUIET.has(verdict),
      text: verdict,
    })),
    sections: sections([
      ...reports.map(({ log, report }, i) =>
        reportSection(report, i + 1, logs.length > 1 ? log.name : undefined),
      ),
      ...logs.map((log, i) => unexplainedSection(log, i)),
      ...logs.map((log, i) => otherLines(log, i, top)),
    ]),
  }
}

/** What somebody should know whose log has none of it. */
const EXPLAINED =
  'explained are: lockdep, blocked tasks (hung tasks, SysRq w), workqueues, failed allocations, the OOM killer, sleeps in atomic context, lockups, RCU stalls'

/** The first titles, as the log has them. */
function namesOf(unexplained: readonly UnexplainedReports[]): string {
  const [first, second, ...more] = unexplained.map(({ title }) => title)
  return [first, second, ...(more.length > 0 ? ['...'] : [])].filter(Boolean).join('; ')
}

function leadOf(
  { name, lines, reports, found, unexplained, idle, oversize, cut, dropped }: LogReport,
  several: boolean,
): string[] {
  const unknown = unexplained.reduce((sum, { count }) => sum + count, 0)
  const verdicts = [...new Set(reports.map(({ verdict }) => verdict))].join(', ')
  const repeated = found > reports.length ? ` (${plural(found, 'report')} in the log)` : ''
  return [
    `${several ? `${name}: ` : ''}${plural(lines, 'line')}, ${
      reports.length === 0
        ? `no report of a kind that is ${unknown > 0 ? 'explained' : 'known'}`
        : `${plural(reports.length, 'finding')}: ${verdicts}${repeated}`
    }`,
    ...(unknown > 0
      ? [
          `${plural(unknown, 'report')} of ${unknown === 1 ? 'a kind' : 'kinds'} that ${unknown === 1 ? 'is' : 'are'} not explained: ${namesOf(unexplained)}`,
        ]
      : []),
    ...(idle > 0
      ? [`${plural(idle, 'task')} shown that ${idle === 1 ? 'is' : 'are'} not blocked`]
      : []),
    ...(reports.length === 0 ? [EXPLAINED] : []),
    ...(oversize > 0 ? [`${plural(oversize, 'line')} too long for a kernel's: left aside`] : []),
    ...(cut === undefined ? [] : [`the log breaks off: ${cut}`]),
    ...(dropped > 0
      ? [`${plural(dropped, 'further report')} of other kinds and places, not kept`]
      : []),
  ]
}

function reportSection(report: Explained, index: number, log: string | undefined): Section {
  const { kind, verdict, confidence, summary, kernel, first, last, count, reasons, decides } =
    report
  const { fixes, missing, place, arithmetic, time } = report
  const where = [
    `${log === undefined ? '' : `${log}, `}lines ${number(first)} to ${number(last)}`,
    ...(time === undefined ? [] : [`${time.toFixed(3)} s after the boot`]),
    ...(kernel === undefined ? [] : [`Linux ${kernel}`]),
    ...(count > 1 ? [`found ${number(count)} times, this is the first`] : []),
  ].join('; ')
  const rests = [...new Set(report.lines)].map(number).join(', ')
  const parts: (Part | undefined)[] = [
    `${summary} (${where}.)`,
    `Verdict: ${verdict}, ${VERDICTS[verdict]}. Confidence: ${confidence}. It rests on lines ${rests}.`,
    chainDrawing(report),
    ...listed('Why:', reasons),
    ...arithmetic.flatMap((each) => [`${each.title}.`, arithmeticTable(each)]),
    ...listed('What would decide it:', decides),
    ...hintsOf(report),
    place === undefined
      ? undefined
      : `Where: ${place.fn}, called from ${place.caller} (line ${number(place.line)}).`,
    ...listed('Fixes of this kind in the history of the kernel:', fixes.map(fixText)),
    missing.length === 0 ? undefined : `Missing in the log: ${missing.join(', ')}.`,
  ]
  return section(`report-${index}`, `${index}. ${KIND_NAMES[kind]}: ${verdict}`, parts) as Section
}

function listed(heading: string, items: readonly string[]): Part[] {
  return items.length === 0 ? [] : [heading, { items }]
}

function fixText({ what, commits }: Fix): string {
  return [what, ...commits.map(({ id, subject }) => `${id} ("${subject}")`)].join(' ')
}

function arithmeticTable({ title, columns, rows }: Arithmetic): Table {
  return table(rows, {
    caption: title,
    columns: columns.map(({ heading, align }, i) => ({
      heading,
      align,
      value: (row: readonly string[]) => row[i] ?? '',
    })),
  })
}

/** What else this command can do about it. */
function hintsOf({ gfp, decides }: Explained): string[] {
  return [
    ...(decides.some((each) => each.includes('trace'))
      ? ['kernel-sim audit reads traces, and says which call sites were in a scope.']
      : []),
    ...(gfp !== undefined && gfp.kernel === undefined
      ? ['Give --kernel for the names of the flags in that kernel.']
      : []),
  ]
}

/** Reports that are told by their titles, and of which nothing else is said. */
function unexplainedSection({ unexplained, name }: LogReport, index: number): Section | undefined {
  if (unexplained.length === 0) return undefined
  return section(`unexplained-${index + 1}`, `Reports of ${name} that are not explained`, [
    table(unexplained, {
      caption: 'Reports by their titles',
      columns: [
        numbers('count', ({ count }) => count),
        numbers('first on line', ({ first }) => first),
        text('what', ({ sort }) => sort),
        text('title', ({ title }) => title),
      ],
    }),
  ])
}

/** What is not known is counted by its first words. */
function otherLines({ others, name }: LogReport, index: number, top: number): Section | undefined {
  if (others.length === 0) return undefined
  const shown = top === 0 ? others : others.slice(0, top)
  const rest = others.slice(shown.length)
  const more = rest.reduce((sum, { count }) => sum + count, 0)
  return section(`others-${index + 1}`, `Other lines of ${name}, by their first words`, [
    table(shown, {
      caption: 'Lines that belong to no report',
      columns: [
        numbers('count', ({ count }) => count),
        numbers('first on line', ({ first }) => first),
        text('words', ({ words }) => words),
      ],
    }),
    ...(rest.length === 0
      ? []
      : [`... and ${plural(more, 'line')} with ${number(rest.length)} other beginnings: --top 0.`]),
  ])
}
