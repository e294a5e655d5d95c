/** Audit report: the facts of an audit together with what follows from them. Every form of the report is made of this. */
import type { AuditFacts } from '../../audit/audit.js'
import type { RequestStack } from '../../audit/request-stacks.js'
import { type SourceFacts, type SourceTree, sourceFacts } from '../../audit/source-coverage.js'
import { joinedReading } from '../../trace/read/joined-reading.js'
import type { Reading } from '../../trace/read/read-trace.js'
import type { LinesFact } from './lines-fact.js'
import { meaningOf } from './meaning.js'
import { type Task, workListOf } from './work-list.js'

/** The outcome in short, for scripts. */
export interface Verdict {
  /** True if kernel and model agree: every prediction, and every rule about flags inside scopes. */
  readonly agrees: boolean
  /** True if parts of the recording could not be read. */
  readonly damaged: boolean
  /** True if the recorder lost events. */
  readonly lost: boolean
  /** How many work functions allocated what the scope of whoever delegated to them forbids. */
  readonly lostScopes: number
}

export interface AuditReport extends AuditFacts {
  /** What was read: of several recordings the sum. */
  readonly reading: Reading
  /** The same for each recording, in the order of their numbers. */
  readonly recordings: readonly Reading[]
  /** What follows from the facts. */
  readonly verdict: Verdict
  /** What it means, in sentences. */
  readonly meaning: readonly string[]
  /** What the source has, where it was given. */
  readonly source?: SourceFacts | undefined
  /** The lines of source of its frames, where the binaries of the kernel were given. */
  readonly lines?: LinesFact | undefined
  /** What to do about it. */
  readonly workList: readonly Task[]
  /** The stacks of all requests, as far as they are kept: the JSON of a report does not have them. */
  readonly stacks: readonly RequestStack[]
}

/** The report with what the source of the kernel has; by lines, where the report has them already. */
export function withSource(report: AuditReport, tree: SourceTree): AuditReport {
  const { callSites, stacks, lines } = report
  const known = lines === undefined ? undefined : new Map(Object.entries(lines.lines))
  return {
    ...report,
    source: sourceFacts(tree, { explicit: callSites.explicit, stacks, lines: known }),
  }
}

/**
 * Draws the conclusions.
 * @param recordings what was read of each recording, at least one.
 * @param stacks those of all requests.
 */
export function auditReport(
  recordings: readonly Reading[],
  facts: AuditFacts,
  stacks: readonly RequestStack[] = [],
): AuditReport {
  const { agreement, pages, work } = facts
  const reading = joinedReading(recordings)
  return {
    verdict: {
      agrees: agreement.agree === agreement.compared && pages.inScopes.violations === 0,
      damaged: reading.damaged > 0,
      lost: reading.gaps > 0,
      lostScopes: new Set(work.lost.filter(({ certain }) => certain).map(({ fn }) => fn)).size,
    },
    meaning: meaningOf(recordings, facts),
    workList: workListOf(facts, stacks),
    stacks,
    reading,
    recordings,
    ...facts,
  }
}
