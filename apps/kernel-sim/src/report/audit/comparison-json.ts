/** Audit comparison JSON: for programs. schemas/audit-comparison.schema.json describes it. */
import type { AuditComparison } from './comparison.js'

/** The comparison as one JSON document. */
export function comparisonJson(comparison: AuditComparison): string {
  const document = { format: 'kernel-sim-audit-comparison', version: 1, ...comparison }
  return `${JSON.stringify(document, null, 2)}\n`
}
