/** Audit headline: what an audit found, in a few lines that come first in every form of the report. */

import { number, percent, plural } from '../form/numbers.js'
import type { AuditReport } from './report.js'

/** The lines, without a full stop. */
export function headlineOf({ reading, time, agreement, pages, verdict }: AuditReport): string[] {
  const { compared, agree } = agreement
  const scoped = pages.invariants.reduce((sum, { checked }) => sum + checked, 0)
  const violations = pages.invariants.reduce((sum, invariant) => sum + invariant.violations, 0)
  return [
    `${plural(reading.events, 'event')} in ${time.seconds.toFixed(1)} s of a real kernel, ` +
      (reading.damaged === 0
        ? 'nothing damaged'
        : `${plural(reading.damaged, 'part')} of the recording damaged`),
    compared === 0
      ? 'no page allocation could be compared with its request'
      : `${plural(compared, 'page allocation')} predicted from their requests: ${number(agree)} as predicted ` +
        `(${percent(agree, compared)})`,
    scoped === 0
      ? 'no page allocation of a task that is known to be in a scope'
      : `${plural(scoped, 'page allocation')} inside scopes: ` +
        (violations === 0
          ? 'none kept what its scope forbids'
          : `${number(violations)} VIOLATE their scope`),
    verdict.lostScopes === 0
      ? 'no work item was seen to lose the scope of the task that queued it'
      : `${plural(verdict.lostScopes, 'work function')} LOST the scope of the tasks that queued their items`,
  ]
}
