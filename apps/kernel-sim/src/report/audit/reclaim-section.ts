/** Reclaim section: who entered reclaim, under which restriction, and for how long. */
import type { ReclaimFact, ReclaimTaskFact } from '../../audit/reclaim.js'
import { number, plural } from '../form/numbers.js'
import { type Section, section } from '../form/page.js'
import { type Column, names, numbers, table, text } from '../form/table.js'
import type { AuditReport } from './report.js'
import { stacksOf } from './seen.js'

export function reclaimSection(report: AuditReport): Section | undefined {
  const { entries, tasks, shrinkers, restricted } = report.reclaim
  if (entries.length === 0 && shrinkers.length === 0) return undefined
  return section('reclaim', 'Reclaim', [
    `Kept out of the filesystem: ${plural(restricted.byScope, 'entry', 'entries')} by a scope, ` +
      `${number(restricted.byCaller)} by the flags that the caller passed` +
      `${restricted.unknown === 0 ? '' : `, ${number(restricted.unknown)} by one or the other, since the scope of the task is unknown`}. ` +
      'Times are in microseconds.',
    entries.length === 0
      ? undefined
      : table(entries, {
          caption: `Entries into reclaim (${plural(entries.length, 'row')})`,
          columns: [
            names('on behalf of', ({ site }) => site),
            names('called from', ({ caller }) => caller),
            ...reclaimColumns(),
          ],
          stacks: {
            heading: 'stacks',
            of: ({ samples }) => stacksOf(report, 'enters', samples),
          },
        }),
    tasks.length === 0
      ? undefined
      : table(tasks, {
          caption: 'Tasks in reclaim',
          columns: [names('task', ({ comm }) => comm), ...reclaimColumns()],
        }),
    shrinkers.length === 0
      ? undefined
      : table(shrinkers, {
          caption: 'Runs of shrinkers',
          columns: [
            names('shrinker', ({ shrinker }) => shrinker),
            names('task', ({ comm }) => comm),
            text('scope', ({ scope }) => scope),
            text('may do', (row) => row.class),
            numbers('runs', (row) => row.runs),
            numbers('ended', ({ ended }) => ended),
            ...timeColumns(),
          ],
        }),
  ])
}

/** What is said of entries into reclaim, whoever they are counted for. */
function reclaimColumns(): Column<ReclaimTaskFact | ReclaimFact>[] {
  return [
    text('reclaim', ({ kind }) => kind),
    text('scope', ({ scope }) => scope),
    text('may do', (row) => row.class),
    numbers('entries', (row) => row.entries),
    numbers('pages', ({ reclaimed }) => reclaimed),
    ...timeColumns(),
  ]
}

/** How long something took, in all and at most. */
function timeColumns(): Column<{ readonly totalUs: number; readonly maxUs: number }>[] {
  return [
    numbers('time', ({ totalUs }) => Math.round(totalUs)),
    numbers('longest', ({ maxUs }) => Math.round(maxUs)),
  ]
}
