/** Audit headline: what an audit found, in a few lines that come first in every form of the report. */

import type { Reading } from '../../trace/read/read-trace.js'
import { number, percent, plural } from '../form/numbers.js'
import { durationText } from './duration.js'
import { lossOf } from './loss.js'
import type { AuditReport } from './report.js'
import { shortNames } from './seen.js'

/** The lines, without a full stop. */
export function headlineOf(report: AuditReport): string[] {
  return [
    `${plural(report.reading.events, 'event')}${durationOf(report)} of ${whose(report)}, ${conditionOf(report)}`,
    ...allocationsOf(report),
    lostOf(report),
  ]
}

/** What is said of allocations: of a recording without any, that it says nothing of scopes. */
function allocationsOf({ agreement, pages, requests }: AuditReport): string[] {
  const { compared, agree } = agreement
  const { checked, violations } = pages.inScopes
  if (requests.total === 0 && pages.total === 0) {
    return ['no request for memory was recorded: scopes cannot be seen in it']
  }
  return [
    compared === 0
      ? 'no page allocation could be compared with its request'
      : `${plural(compared, 'page allocation')} predicted from their requests: ${number(agree)} as predicted ` +
        `(${percent(agree, compared)})`,
    checked === 0
      ? withoutScopes(pages.inInferredScopes)
      : `${plural(checked, 'page allocation')} inside scopes: ` +
        (violations === 0
          ? 'none kept what its scope forbids'
          : `${number(violations)} VIOLATE their scope`),
  ]
}

function lostOf({ verdict, work, requests }: AuditReport): string {
  if (verdict.lostScopes > 0) {
    return `${plural(verdict.lostScopes, 'work function')} LOST the scope of the tasks that queued their items`
  }
  const perhaps = perhapsLost(work)
  if (perhaps > 0) {
    return `${plural(perhaps, 'work function')} may have lost the scope of the tasks that queued their items`
  }
  if (work.executions === 0) return 'no execution of a work item was recorded'
  return requests.total === 0
    ? `${plural(work.executions, 'execution')} of work items, of which it does not say what they allocate`
    : 'no work item was seen to lose the scope of the task that queued it'
}

/** How many work functions may have lost a scope, where the recording does not tell the scopes of workers. */
export function perhapsLost({ lostFunctions }: AuditReport['work']): number {
  return new Set(lostFunctions.filter(({ certain }) => !certain).map(({ fn }) => fn)).size
}

/** In seconds; in ticks where the clock of the recording has none. Clocks of several kinds have no sum. */
function durationOf({ time, reading }: AuditReport): string {
  if (reading.clock === 'several' || time.seconds === 0) return ''
  if (reading.clock === 'seconds') return ` in ${durationText(time.seconds * 1e6)}`
  return ` in ${number(Math.round(time.seconds * 1e9))} ticks`
}

function whose({ recordings }: AuditReport): string {
  return recordings.length === 1
    ? 'a real kernel'
    : `real kernels, ${number(recordings.length)} recordings`
}

function conditionOf({ reading, recordings }: AuditReport): string {
  const damaged =
    reading.damaged === 0
      ? 'nothing damaged'
      : `${plural(reading.damaged, 'part')} of ${damagedNames(recordings)} damaged`
  return reading.gaps === 0 ? damaged : `${damaged}, but ${lossOf(reading)}`
}

function damagedNames(recordings: readonly Reading[]): string {
  if (recordings.length === 1) return 'the recording'
  return shortNames(recordings)
    .filter((_, at) => (recordings[at]?.damaged ?? 0) > 0)
    .join(', ')
}

function withoutScopes(inferred: number): string {
  if (inferred === 0) return 'no page allocation of a task that is known to be in a scope'
  return (
    `${plural(inferred, 'page allocation')} inside scopes that functions on the stack tell; ` +
    'whether the scopes hold can be checked with recorded task flags only'
  )
}
