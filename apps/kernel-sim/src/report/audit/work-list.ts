/**
 * Work list: what somebody who removes GFP_NOFS and GFP_NOIO would do, the step that settles the most first. A flag that a
 * scope always covers can go at once; elsewhere the scope comes first, and one scope may settle several call sites.
 */
import type { AuditFacts } from '../../audit/audit.js'
import { bySite, type ExplicitSiteFact } from '../../audit/call-sites.js'
import type { RequestStack } from '../../audit/request-stacks.js'
import { type UnderFact, underOf } from '../../audit/under.js'

/** A step. */
export interface Task {
  /**
   * `drop-flag`: pass GFP_KERNEL. `drop-in-caller`: the same where this function passes the flags on to the call site, which is not
   * always covered when others call it. `scope-first`: open a scope in this function, then the flags can go. `decide`: no single function
   * would do, look at the call paths. `convey`: convey the scope to this work function, or open it there.
   */
  readonly action: 'drop-flag' | 'drop-in-caller' | 'scope-first' | 'decide' | 'convey'
  /** The function to change. */
  readonly where: string
  /** The scope, `NOFS` or `NOIO`; to convey, the flags that were regained. */
  readonly class: string
  /** How many requests of the recording it settles; to convey, executions. */
  readonly settles: number
  /** The call sites whose flag can go then. */
  readonly sites: readonly string[]
  /** The numbers of the recordings that show it, from 0. */
  readonly seenIn: readonly number[]
  /** What else would come under the scope, where one is to be opened. */
  readonly under: UnderFact | undefined
}

/** A step while its call sites are collected. */
interface Step extends Pick<Task, 'action' | 'where' | 'class'> {
  settles: number
  readonly sites: Set<string>
  readonly seenIn: Set<number>
}

/** @param stacks those of all requests. */
export function workListOf(
  { callSites, work }: Pick<AuditFacts, 'callSites' | 'work'>,
  stacks: readonly RequestStack[],
): Task[] {
  const tasks = new Map<string, Step>()
  const always = new Set(
    bySite(callSites.explicit)
      .filter(({ verdict }) => verdict === 'always')
      .map(({ site }) => site),
  )
  for (const site of callSites.explicit) {
    const step = stepFor(site, always.has(site.site))
    if (step === undefined) continue
    const key = [step.action, step.where, site.class].join(' ')
    const known = tasks.get(key) ?? {
      ...step,
      class: site.class,
      sites: new Set<string>(),
      seenIn: new Set<number>(),
      settles: 0,
    }
    known.sites.add(site.site)
    for (const recording of site.seenIn) known.seenIn.add(recording)
    known.settles += site.requests
    tasks.set(key, known)
  }
  const flags = [...tasks.values()].map(({ sites, seenIn, ...step }) => ({
    ...step,
    sites: [...sites],
    seenIn: [...seenIn].sort((a, b) => a - b),
    under: step.action === 'scope-first' ? underOf(step.where, stacks) : undefined,
  }))
  const lost = work.lostFunctions
    .filter(({ certain }) => certain)
    .map(({ fn, regained, executions, seenIn }) => ({
      action: 'convey' as const,
      where: fn,
      class: regained.join(' and '),
      settles: executions,
      sites: [],
      seenIn,
      under: undefined,
    }))
  return [...lost, ...flags.sort((a, b) => b.settles - a.settles)]
}

/** @param always true if the call site is covered whoever calls it. */
function stepFor(
  { verdict, place, site, caller }: ExplicitSiteFact,
  always: boolean,
): Pick<Task, 'action' | 'where'> | undefined {
  if (verdict === 'always') {
    return always
      ? { action: 'drop-flag', where: site }
      : { action: 'drop-in-caller', where: caller }
  }
  if (verdict === 'unknown') return undefined
  return place === undefined
    ? { action: 'decide', where: site }
    : { action: 'scope-first', where: place }
}
