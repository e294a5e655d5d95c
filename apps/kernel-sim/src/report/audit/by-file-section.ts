/** By file section: the call sites that pass a flag by the file and line of source that they stand on. */
import { verdictOf } from '../../audit/call-sites.js'
import type { SourceLine } from '../../trace/symbolize/source-line.js'
import { number, plural } from '../form/numbers.js'
import { type Section, section } from '../form/page.js'
import { names, numbers, table, text } from '../form/table.js'
import { lineOf, placeText } from './lines.js'
import type { AuditReport } from './report.js'

/** The requests from one line, with flags of one class. */
interface LineRow {
  readonly at: SourceLine
  /** The function on the stack: another than that of the line where the compiler inlined it. */
  readonly inlinedInto: string
  readonly class: string
  requests: number
  covered: number
  uncovered: number
  unknown: number
}

export function byFileSection(report: AuditReport): Section | undefined {
  const { lines } = report
  if (lines === undefined) return undefined
  const rows = lineRows(report)
  const files = [...new Set(rows.map(({ at }) => at.file))].map((file) => {
    const places = rows.filter(({ at }) => at.file === file)
    const sum = (of: (row: LineRow) => number) => places.reduce((all, row) => all + of(row), 0)
    return {
      file,
      lines: new Set(places.map(({ at }) => at.line)).size,
      requests: sum((row) => row.requests),
      covered: sum((row) => row.covered),
      uncovered: sum((row) => row.uncovered),
      unknown: sum((row) => row.unknown),
    }
  })
  return section('by-file', 'The same call sites by file and line', [
    `${number(lines.located)} of ${plural(lines.frames, 'return address', 'return addresses')} have a line, from ${lines.binaries.join(', ')}` +
      `${lines.missing === 0 ? '' : `; without one: ${number(lines.missing)} of functions that no binary given has (--modules names the folder of modules)`}` +
      `${lines.ambiguous === 0 ? '' : `; ${number(lines.ambiguous)} that could be in several functions of one name`}` +
      `${lines.contradicting === 0 ? '' : `; ${number(lines.contradicting)} that are not in the function that they name`}.`,
    rows.length === 0
      ? undefined
      : table(files, {
          caption: `Files (${plural(files.length, 'row')})`,
          columns: [
            names('file', ({ file }) => file),
            numbers('lines', (row) => row.lines),
            numbers('requests', ({ requests }) => requests),
            numbers('covered', ({ covered }) => covered),
            numbers('uncovered', ({ uncovered }) => uncovered),
            numbers('unknown', ({ unknown }) => unknown),
          ],
        }),
    rows.length === 0
      ? undefined
      : table(rows, {
          caption: `Lines (${plural(rows.length, 'row')})`,
          columns: [
            names('line', ({ at }) => placeText(at)),
            names('function', ({ at }) => at.fn),
            names('inlined into', ({ at, inlinedInto }) =>
              at.fn === inlinedInto ? '' : inlinedInto,
            ),
            text('passes', (row) => row.class),
            numbers('requests', ({ requests }) => requests),
            numbers('covered', ({ covered }) => covered),
            text('verdict', ({ covered, uncovered, unknown }) =>
              verdictOf(covered, uncovered, unknown),
            ),
          ],
        }),
  ])
}

/** By file, in each by line. */
function lineRows(report: AuditReport): LineRow[] {
  const rows = new Map<string, LineRow>()
  for (const { stack, class: name, coverage, requests } of report.stacks) {
    const { site } = stack.callSite ?? {}
    if (coverage === undefined || site === undefined) continue
    const frame = stack.frames[stack.functions.indexOf(site)] ?? site
    const at = lineOf(report, frame)
    if (at === undefined) continue
    const key = [at.file, at.line, at.fn, site, name].join('\n')
    const row = rows.get(key) ?? {
      at,
      inlinedInto: report.lines?.lines[frame]?.at(-1)?.fn ?? site,
      class: name,
      requests: 0,
      covered: 0,
      uncovered: 0,
      unknown: 0,
    }
    row.requests += requests
    if (coverage === 'covered') row.covered += requests
    else if (coverage === 'unknown') row.unknown += requests
    else row.uncovered += requests
    rows.set(key, row)
  }
  return [...rows.values()].sort(
    (a, b) => (a.at.file < b.at.file ? -1 : a.at.file > b.at.file ? 1 : 0) || a.at.line - b.at.line,
  )
}
