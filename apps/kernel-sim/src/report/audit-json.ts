/** Audit JSON: the report for programs. schemas/audit.schema.json describes it; a change of its meaning changes `version`. */
import type { AuditReport } from './audit-report.js'

/** The report as one JSON document. */
export function auditJson(report: AuditReport): string {
  return `${JSON.stringify({ format: 'kernel-sim-audit', version: 1, ...report }, null, 2)}\n`
}
