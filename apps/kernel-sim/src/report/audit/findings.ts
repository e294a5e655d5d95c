/**
 * Audit findings: what somebody may want to act on, one by one, each under a rule and with a name that it keeps in
 * other recordings. The forms of a report that are lists of findings (SARIF), and comparisons, are made of these.
 */

import type { Confidence, ExplicitSiteFact, Verdict } from '../../audit/call-sites.js'
import type { StackSample } from '../../audit/samples.js'
import type { LostScopeFact } from '../../audit/work-facts.js'
import { plainName } from '../../trace/attribute/plain-name.js'
import { gfpText } from '../form/gfp-text.js'
import { number, plural } from '../form/numbers.js'
import type { AuditReport } from './report.js'

/** The kinds of findings, gravest first. What each is, and what to do about it. */
export const RULES = {
  'scope-violated': {
    title: 'A page allocation kept what its scope forbids',
    help: 'The kernel did not apply the scope of the task: a bug of the kernel, or of the recording.',
  },
  'kernel-differs': {
    title: 'A page allocation had other flags than the model predicts',
    help: 'The kernel works differently from the model: another version, or a patch. Judge the other findings with care.',
  },
  'lost-scope': {
    title: 'A work item allocated what the scope of the task that queued it forbids',
    help:
      'The scope did not come along to the worker. It is a deadlock if a task waits for the item while it holds what reclaim ' +
      'needs. Let the work function open the scope, or convey it with the item.',
  },
  'needs-scope': {
    title: 'A call site passes GFP_NOFS or GFP_NOIO and was never in a scope',
    help: 'The flag is all the protection there is: before it can go, its callers need a scope.',
  },
  'partly-covered': {
    title: 'A call site passes GFP_NOFS or GFP_NOIO and was in a scope from some callers only',
    help: 'Before the flag can go, the callers outside of a scope need one.',
  },
  'redundant-flag': {
    title: 'A call site passes GFP_NOFS or GFP_NOIO and was always in a scope that says so',
    help: 'As far as the recording goes GFP_KERNEL would do the same.',
  },
} as const satisfies Record<string, { title: string; help: string }>

export type RuleName = keyof typeof RULES

/**
 * How grave: `error` is wrong, `warning` may be, `note` is for whoever works there; `review` means that the recording does
 * not tell.
 */
export type Level = 'error' | 'warning' | 'note' | 'review'

/** A stack that shows a finding, and what it is the stack of. */
export interface FindingStack extends StackSample {
  readonly what: string
}

export interface Finding {
  readonly rule: RuleName
  /** Names the finding: the same in every recording of kernels in which its functions keep their names. */
  readonly id: string
  readonly level: Level
  readonly message: string
  /** The kernel function that it is about; undefined where it is about the kernel. */
  readonly site: string | undefined
  /** The first line that shows it, if one is known, and the number of its recording, from 0. */
  readonly line: number | undefined
  readonly recording: number | undefined
  /** The numbers of the recordings that show it, from 0. */
  readonly seenIn: readonly number[]
  /** How many events show it. */
  readonly observations: number
  readonly confidence: Confidence | undefined
  readonly stacks: readonly FindingStack[]
}

/** Stacks shown of each kind. */
const STACKS = 3

/** All findings, gravest rule first, in each the most frequent first. */
export function findingsOf(report: AuditReport): Finding[] {
  const { pages, agreement, work, callSites } = report
  const sites = (verdict: Verdict, rule: RuleName) =>
    callSites.explicit
      .filter((site) => site.verdict === verdict)
      .map((site) => siteFinding(rule, site))
  return withUniqueIds([
    ...pages.invariants.filter(({ violations }) => violations > 0).map(violationFinding),
    ...agreement.disagreements.map(disagreementFinding),
    ...work.lost.map((lost) => lostFinding(lost, report)),
    ...sites('never', 'needs-scope'),
    ...sites('sometimes', 'partly-covered'),
    ...sites('always', 'redundant-flag'),
  ])
}

/** What names a lost scope, in any recording. */
export function lostScopeId(lost: LostScopeFact): string {
  const { fn, kind, scope, regained, site, caller } = lost
  return idOf('lost-scope', fn, kind, scope, regained, site, caller, lost.class, lost.workerScope)
}

/** After how many delegations the task was seen to wait; undefined where the recording cannot tell. */
export function waitedFor(
  { fn, kind, scope }: LostScopeFact,
  { work }: Pick<AuditReport, 'work'>,
): number | undefined {
  if (kind === 'delayed') return undefined
  return work.delegations.find(
    (other) => other.fn === fn && other.kind === kind && other.scope === scope,
  )?.waited
}

function violationFinding({
  scope,
  forbids,
  violations,
  checked,
  lines,
  seenIn,
}: AuditReport['pages']['invariants'][number]): Finding {
  return {
    rule: 'scope-violated',
    id: idOf('scope-violated', scope, forbids),
    level: 'error',
    message: `${plural(violations, 'page allocation')} of ${number(checked)} inside ${scope} scopes still had ${forbids}.`,
    site: undefined,
    line: lines[0],
    recording: seenIn[0],
    seenIn,
    observations: violations,
    confidence: undefined,
    stacks: [],
  }
}

function disagreementFinding({
  kernelOnly,
  predictedOnly,
  reason,
  count,
  example,
  seenIn,
}: AuditReport['agreement']['disagreements'][number]): Finding {
  return {
    rule: 'kernel-differs',
    id: idOf('kernel-differs', gfpText(kernelOnly), gfpText(predictedOnly), reason),
    level: 'warning',
    message:
      `${plural(count, 'page allocation')}: ${reason}. Only the kernel had ${gfpText(kernelOnly)}, only predicted was ` +
      `${gfpText(predictedOnly)}; first for ${example.site}.`,
    site: example.site,
    line: example.pageLine,
    recording: example.recording,
    seenIn,
    observations: count,
    confidence: undefined,
    stacks: [],
  }
}

function lostFinding(lost: LostScopeFact, report: AuditReport): Finding {
  const { fn, kind, scope, regained, site, caller, certain, executions, allocations } = lost
  const waited = waitedFor(lost, report)
  return {
    rule: 'lost-scope',
    id: lostScopeId(lost),
    level: certain ? (waited ? 'error' : 'warning') : 'review',
    message:
      `${fn}, ${kind === 'delayed' ? 'delayed work armed' : 'queued'} from a ${scope} scope, ${certain ? '' : 'may have '}` +
      `allocated with ${regained} in ${site}, called from ${caller} (${plural(allocations, 'allocation')} in ` +
      `${plural(executions, 'execution')}). ${waitedText(waited)}`,
    site: fn,
    line: lost.allocated[0]?.line,
    recording: lost.allocated[0]?.recording,
    seenIn: lost.seenIn,
    observations: allocations,
    confidence: undefined,
    stacks: [
      ...stacks('delegated by', lost.delegated),
      ...stacks('allocates on the worker', lost.allocated),
    ],
  }
}

function waitedText(waited: number | undefined): string {
  if (waited === undefined) return 'Whether somebody waited for it is not known.'
  return waited === 0
    ? 'Nobody was seen to wait for it.'
    : `The task that queued it was seen to wait for it inside the scope, ${plural(waited, 'time')}.`
}

function siteFinding(rule: RuleName, fact: ExplicitSiteFact): Finding {
  const { site, caller, requests, covered, uncovered, confidence } = fact
  const shown = [
    ...stacks('outside of a scope', fact.uncoveredFrom),
    ...stacks('inside a scope', fact.coveredFrom),
  ]
  return {
    rule,
    id: idOf(rule, site, caller, fact.class),
    level: 'note',
    message:
      `${site}, called from ${caller}, passes GFP_${fact.class} (${plural(requests, 'request')}): in a scope that says as much ` +
      `${number(covered)} times, outside of one ${number(uncovered)} times.`,
    site,
    line: shown[0]?.line,
    recording: shown[0]?.recording,
    seenIn: fact.seenIn,
    observations: requests,
    confidence,
    stacks: shown,
  }
}

function stacks(what: string, samples: readonly StackSample[]): FindingStack[] {
  return samples.slice(0, STACKS).map((sample) => ({ what, ...sample }))
}

function idOf(rule: RuleName, ...parts: readonly string[]): string {
  return [rule, ...parts.map(plainName)].join('/')
}

/** Copies that a compiler made of one function share a name: the further ones get a number. */
function withUniqueIds(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, number>()
  return findings.map((finding) => {
    const count = (seen.get(finding.id) ?? 0) + 1
    seen.set(finding.id, count)
    return count === 1 ? finding : { ...finding, id: `${finding.id}/${count}` }
  })
}
