/**
 * Call sites: which functions pass GFP_NOFS or GFP_NOIO explicitly, and how often a scope had said so already; and
 * which pass GFP_KERNEL inside a scope, trusting it. Counted by site and caller, since the same function is inside
 * a scope from some callers and outside from others.
 */
import { PF_MEMALLOC, PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO } from '@scopemask/allocator'
import type { CallSite } from './attribute/call-site.js'
import type { FilteredRequest } from './filter.js'
import { Rows } from './rows.js'
import { isRestricted } from './scope-name.js'

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
  /** The raw flags and how often each was passed. */
  readonly gfp: readonly { readonly gfp: number; readonly requests: number }[]
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

export interface CallSiteFacts {
  readonly explicit: readonly ExplicitSiteFact[]
  /** The explicit ones by site function alone. */
  readonly coverage: {
    readonly always: CoverageFact
    readonly sometimes: CoverageFact
    readonly never: CoverageFact
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
  readonly gfp = new Map<number, number>()

  constructor(
    readonly site: string,
    readonly caller: string,
    readonly gfpClass: string,
  ) {}

  add({ event }: FilteredRequest): void {
    this.requests++
    const variants = this.gfp.get(event.gfp)
    if (variants !== undefined || this.gfp.size < VARIANTS) {
      this.gfp.set(event.gfp, (variants ?? 0) + 1)
    }
    if (event.stack?.interrupt) this.interrupt++
    else if (covers(event.taskFlags, this.gfpClass)) this.covered++
    else if ((event.taskFlags ?? 0) & PF_MEMALLOC) this.memalloc++
  }

  fact(): ExplicitSiteFact {
    const { site, caller, gfpClass, requests, covered, memalloc, interrupt } = this
    return {
      site,
      caller,
      class: gfpClass,
      requests,
      covered,
      memalloc,
      uncovered: requests - covered - memalloc - interrupt,
      interrupt,
      gfp: [...this.gfp]
        .map(([gfp, requests]) => ({ gfp, requests }))
        .sort((a, b) => b.requests - a.requests),
    }
  }
}

export class CallSiteAudit {
  readonly #explicit = new Rows(
    2,
    (site: string, caller: string, gfpClass: string) => new ExplicitSite(site, caller, gfpClass),
  )
  readonly #weakened = new Rows(2, (site: string, caller: string, scope: string) => ({
    site,
    caller,
    scope,
    requests: 0,
  }))

  add(request: FilteredRequest, { site, caller }: CallSite): void {
    const { class: gfpClass, event, scope } = request
    if (gfpClass === 'NOFS' || gfpClass === 'NOIO') {
      this.#explicit.of(site, caller, gfpClass).add(request)
    } else if (gfpClass === 'KERNEL' && isRestricted(event.taskFlags) && !event.stack?.interrupt) {
      this.#weakened.of(site, caller, scope).requests++
    }
  }

  facts(): CallSiteFacts {
    const explicit = this.#explicit.values().map((site) => site.fact())
    return {
      explicit: explicit.sort((a, b) => b.requests - a.requests),
      coverage: coverage(explicit),
      weakened: this.#weakened.values().sort((a, b) => b.requests - a.requests),
    }
  }
}

/** Whether a task with these flags is in a scope that restricts as much as the class. */
function covers(taskFlags: number | undefined, gfpClass: string): boolean {
  const scopes = gfpClass === 'NOIO' ? PF_MEMALLOC_NOIO : PF_MEMALLOC_NOIO | PF_MEMALLOC_NOFS
  return taskFlags !== undefined && (taskFlags & scopes) !== 0
}

/** Sums up by site function and tells the functions apart by how often they were covered. */
function coverage(explicit: readonly ExplicitSiteFact[]): CallSiteFacts['coverage'] {
  const sites = new Map<string, { requests: number; covered: number }>()
  for (const { site, requests, covered } of explicit) {
    const sum = sites.get(site) ?? { requests: 0, covered: 0 }
    sites.set(site, { requests: sum.requests + requests, covered: sum.covered + covered })
  }
  const sums = {
    always: { sites: 0, requests: 0 },
    sometimes: { sites: 0, requests: 0 },
    never: { sites: 0, requests: 0 },
  }
  for (const { requests, covered } of sites.values()) {
    const sum = covered === 0 ? sums.never : covered === requests ? sums.always : sums.sometimes
    sum.sites++
    sum.requests += requests
  }
  return sums
}
