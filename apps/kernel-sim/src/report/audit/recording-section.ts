/** Recording section: what a recording has, and how complete it is. */
import { number, plural } from '../form/numbers.js'
import { type Section, section } from '../form/page.js'
import { numbers, table, text } from '../form/table.js'
import { lossOf } from './loss.js'
import { recordersText } from './recorders.js'
import type { AuditReport } from './report.js'

export function recordingSection(report: AuditReport): Section | undefined {
  const { reading, events, tasks, time } = report
  const { format, lines, blank, ignored, gaps, strayStacks } = reading
  const scopes = tasks.scopes.map(({ scope, opened }) => `${scope} ${number(opened)}`).join(', ')
  const notes = [
    `${plural(tasks.tasks, 'task')}. Scopes seen to open: ${scopes || 'none'}.`,
    `${plural(lines, format === 'trace.dat' ? 'record' : 'line')}${blank > 0 ? `, ${number(blank)} of them empty or comments` : ''}.`,
    ...recordersText(report),
  ]
  if (ignored > 0) notes.push(`${plural(ignored, 'event')} of other kinds left aside.`)
  if (gaps > 0) notes.push(`${lossOf(reading)}, as the recorder says.`)
  if (strayStacks > 0)
    notes.push(`${plural(strayStacks, 'stack')} of no recorded event left aside.`)
  if (time.recordings > 1) notes.push(`${number(time.recordings)} recordings, one after the other.`)
  if (time.outOfOrder > 0) notes.push(`${plural(time.outOfOrder, 'event')} stood after later ones.`)
  return section('recording', 'The recording', [
    table(Object.entries(events), {
      caption: 'Events by kind',
      columns: [text('event', ([event]) => event), numbers('count', ([, count]) => count)],
    }),
    ...notes,
  ])
}
