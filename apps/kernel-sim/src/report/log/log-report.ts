/** Log report: what was read of some logs, and what it means. Every form of the report is made of this. */
import type { LogExplanation } from '../../log/explain.js'

/** One log. */
export interface LogReport extends LogExplanation {
  /** What to call it. */
  readonly name: string
  /** How many lines it has, and how many of them are too long for a line of a kernel's. */
  readonly lines: number
  readonly oversize: number
  /** Why reading ended before the end, if it did. */
  readonly cut: string | undefined
}
