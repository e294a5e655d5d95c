/**
 * Call sites: which functions pass GFP_NOFS or GFP_NOIO explicitly, and how often a scope had said so already; and
 * which pass GFP_KERNEL inside a scope, trusting it. Counted by site and caller, since the same function is inside
 * a scope from some callers and outside from others.
 */
import type { CallSite } from '../trace/attribute/call-site.js'
import { coverageOf } from './coverage.js'
import type { FilteredRequest } from './filter.js'
import { SeenIn } from './recordings.js'
import { Rows } from './rows.js'
import { type SampleBudget, Samples, type StackSample } from './samples.js'
import { isRestricted } from './scope-name.js'
import { scopePlace } from './scope-place.js'

/** How often a scope covered requests: always, sometimes, never, or nobody knows. */
export type Verdict = 'always' | 'sometimes' | 'never' | 'unknown'

/**
 * How much a verdict is worth, by the number of observations: `strong` from 300 on (were one request in a hundred
 * otherwise, one of them would have shown it, with 95 % probability), `fair` from 30 on (one in ten), else `weak`.
 * Where most scopes are inferred it is one step less.
 */
export type Confidence = 'strong' | 'fair' | 'weak'

/** One function that passes GFP_NOFS or GFP_NOIO, called by another. */
export interface ExplicitSiteFact {
  readonly site: string
  readonly caller: string
  /** `NOFS` or `NOIO`. */
  readonly class: string
  readonly requests: number
  /** Requests in a scope that restricts at least as much: the flag passed added nothing. */
  readonly covered: number
  /** Requests of a PF_MEMALLOC task outside of such a scope: it cannot enter direct reclaim. */
  readonly memalloc: number
  readonly uncovered: number
  readonly interrupt: number
  /** Requests of tasks whose scope the recording does not tell. */
  readonly unknown: number
  /** Requests of which the scope was inferred. */
  readonly inferred: number
  readonly verdict: Verdict
  readonly confidence: Confidence
  /** Call paths by how their requests were covered. */
  readonly paths: { readonly always: number; readonly sometimes: number; readonly never: number }
  /**
   * The function in which a scope would cover all that is uncovered; undefined where nothing is, or where no single function
   * would do: see `scopePlace`.
   */
  readonly place: string | undefined
  /** The most frequent call paths inside of a scope, and outside. */
  readonly coveredFrom: readonly StackSample[]
  readonly uncoveredFrom: readonly StackSample[]
  /** The raw flags and how often each was passed. */
  readonly gfp: readonly { readonly gfp: number; readonly requests: number }[]
  /** The numbers of the recordings that have it, from 0. */
  readonly seenIn: readonly number[]
}

/** One function that passes GFP_KERNEL inside a scope. */
export interface WeakenedSiteFact {
  readonly site: string
  readonly caller: string
  readonly scope: string
  readonly requests: number
}

/** How many site functions there are of one kind, and how many requests they made. */
export interface CoverageFact {
  readonly sites: number
  readonly requests: number
}

/** All requests that pass GFP_NOFS or GFP_NOIO, by how they were covered. The parts add up to the requests. */
export interface ExplicitRequestFacts {
  readonly requests: number
  readonly covered: number
  readonly memalloc: number
  readonly uncovered: number
  readonly interrupt: number
  readonly unknown: number
}

export interface CallSiteFacts {
  readonly requests: ExplicitRequestFacts
  readonly explicit: readonly ExplicitSiteFact[]
  /** The explicit ones by site function alone. */
  readonly coverage: {
    readonly always: CoverageFact
    readonly sometimes: CoverageFact
    readonly never: CoverageFact
    readonly unknown: CoverageFact
  }
  readonly weakened: readonly WeakenedSiteFact[]
}

/** A flag seldom has more than a handful of variants at one site; further ones count as the last. */
const VARIANTS = 16

class ExplicitSite {
  requests = 0
  covered = 0
  memalloc = 0
  interrupt = 0
  unknown = 0
  inferred = 0
  readonly #coveredFrom: Samples
  readonly #uncoveredFrom: Samples
  readonly gfp = new Map<number, number>()
  readonly #seenIn: SeenIn

  constructor(
    readonly site: string,
    readonly caller: string,
    readonly gfpClass: string,
    budget: SampleBudget,
  ) {
    this.#coveredFrom = new Samples(budget)
    this.#uncoveredFrom = new Samples(budget)
    this.#seenIn = new SeenIn(budget.recordings)
  }

  add({ event }: FilteredRequest): void {
    this.requests++
    this.#seenIn.mark()
    const variants = this.gfp.get(event.gfp)
    if (variants !== undefined || this.gfp.size < VARIANTS) {
      this.gfp.set(event.gfp, (variants ?? 0) + 1)
    }
    const { flagsFrom, stack, line, interrupt } = event
    if (!interrupt && flagsFrom !== undefined && flagsFrom !== 'recorded') this.inferred++
    const coverage = coverageOf(event, this.gfpClass)
    if (coverage === 'uncovered') this.#uncoveredFrom.add(stack, line, 1, stack?.callPath)
    else {
      this[coverage]++
      if (coverage === 'covered') this.#coveredFrom.add(stack, line, 1, stack?.callPath)
    }
  }

  fact(): ExplicitSiteFact {
    const { site, caller, gfpClass, requests, covered, memalloc, interrupt, unknown, inferred } =
      this
    const uncovered = requests - covered - memalloc - interrupt - unknown
    const { all, shared } = this.#coveredFrom.paths(this.#uncoveredFrom)
    return {
      site,
      caller,
      class: gfpClass,
      requests,
      covered,
      memalloc,
      uncovered,
      interrupt,
      unknown,
      inferred,
      verdict: verdictOf(covered, uncovered, unknown),
      confidence: confidenceOf(covered + uncovered, inferred),
      paths: {
        always: all - shared,
        sometimes: shared,
        never: this.#uncoveredFrom.paths(this.#coveredFrom).all - shared,
      },
      place: scopePlace(site, this.#uncoveredFrom.stacks(), this.#coveredFrom.stacks()),
      coveredFrom: this.#coveredFrom.top(),
      uncoveredFrom: this.#uncoveredFrom.top(),
      gfp: [...this.gfp]
        .map(([gfp, requests]) => ({ gfp, requests }))
        .sort((a, b) => b.requests - a.requests),
      seenIn: this.#seenIn.numbers,
    }
  }
}

export class CallSiteAudit {
  readonly #budget: SampleBudget
  readonly #explicit = new Rows(
    2,
    (site: string, caller: string, gfpClass: string) =>
      new ExplicitSite(site, caller, gfpClass, this.#budget),
  )
  readonly #weakened = new Rows(2, (site: string, caller: string, scope: string) => ({
    site,
    caller,
    scope,
    requests: 0,
  }))

  constructor(budget: SampleBudget) {
    this.#budget = budget
  }

  add(request: FilteredRequest, { site, caller }: CallSite): void {
    const { class: gfpClass, event, scope } = request
    if (gfpClass === 'NOFS' || gfpClass === 'NOIO') {
      this.#explicit.of(site, caller, gfpClass).add(request)
    } else if (gfpClass === 'KERNEL' && isRestricted(event.taskFlags) && !event.interrupt) {
      this.#weakened.of(site, caller, scope).requests++
    }
  }

  facts(): CallSiteFacts {
    const explicit = this.#explicit.values().map((site) => site.fact())
    const sum = (part: keyof ExplicitRequestFacts) =>
      explicit.reduce((all, site) => all + site[part], 0)
    return {
      requests: {
        requests: sum('requests'),
        covered: sum('covered'),
        memalloc: sum('memalloc'),
        uncovered: sum('uncovered'),
        interrupt: sum('interrupt'),
        unknown: sum('unknown'),
      },
      explicit: explicit.sort((a, b) => b.requests - a.requests),
      coverage: coverage(explicit),
      weakened: this.#weakened.values().sort((a, b) => b.requests - a.requests),
    }
  }
}

/** What can be said: always and never only where no request is left of which nobody knows. */
export function verdictOf(covered: number, uncovered: number, unknown: number): Verdict {
  if (covered > 0 && uncovered > 0) return 'sometimes'
  if (unknown > 0 || covered + uncovered === 0) return 'unknown'
  return covered > 0 ? 'always' : 'never'
}

const CONFIDENCE: readonly Confidence[] = ['weak', 'fair', 'strong']

/** How much a verdict from so many observations is worth, of which some were inferred. */
export function confidenceOf(observations: number, inferred: number): Confidence {
  const steps = observations >= 300 ? 2 : observations >= 30 ? 1 : 0
  return CONFIDENCE[Math.max(0, inferred * 2 > observations ? steps - 1 : steps)] ?? 'weak'
}

/** Sums up by site function, and tells the functions apart by how they were covered. */
export function bySite(
  explicit: readonly ExplicitSiteFact[],
): { readonly site: string; readonly requests: number; readonly verdict: Verdict }[] {
  const sites = new Map<
    string,
    { requests: number; covered: number; uncovered: number; unknown: number }
  >()
  for (const { site, requests, covered, uncovered, memalloc, interrupt, unknown } of explicit) {
    const sum = sites.get(site) ?? { requests: 0, covered: 0, uncovered: 0, unknown: 0 }
    sum.requests += requests
    sum.covered += covered
    sum.uncovered += uncovered + memalloc + interrupt
    sum.unknown += unknown
    sites.set(site, sum)
  }
  return [...sites].map(([site, { requests, covered, uncovered, unknown }]) => ({
    site,
    requests,
    verdict: verdictOf(covered, uncovered, unknown),
  }))
}

function coverage(explicit: readonly ExplicitSiteFact[]): CallSiteFacts['coverage'] {
  const sums = {
    always: { sites: 0, requests: 0 },
    sometimes: { sites: 0, requests: 0 },
    never: { sites: 0, requests: 0 },
    unknown: { sites: 0, requests: 0 },
  }
  for (const { requests, verdict } of bySite(explicit)) {
    sums[verdict].sites++
    sums[verdict].requests += requests
  }
  return sums
}
