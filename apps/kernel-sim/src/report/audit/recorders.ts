/** Audit recorders: where the recordings come from and how complete they are, as far as their recorder says. */

import { number } from '../form/numbers.js'
import type { AuditReport } from './report.js'

/** A sentence or two for each recording that says it. */
export function recordersText({ reading }: Pick<AuditReport, 'reading'>): string[] {
  return reading.recorders.map(({ kernel, command, events, skipped }) => {
    const made = `Made under ${kernel || 'a kernel that it does not name'} by ${command || 'an unknown command'}.`
    if (events === undefined)
      return `${made} Its end is missing: it was cut, or is still being written.`
    return skipped === undefined
      ? `${made} How many events were skipped is not known.`
      : `${made} At most ${number(skipped)} events were skipped.`
  })
}
