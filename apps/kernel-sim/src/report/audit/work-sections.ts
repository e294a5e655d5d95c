/** Work sections: what tasks inside a scope delegate to workers, and where they wait. */
import type { LostScopeFact } from '../../audit/work-facts.js'
import { number, plural } from '../form/numbers.js'
import { type Part, type Section, section } from '../form/page.js'
import { names, numbers, table, text, type Value } from '../form/table.js'
import { durationText } from './duration.js'
import { waitedFor } from './findings.js'
import { lostTimeline } from './lost-timeline.js'
import type { AuditReport } from './report.js'
import { seenColumn, seenSentence, stacksOf } from './seen.js'

export function delegationSection(report: AuditReport): Section | undefined {
  const { delegations, executions, functions } = report.work
  if (delegations.length === 0) return undefined
  const withoutQueueing = functions.reduce((sum, fn) => sum + fn.withoutQueueing, 0)
  return section(
    'delegations',
    'Work items queued from inside a scope, and the scope under which they ran',
    [
      'queued: from inside the scope; of all: items of the function from anywhere. at start: a scope was set when the ' +
        'execution began. own: the function opened one itself. alloc: it allocated. unscoped: it allocated GFP_KERNEL outside ' +
        'of all scopes. waited: after so many the task that queued it slept for it, inside its scope.',
      table(delegations, {
        caption: `Work items queued from inside a scope (${plural(delegations.length, 'row')})`,
        columns: [
          names('work function', ({ fn }) => fn),
          text('how', ({ kind }) => kind),
          text('from', ({ scope }) => scope),
          numbers('queued', ({ queued }) => queued),
          numbers('of all', ({ queuedInAll }) => queuedInAll),
          numbers('ran', ({ executed }) => executed),
          numbers('at start', ({ startedInScope }) => startedInScope),
          numbers('own', ({ enteredScope }) => enteredScope),
          numbers('alloc', ({ allocating }) => allocating),
          numbers('unscoped', ({ unscoped }) => unscoped),
          numbers('waited', ({ waited }) => waited),
        ],
        stacks: { heading: 'stacks', of: ({ samples }) => stacksOf(report, 'queued by', samples) },
      }),
      `${plural(executions, 'execution')} in all, ${number(withoutQueueing)} of items whose queueing was not recorded.`,
    ],
  )
}

export function lostSection(report: AuditReport): Section | undefined {
  const { lost } = report.work
  if (lost.length === 0) return undefined
  return section('lost-scopes', 'Scopes lost on the way to a worker', [
    'Work items that were queued from inside a scope, and allocated what the scope forbids. That is a deadlock if a task ' +
      'that queued one waits for it while it holds what reclaim needs.',
    table(lost, {
      caption: `Scopes lost on the way to a worker (${plural(lost.length, 'row')})`,
      columns: [
        names('work function', ({ fn }) => fn),
        text('how', ({ kind }) => kind),
        text('queued from', ({ scope }) => scope),
        text('allocated with', ({ regained }) => regained),
        names('in', ({ site }) => site),
        names('called from', ({ caller }) => caller),
        text('passes', (row) => row.class),
        text('scope of the worker', ({ workerScope }) => workerScope),
        numbers('executions', ({ executions }) => executions),
        numbers('allocations', ({ allocations }) => allocations),
        text('waited for', (row) => waitedValue(waitedFor(row, report))),
        ...seenColumn<LostScopeFact>(report, ({ seenIn }) => seenIn),
      ],
      stacks: {
        heading: 'stacks',
        of: ({ delegated, allocated }) => [
          ...stacksOf(report, 'queued by', delegated),
          ...stacksOf(report, 'allocates', allocated),
        ],
      },
      sentences: { only: true, of: (row) => lostSentences(row, report) },
    }),
    ...timelines(report),
  ])
}

/** How many work functions are drawn. */
const DRAWN = 6

/** From the queueing of an item to its end, an example for each function. */
function timelines({ work, reading: { clock } }: AuditReport): Part[] {
  const rows = work.lostFunctions.flatMap(({ fn, example }) =>
    example === undefined ? [] : [{ fn, ...example }],
  )
  if (rows.length === 0) return []
  const after = (us: number | undefined, { queuedUs }: (typeof rows)[number]): Value =>
    us === undefined ? { text: 'not seen', tone: 'soft' } : durationText(us - queuedUs, clock)
  return [
    { heading: 'From the queue to the end: one execution of each work function' },
    {
      get pictures() {
        return rows.slice(0, DRAWN).map((row, at) => lostTimeline(`lost-${at + 1}`, row, clock))
      },
    },
    table(rows, {
      caption: 'One execution of each work function, times from its queueing on',
      columns: [
        names('work function', ({ fn }) => fn),
        names('queued by', ({ task }) => task),
        text('scope', ({ scope }) => scope),
        names('worker', ({ worker }) => worker),
        numbers('task sleeps', (row) => after(row.sleptUs, row)),
        numbers('begins', (row) => after(row.startedUs, row)),
        numbers('first allocates', (row) => after(row.allocatedUs[0], row)),
        numbers('ends', (row) => after(row.endedUs, row)),
      ],
    }),
  ]
}

function waitedValue(waited: number | undefined): Value {
  if (waited === undefined) return { text: 'unknown', tone: 'unsure' }
  return waited === 0 ? 'not seen' : { text: plural(waited, 'time'), tone: 'bad' }
}

function lostSentences(row: LostScopeFact, report: AuditReport): string[] {
  const { fn, kind, scope, regained, certain, allocations, executions } = row
  const said = [
    `${fn}: queued from a ${scope} scope, ${certain ? '' : 'may have '}allocated with ${regained} ` +
      `(${plural(allocations, 'allocation')} in ${plural(executions, 'execution')}).`,
    `allocates: ${row.site}, called from ${row.caller}, passes ${row.class}, worker in scope ${row.workerScope}`,
  ]
  said.push(...seenSentence(report, row.seenIn))
  const queued = report.work.delegations.find(
    (other) => other.fn === fn && other.kind === kind && other.scope === scope,
  )
  if (queued !== undefined && kind !== 'delayed') {
    said.push(
      `seen to wait for it: after ${number(queued.waited)} of ${plural(queued.queued, 'delegation')} ` +
        `(${plural(queued.waiters, 'task')}); slept in the scope before it was done, for whatever reason: ` +
        `after ${number(queued.slept)}`,
    )
  }
  return said
}

export function waitSection(report: AuditReport): Section | undefined {
  const { waits } = report
  if (waits.length === 0) return undefined
  return section('waits', 'Sleeps inside a scope', [
    'Where tasks waited while they kept what made them open the scope.',
    table(waits, {
      caption: `Sleeps inside a scope (${plural(waits.length, 'row')})`,
      columns: [
        names('wait', ({ wait }) => wait),
        names('in', ({ site }) => site),
        names('called from', ({ caller }) => caller),
        text('scope', ({ scope }) => scope),
        numbers('count', ({ count }) => count),
      ],
      stacks: { heading: 'stacks', of: ({ samples }) => stacksOf(report, 'sleeps', samples) },
    }),
  ])
}
