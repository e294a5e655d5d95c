/** Work times section: how long items waited for a worker, and how long they ran. */
import { type Durations, FLUSH, type WorkTimesFact } from '../../audit/work-times.js'
import { number, plural } from '../form/numbers.js'
import { type Section, section } from '../form/page.js'
import { names, numbers, table, type Value } from '../form/table.js'
import { durationText } from './duration.js'
import type { AuditReport } from './report.js'

type Clock = AuditReport['reading']['clock']

export function workTimesSection({ workTimes, reading }: AuditReport): Section | undefined {
  const rows = workTimes.filter(({ fn }) => fn !== FLUSH)
  if (rows.length === 0) return undefined
  const time = (of: (row: WorkTimesFact) => Durations, which: 'mean' | 'longest') => {
    return (row: WorkTimesFact) => durationValue(of(row), which, reading.clock)
  }
  return section(
    'work-times',
    'Work items: how long they waited for a worker, and how long they ran',
    [
      `Delay: from the queueing of an item to the beginning of its execution. Flushed: after so many executions the worker ran ${FLUSH}, ` +
        'which flush_work() queues behind an item to be told of its end.',
      table(rows, {
        caption: `Work items by function (${plural(rows.length, 'row')})`,
        columns: [
          names('work function', ({ fn }) => fn),
          numbers('queued', ({ queued }) => queued),
          numbers('ran', ({ executions }) => executions),
          numbers(
            'mean delay',
            time(({ delay }) => delay, 'mean'),
          ),
          numbers(
            'longest',
            time(({ delay }) => delay, 'longest'),
          ),
          numbers(
            'mean run',
            time(({ run }) => run, 'mean'),
          ),
          numbers(
            'longest run',
            time(({ run }) => run, 'longest'),
          ),
          numbers('flushed', ({ flushed }) => flushed),
        ],
      }),
    ],
  )
}

function durationValue(of: Durations, which: 'mean' | 'longest', clock: Clock): Value {
  if (of.count === 0) return { text: 'unknown', tone: 'soft' }
  return durationText(which === 'mean' ? of.totalUs / of.count : of.maxUs, clock)
}

/** What workers did, in a sentence or two. */
export function workTimesText({
  workTimes,
  clock,
}: Pick<AuditReport, 'workTimes'> & { readonly clock: Clock }): string[] {
  const rows = workTimes.filter(({ fn, executions }) => fn !== FLUSH && executions > 0)
  if (rows.length === 0) return []
  const executions = rows.reduce((sum, row) => sum + row.executions, 0)
  const longest = [
    longestOf(rows, ({ delay }) => delay, 'the longest wait for a worker', clock),
    longestOf(rows, ({ run }) => run, 'the longest execution', clock),
  ].filter((text) => text !== '')
  const flushed = rows.filter((row) => row.flushed > 0).sort((a, b) => b.flushed - a.flushed)
  const [most] = flushed
  return [
    `Workers executed ${plural(executions, 'work item')} of ${plural(rows.length, 'function')}` +
      `${longest.length === 0 ? '' : `; ${longest.join(', ')}`}.`,
    ...(most === undefined
      ? []
      : [
          `Somebody waited with flush_work() for items of ${plural(flushed.length, 'function')}, most often of ${most.fn} ` +
            `(${number(most.flushed)} of ${plural(most.executions, 'execution')}): under a lock that the item needs, or that reclaim needs while the item allocates, that is a deadlock.`,
        ]),
  ]
}

function longestOf(
  rows: readonly WorkTimesFact[],
  of: (row: WorkTimesFact) => Durations,
  what: string,
  clock: Clock,
): string {
  const [first] = rows.filter((row) => of(row).count > 0).sort((a, b) => of(b).maxUs - of(a).maxUs)
  return first === undefined
    ? ''
    : `${what} took ${durationText(of(first).maxUs, clock)} (${first.fn})`
}
