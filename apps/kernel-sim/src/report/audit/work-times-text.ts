/** Work times text: what workers did, in sentences. */
import { type Durations, FLUSH, type WorkTimesFact } from '../../audit/work-times.js'
import type { Reading } from '../../trace/read/read-trace.js'
import { number, plural } from '../form/numbers.js'
import { durationText } from './duration.js'

type Clock = Reading['clock']

/** What workers did, in a sentence or two. */
export function workTimesText({
  workTimes,
  clock,
}: {
  readonly workTimes: readonly WorkTimesFact[]
  readonly clock: Clock
}): string[] {
  const rows = workTimes.filter(({ fn, executions }) => fn !== FLUSH && executions > 0)
  if (rows.length === 0) return []
  const executions = rows.reduce((sum, row) => sum + row.executions, 0)
  const flushes = workTimes.find(({ fn }) => fn === FLUSH)?.executions ?? 0
  const longest = [
    longestOf(rows, ({ delay }) => delay, 'the longest wait for a worker', clock),
    longestOf(rows, ({ run }) => run, 'the longest execution', clock),
  ].filter((text) => text !== '')
  const flushed = rows.filter((row) => row.flushed > 0).sort((a, b) => b.flushed - a.flushed)
  const [most] = flushed
  return [
    `Workers executed ${plural(executions, 'work item')} of ${plural(rows.length, 'function')}` +
      `${flushes === 0 ? '' : `, and ${FLUSH} ${plural(flushes, 'time')}`}` +
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
