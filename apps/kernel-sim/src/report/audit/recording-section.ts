/** Recording section: what a recording has, and how complete it is. */
import type { Reading } from '../../trace/read/read-trace.js'
import { number, plural } from '../form/numbers.js'
import { type Section, section } from '../form/page.js'
import { names, numbers, table, text } from '../form/table.js'
import { lossOf } from './loss.js'
import { recordersText } from './recorders.js'
import type { AuditReport } from './report.js'
import { shortNames } from './seen.js'

/** What recordings consist of, where not of lines. */
const UNITS: Partial<Record<Reading['format'], readonly [one: string, many: string]>> = {
  'trace.dat': ['record', 'records'],
  several: ['line or record', 'lines and records'],
}

/** Which recordings there are, where there are several: tables name them by their numbers. */
export function recordingsSection({ recordings }: AuditReport): Section | undefined {
  if (recordings.length === 1) return undefined
  const shown = shortNames(recordings)
  return section('recordings', 'The recordings', [
    'Tables say by these numbers in which recordings something was seen.',
    table(
      recordings.map((reading, at) => ({ at, reading })),
      {
        caption: `The recordings (${plural(recordings.length, 'row')})`,
        columns: [
          numbers('number', ({ at }) => at + 1),
          names('recording', ({ at }) => shown[at] ?? ''),
          text('format', ({ reading }) => reading.format),
          numbers('events', ({ reading }) => reading.events),
          numbers('damaged', ({ reading }) => reading.damaged),
          numbers('events lost', ({ reading }) => reading.lost),
          numbers('gaps', ({ reading }) => reading.gaps),
        ],
      },
    ),
  ])
}

export function recordingSection(report: AuditReport): Section | undefined {
  const { reading, events, tasks, time } = report
  const { format, lines, blank, ignored, gaps, strayStacks } = reading
  const scopes = tasks.scopes.map(({ scope, opened }) => `${scope} ${number(opened)}`).join(', ')
  const notes = [
    `${plural(tasks.tasks, 'task')}. Scopes seen to open: ${scopes || 'none'}.`,
    `${plural(lines, UNITS[format]?.[0] ?? 'line', UNITS[format]?.[1])}${blank > 0 ? `, ${number(blank)} of them empty or comments` : ''}.`,
    ...recordersText(report),
  ]
  if (ignored > 0) notes.push(`${plural(ignored, 'event')} of other kinds left aside.`)
  if (gaps > 0) notes.push(`${lossOf(reading)}, as the recorder says.`)
  if (strayStacks > 0)
    notes.push(`${plural(strayStacks, 'stack')} of no recorded event left aside.`)
  if (time.recordings > report.recordings.length) {
    notes.push(`${number(time.recordings)} recordings, one after the other.`)
  }
  if (time.outOfOrder > 0) notes.push(`${plural(time.outOfOrder, 'event')} stood after later ones.`)
  const title = report.recordings.length === 1 ? 'The recording' : 'The recordings in sum'
  return section('recording', title, [
    table(Object.entries(events), {
      caption: 'Events by kind',
      columns: [text('event', ([event]) => event), numbers('count', ([, count]) => count)],
    }),
    ...notes,
  ])
}
