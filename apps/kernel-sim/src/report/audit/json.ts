/** Audit JSON: the report for programs. schemas/audit.schema.json describes it; a change of its meaning changes `version`. */
import type { AuditReport } from './report.js'

/** What a report begins with. */
export const AUDIT_FORMAT = { format: 'kernel-sim-audit', version: 1 } as const

/** The report as one JSON document. */
export function auditJson({ stacks: _, ...report }: AuditReport): string {
  return `${JSON.stringify({ ...AUDIT_FORMAT, ...report }, null, 2)}\n`
}
