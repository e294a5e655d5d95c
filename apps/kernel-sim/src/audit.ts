/**
 * The face of @scopemask/kernel-sim/audit: recordings of real kernels, for programs that run in Node.
 * @module audit
 */
export type { AuditFacts } from './audit/audit.js'
export { type AuditOptions, auditTrace } from './audit-trace.js'
export { InputError } from './input-error.js'
export type { AuditReport, Verdict } from './report/audit/report.js'
export type { Reading } from './trace/read/read-trace.js'
