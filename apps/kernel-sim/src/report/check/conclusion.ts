/**
 * Conclusion: the answer to the question of 2016 in a few sentences. Every number in them, and whether they say yes or no,
 * follows from what the check and the audit found.
 */

import type { Answer } from '../../matrix/answer.js'
import type { Kind } from '../../matrix/repair/kinds.js'
import type { AuditReport } from '../audit/report.js'
import { number, percent, plural } from '../form/numbers.js'
import { sectionText } from '../form/text.js'

/** The conclusion of both, for a terminal. */
export function conclusionText(answer: Answer, report: AuditReport): string {
  return sectionText({
    id: 'conclusion',
    title:
      'Is it simple enough to monotonically replace GFP_NOFS/GFP_NOIO with GFP_KERNEL inside scopes?',
    parts: [...answerSentences(answer), ...recordingSentences(report)],
  })
}

/** The answer in one sentence. */
export function headline({ lost, repairs }: Answer): string {
  if (lost.length === 0) return 'Yes, it is that simple'
  const repaired = (name: string) =>
    repairs.find(({ policy }) => policy === name)?.cases.length ?? 0
  const most = Math.max(...repairs.map(({ cases }) => cases.length))
  const conveyed = most > 0 ? ', and yes, they have to be conveyed' : ''
  const best =
    repaired('convey-on-queue') < most ? '; but conveying with the item is not the best way' : ''
  return `No, it is not that simple${conveyed}${best}`
}

/** What the models say. */
export function answerSentences(answer: Answer): string[] {
  const { cases, survive, lost, brokenByReplacement, livelocks, needless } = answer
  if (lost.length === 0) {
    return [
      `Yes, it is simple enough: all ${cases} cases survive the monotonic replacement of GFP_NOFS/GFP_NOIO by scopes with nothing conveyed.`,
      ...costs(livelocks, needless),
    ]
  }
  return [
    `No, it is not that simple. Of ${cases} cases, ${caseList(survive)} survive the monotonic replacement of GFP_NOFS/GFP_NOIO by scopes with nothing conveyed; ${caseList(lost)} do not, and ${caseList(brokenByReplacement)} of those ${brokenByReplacement.length === 1 ? 'was' : 'were'} safe before, with the restriction at the call sites.`,
    ...repairs(answer),
    ...leastSentences(answer),
    ...dissolvingSentences(answer),
    ...costs(livelocks, needless),
  ]
}

/** What lockdep makes of the same models. */
export function lockdepSentence({ falseAlarms, unseen }: Answer): string {
  const examples = falseAlarms.length === 0 ? '' : ` (${falseAlarms.join(', ')})`
  return `lockdep, which was shown every step that a search of each cell meets, warns of ${falseAlarms.length} that are safe${examples}, and is silent about ${unseen.length} that deadlock.`
}

/** What a recording of a real kernel adds. */
export function recordingSentences({ callSites, work, requests }: AuditReport): string[] {
  const { always, sometimes, never } = callSites.coverage
  const sites = always.sites + sometimes.sites + never.sites
  const passed = always.requests + sometimes.requests + never.requests
  const lost = [...new Set(work.lost.filter(({ certain }) => certain).map(({ fn }) => fn))]
  const trusting = callSites.weakened.reduce((sum, site) => sum + site.requests, 0)
  return [
    sites === 0
      ? 'In the recording of a real kernel no request passes GFP_NOFS or GFP_NOIO.'
      : `In the recording of a real kernel ${plural(sites, 'function')} still ${sites === 1 ? 'passes' : 'pass'} GFP_NOFS or GFP_NOIO: ${always.sites} always inside a scope, where the flag can go (${percent(always.requests, passed)} of ${number(passed)} requests); ${sometimes.sites} sometimes and ${never.sites} never, where a scope has to come first.`,
    `${plural(trusting, 'request')} passed GFP_KERNEL inside a scope and relied on it; scopes took flags from ${number(requests.weakened.total)} in all.`,
    lost.length === 0
      ? 'No work item was seen to lose the scope of the task that queued it.'
      : `${plural(lost.length, 'work function')} lost the scope on the way to the worker and allocated what it forbids: ${lost.join(', ')}.`,
  ]
}

function repairs({ lost, repairs, repairAll, beyondRepair }: Answer): string[] {
  const helpful = repairs.filter(({ cases }) => cases.length > 0)
  const useless = repairs.filter(({ cases }) => cases.length === 0).map(({ policy }) => policy)
  const each = [...helpful]
    .sort((a, b) => b.cases.length - a.cases.length)
    .map(
      ({ policy, cases }, place) => `${policy} ${place === 0 ? 'repairs ' : ''}${caseList(cases)}`,
    )
  if (useless.length > 0) each.push(`${useless.join(' and ')} none`)
  const sum =
    repairAll.length > 0
      ? `${repairAll.join(' and ')} ${repairAll.length === 1 ? 'repairs' : 'repair'} all of them.`
      : beyondRepair.length === 0
        ? 'No policy repairs all of them, though for each there is one that does.'
        : `No policy repairs all of them, and none repairs ${caseList(beyondRepair)}.`
  return [
    `${helpful.length > 0 ? 'Yes, the flags have to be conveyed, or set again by the worker' : 'Conveying the flags does not help'}: of the ${lost.length}, ${each.join(', ')}.`,
    sum,
  ]
}

/** What is the least that repairs, where that was looked for. */
export function leastSentences({ least, lost }: Answer): string[] {
  if (least === null) return []
  const alone = least.alone
    .filter(({ cases }) => cases.length > 0)
    .map(
      ({ kind, cases }, place) =>
        `${ALONE[kind]}${place === 0 ? ' alone repair' : ''} ${caseList(cases)}`,
    )
  return [
    `Among all sets of changes the least that repair: of the ${lost.length}, ${alone.length === 0 ? 'no kind of change alone repairs any' : alone.join(', ')}.`,
    `Conveying is needed in ${caseList(least.conveyNeeded)}, and is not enough in ${caseList(least.conveyNotEnough)}. In ${caseList(least.queueNeeded)} no restriction helps unless a queue changes; ${caseList(least.nothing)} nothing repairs.`,
  ]
}

/** What dissolves by itself of what the replacement leaves unsafe. */
export function dissolvingSentences({ lost, dissolving }: Answer): string[] {
  if (lost.length === 0) return []
  const { memory, otherWork, both } = dissolving
  const some = [...memory, ...otherWork, ...both]
  const stays = lost.filter((each) => !some.includes(each))
  const parts = [
    ...(otherWork.length > 0 ? [`${caseList(otherWork)} when other work is done`] : []),
    ...(memory.length > 0 ? [`${caseList(memory)} when memory comes back`] : []),
    ...(both.length > 0 ? [`${caseList(both)} when both happen`] : []),
  ]
  return parts.length === 0
    ? [`Of the ${lost.length}, none dissolves when memory comes back or other work is done.`]
    : [
        `Some last only as long as something else does: of the ${lost.length} there dissolve, whatever the schedule, ${parts.join(', ')}. ${caseList(stays)} can stay until the machine is started anew.`,
      ]
}

const ALONE: Record<Kind, string> = {
  flag: 'flags at call sites',
  scope: 'scopes',
  convey: 'conveying',
  rescuer: 'WQ_MEM_RECLAIM',
  queue: 'a queue of its own',
}

function costs(livelocks: readonly string[], needless: readonly string[]): string[] {
  const said: string[] = []
  if (livelocks.length > 0) {
    said.push(
      `Restrictions have a price of their own: in ${caseList(livelocks)} who is restricted waits for memory that only others could free, and retries for ever.`,
    )
  }
  if (needless.length > 0) {
    said.push(
      `In ${caseList(needless)}, work is delegated and scopes alone are safe: conveying them repairs nothing there, and keeps a worker without a scope of its own from reclaiming, which costs progress.`,
    )
  }
  return said
}

/** How many cases, and which. */
export function caseList(cases: readonly string[]): string {
  return cases.length === 0 ? 'none' : `${cases.length} (${cases.join(', ')})`
}
