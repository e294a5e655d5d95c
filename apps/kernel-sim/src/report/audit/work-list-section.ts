/** Work list section: what to do, in a table. */
import type { UnderFact } from '../../audit/under.js'
import { number, plural } from '../form/numbers.js'
import { type Part, type Section, section } from '../form/page.js'
import { names, numbers, table, text } from '../form/table.js'
import type { AuditReport } from './report.js'
import { seenColumn } from './seen.js'
import type { Task } from './work-list.js'

const ACTIONS: Readonly<Record<Task['action'], string>> = {
  'drop-flag': 'the flag can go',
  'drop-in-caller': 'it can go if passed here',
  'scope-first': 'scope first, here',
  decide: 'look at the call paths',
  convey: 'convey, or re-open here',
}

export function workListSection(report: AuditReport): Section | undefined {
  const { workList } = report
  if (workList.length === 0) return undefined
  return section('work-list', 'What to do, as far as the recording goes', [
    'Scope first: all uncovered call paths come through this function, and no covered one does. Once a scope is open there, the ' +
      'flags of these call sites can go. It can go if passed here: the call site is not always covered, but it is when this function calls it, ' +
      'so that the flag can go where this function is the one that passes it. Look at the call paths: no single function would do. Settles: requests; of a work ' +
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
    ...scopesTable(workList),
  ])
}

/** What a scope would change besides, where one has to come first. */
function scopesTable(workList: readonly Task[]): Part[] {
  const scopes = workList.flatMap(({ where, class: name, under }) =>
    under === undefined ? [] : [{ where, name, ...under }],
  )
  if (scopes.length === 0) return []
  return [
    'What else would come under such a scope: requests that were seen while its function was on the stack. Restricted: they may do ' +
      'more than the scope allows, and are in none today; they get what they asked for only while the reclaim that is left suffices.',
    table(scopes, {
      caption: `What would come under each scope (${plural(scopes.length, 'row')})`,
      columns: [
        names('scope in', ({ where }) => where),
        text('scope', ({ name }) => name),
        numbers('requests', ({ requests }) => requests),
        numbers('flag can go', ({ explicit }) => explicit),
        numbers('restricted', ({ restricted }) => restricted),
        numbers('unchanged', ({ unchanged }) => unchanged),
        numbers('unknown', ({ unknown }) => unknown),
        text('restricted, or perhaps', ({ sites }) => ({ lines: sites.map(siteText) })),
        text('it calls', ({ calls }) => ({ lines: calls.map(callText) })),
      ],
      sentences: {
        only: true,
        of: ({ where, name, requests, explicit, restricted, unchanged, unknown, sites, calls }) => [
          `A ${name} scope in ${where}: ${plural(requests, 'request')} would come under it. The flag of ${number(explicit)} can go, ` +
            `${number(restricted)} would be restricted, ${number(unchanged)} unchanged` +
            `${unknown === 0 ? '' : `, of ${number(unknown)} the scope is unknown`}.`,
          ...(sites.length === 0
            ? []
            : [`restricted, or perhaps: ${sites.map(siteText).join(', ')}`]),
          `it calls, on the way to them: ${calls.map(callText).join(', ')}`,
        ],
      },
    }),
  ]
}

function siteText({ site, class: name, requests }: UnderFact['sites'][number]): string {
  return `${site} (GFP_${name}, ${number(requests)})`
}

function callText({ fn, requests }: UnderFact['calls'][number]): string {
  return `${fn} (${number(requests)})`
}
