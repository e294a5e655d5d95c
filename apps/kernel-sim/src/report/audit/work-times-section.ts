/** Work times section: how long items waited for a worker, and how long they ran. */
import { type Durations, FLUSH, type WorkTimesFact } from '../../audit/work-times.js'
import { plural } from '../form/numbers.js'
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
