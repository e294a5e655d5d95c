/** Audit headline: what an audit found, in a few lines that come first in every form of the report. */

import type { Reading } from '../../trace/read/read-trace.js'
import { number, percent, plural } from '../form/numbers.js'
import { lossOf } from './loss.js'
import type { AuditReport } from './report.js'
import { shortNames } from './seen.js'

/** The lines, without a full stop. */
export function headlineOf(report: AuditReport): string[] {
  const { reading, agreement, pages, verdict } = report
  const { compared, agree } = agreement
  const { checked, violations } = pages.inScopes
  return [
    `${plural(reading.events, 'event')}${durationOf(report)} of ${whose(report)}, ${conditionOf(report)}`,
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
    verdict.lostScopes === 0
      ? 'no work item was seen to lose the scope of the task that queued it'
      : `${plural(verdict.lostScopes, 'work function')} LOST the scope of the tasks that queued their items`,
  ]
}

/** In seconds; in ticks where the clock of the recording has none. Clocks of several kinds have no sum. */
function durationOf({ time, reading }: AuditReport): string {
  if (reading.clock === 'several') return ''
  if (reading.clock === 'seconds') return ` in ${time.seconds.toFixed(1)} s`
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
