/** Work list section: what to do, in a table. */
import { plural } from '../form/numbers.js'
import { type Section, section } from '../form/page.js'
import { names, numbers, table, text } from '../form/table.js'
import type { AuditReport } from './report.js'
import { seenColumn } from './seen.js'
import type { Task } from './work-list.js'

const ACTIONS: Readonly<Record<Task['action'], string>> = {
  'drop-flag': 'the flag can go',
  'scope-first': 'scope first, here',
  decide: 'look at the call paths',
  convey: 'convey, or re-open here',
}

export function workListSection(report: AuditReport): Section | undefined {
  const { workList } = report
  if (workList.length === 0) return undefined
  return section('work-list', 'What to do, as far as the recording goes', [
    'Scope first: all uncovered call paths come through this function, and no covered one does. Once a scope is open there, the ' +
      'flags of these call sites can go. Look at the call paths: no single function would do. Settles: requests; of a work ' +
      'function to convey to, executions.',
    table(workList, {
      caption: `What to do (${plural(workList.length, 'row')})`,
      columns: [
        names('function', ({ where }) => where),
        text('what', ({ action }) => ACTIONS[action]),
        text('scope', (task) => task.class),
        numbers('settles', ({ settles }) => settles),
        ...seenColumn<Task>(report, ({ seenIn }) => seenIn),
        names('call sites', ({ sites }) => sites.join(', ')),
      ],
    }),
  ])
}
