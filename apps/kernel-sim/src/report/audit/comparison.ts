/**
 * Audit comparison: what changed from one recording to another, such as before and after a change of the kernel. Sites and
 * lost scopes are the same in both when their functions have the same names, whatever a compiler appended.
 */

import {
  type Confidence,
  confidenceOf,
  type ExplicitSiteFact,
  type Verdict,
  verdictOf,
} from '../../audit/call-sites.js'
import type { StackSample } from '../../audit/samples.js'
import type { LostScopeFact } from '../../audit/work-facts.js'
import { plainName } from '../../trace/attribute/plain-name.js'
import { lostScopeId, waitedFor } from './findings.js'
import type { AuditReport } from './report.js'

/** What a comparison needs of a report. */
export type Comparable = Pick<AuditReport, 'reading' | 'verdict' | 'callSites' | 'work'>

/** How the requests of one call site were covered in one recording. */
export interface SiteCoverage {
  readonly requests: number
  readonly covered: number
  readonly uncovered: number
  readonly unknown: number
  readonly verdict: Verdict
  readonly confidence: Confidence
}

/** A call site that passes GFP_NOFS or GFP_NOIO; null where a recording does not have it. */
export interface SiteChange {
  readonly site: string
  readonly caller: string
  readonly class: string
  readonly old: SiteCoverage | null
  readonly new: SiteCoverage | null
  /** How many requests the same site and caller made with GFP_KERNEL inside of a scope in the new recording. */
  readonly newlyTrusting: number
  /** The most frequent call paths outside of a scope in the new recording. */
  readonly uncoveredFrom: readonly StackSample[]
}

/** A scope that was lost on the way to a worker. */
export interface LostScopeChange {
  readonly id: string
  readonly fn: string
  readonly scope: string
  readonly regained: string
  readonly site: string
  readonly caller: string
  readonly certain: boolean
  readonly executions: number
  readonly allocations: number
  /** How many tasks were seen to wait for what they had queued; null where the recording cannot tell. */
  readonly waited: number | null
}

/** One of the two that are compared. */
export interface Compared {
  readonly name: string
  readonly format: AuditReport['reading']['format']
  readonly verdict: AuditReport['verdict']
}

export interface AuditComparison {
  readonly old: Compared
  readonly new: Compared
  readonly sites: {
    /** In the old recording only: the flag went, or the path was not taken. */
    readonly gone: readonly SiteChange[]
    /** In the new recording only. */
    readonly new: readonly SiteChange[]
    /** Always in a scope before, and no longer. */
    readonly newlyUncovered: readonly SiteChange[]
    /** Not always in a scope before, and now always. */
    readonly newlyCovered: readonly SiteChange[]
    /** Seen in a scope before and outside of one now, where it may have been outside before: scopes of requests were unknown. */
    readonly perhapsUncovered: readonly SiteChange[]
    /** How many are in both recordings and none of these. */
    readonly same: number
  }
  readonly lostScopes: {
    readonly gone: readonly LostScopeChange[]
    readonly new: readonly LostScopeChange[]
    readonly same: number
  }
  /** True if something is worse: a site newly uncovered, or a scope newly and certainly lost. */
  readonly regression: boolean
}

/** Compares two reports. */
export function compareAudits(old: Comparable, recent: Comparable): AuditComparison {
  const before = sitesOf(old)
  const after = sitesOf(recent)
  const trusting = trustingSites(recent)
  const change = (key: string): SiteChange => {
    const site = (after.get(key) ?? before.get(key)) as Site
    return {
      site: site.site,
      caller: site.caller,
      class: site.class,
      old: before.get(key)?.coverage() ?? null,
      new: after.get(key)?.coverage() ?? null,
      newlyTrusting: trusting.get(keyOf(site.site, site.caller)) ?? 0,
      uncoveredFrom: after.get(key)?.uncoveredFrom ?? [],
    }
  }
  const changes = [...new Set([...before.keys(), ...after.keys()])].map(change)
  const sites = {
    gone: changes.filter(({ new: now }) => now === null),
    new: changes.filter((site) => site.old === null),
    newlyUncovered: changes.filter(
      ({ old, new: now }) => old?.verdict === 'always' && (now?.uncovered ?? 0) > 0,
    ),
    perhapsUncovered: changes.filter(
      ({ old, new: now }) =>
        old?.verdict === 'unknown' &&
        old.uncovered === 0 &&
        old.covered > 0 &&
        (now?.uncovered ?? 0) > 0,
    ),
    newlyCovered: changes.filter(
      ({ old, new: now }) => (old?.uncovered ?? 0) > 0 && now?.verdict === 'always',
    ),
  }
  const changed = Object.values(sites).reduce((sum, { length }) => sum + length, 0)
  const lostBefore = lostScopesOf(old)
  const lostAfter = lostScopesOf(recent)
  const newlyLost = [...lostAfter.values()].filter(({ id }) => !lostBefore.has(id))
  return {
    old: compared(old),
    new: compared(recent),
    sites: { ...sites, same: changes.length - changed },
    lostScopes: {
      gone: [...lostBefore.values()].filter(({ id }) => !lostAfter.has(id)),
      new: newlyLost,
      same: lostAfter.size - newlyLost.length,
    },
    regression: sites.newlyUncovered.length > 0 || newlyLost.some(({ certain }) => certain),
  }
}

/** The rows of one site: several when a compiler made copies of its functions. */
class Site {
  readonly site: string
  readonly caller: string
  readonly class: string
  readonly #rows: ExplicitSiteFact[] = []

  constructor(row: ExplicitSiteFact) {
    this.site = plainName(row.site)
    this.caller = plainName(row.caller)
    this.class = row.class
  }

  add(row: ExplicitSiteFact): void {
    this.#rows.push(row)
  }

  get uncoveredFrom(): readonly StackSample[] {
    return this.#rows.flatMap((row) => row.uncoveredFrom).slice(0, 3)
  }

  coverage(): SiteCoverage {
    const sum = (of: (row: ExplicitSiteFact) => number) =>
      this.#rows.reduce((total, row) => total + of(row), 0)
    const covered = sum((row) => row.covered)
    const uncovered = sum((row) => row.uncovered)
    const unknown = sum((row) => row.unknown)
    return {
      requests: sum((row) => row.requests),
      covered,
      uncovered,
      unknown,
      verdict: verdictOf(covered, uncovered, unknown),
      confidence: confidenceOf(
        covered + uncovered,
        sum((row) => row.inferred),
      ),
    }
  }
}

function compared({ reading: { name, format }, verdict }: Comparable): Compared {
  return { name, format, verdict }
}

function sitesOf({ callSites }: Comparable): Map<string, Site> {
  const sites = new Map<string, Site>()
  for (const row of callSites.explicit) {
    const key = keyOf(row.site, row.caller, row.class)
    let site = sites.get(key)
    if (site === undefined) sites.set(key, (site = new Site(row)))
    site.add(row)
  }
  return sites
}

function trustingSites({ callSites }: Comparable): Map<string, number> {
  const sites = new Map<string, number>()
  for (const { site, caller, requests } of callSites.weakened) {
    const key = keyOf(site, caller)
    sites.set(key, (sites.get(key) ?? 0) + requests)
  }
  return sites
}

function lostScopesOf(report: Comparable): Map<string, LostScopeChange> {
  const found = new Map<string, LostScopeChange>()
  for (const row of report.work.lost) {
    const id = lostScopeId(row)
    const known = found.get(id)
    found.set(id, {
      ...described(id, row, report),
      executions: (known?.executions ?? 0) + row.executions,
      allocations: (known?.allocations ?? 0) + row.allocations,
    })
  }
  return found
}

function described(id: string, row: LostScopeFact, report: Comparable): LostScopeChange {
  const { fn, scope, regained, site, caller, certain, executions, allocations } = row
  const waited = waitedFor(row, report) ?? null
  return { id, fn, scope, regained, site, caller, certain, executions, allocations, waited }
}

function keyOf(...names: readonly string[]): string {
  return names.map(plainName).join('\n')
}
