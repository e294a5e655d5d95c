/** Memory JSON: the report for programs. schemas/replay-memory.schema.json describes it; a change of its meaning changes `version`. */
import type { MemoryReport } from './report.js'

/** The report as one JSON document. */
export function memoryJson(report: MemoryReport): string {
  return `${JSON.stringify({ format: 'kernel-sim-replay-memory', version: 1, ...report }, null, 2)}\n`
}
