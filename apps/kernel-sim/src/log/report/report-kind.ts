/** Report kind: how a kind of report is found in a log, and taken apart. A kind is data; kinds.ts lists them. */
import type { LogLine } from '../read/log-line.js'
import type { Block } from './block.js'
import type { FoundReport } from './report.js'

export interface ReportKind {
  /** A line that begins a report. */
  readonly begins: RegExp
  /** Lines that belong to it, beside those that any report has. */
  readonly has: RegExp
  /** Returns true if a line that begins a report of this kind goes on with one that is under way. */
  goesOn?(lines: readonly LogLine[], next: LogLine): boolean
  /** No report of this kind has more lines. */
  readonly longest: number
  parse(block: Block): FoundReport
}
