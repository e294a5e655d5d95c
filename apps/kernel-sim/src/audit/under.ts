/**
 * Under: what else was requested and called under a function, while it was on the stack. Whoever opens a scope there changes all of it: a
 * request that passes GFP_KERNEL outside of any scope loses flags, one that passes GFP_NOFS loses nothing.
 */
import { plainName } from '../trace/attribute/plain-name.js'
import type { RequestStack } from './request-stacks.js'

/** Requests from one call site under the function. */
export interface UnderSite {
  readonly site: string
  /** The class of the flags passed. */
  readonly class: string
  readonly requests: number
}

/** A function that the function calls on the way to a request. */
export interface UnderCall {
  readonly fn: string
  readonly requests: number
}

export interface UnderFact {
  /** All requests that were seen under the function, by what a scope there does to them. The parts add up to them. */
  readonly requests: number
  /** They pass GFP_NOFS or GFP_NOIO: the flag can go. */
  readonly explicit: number
  /** They may do more than the scope allows, and are in none: they would be restricted from then on. */
  readonly restricted: number
  /** In a scope already, or unable to enter reclaim, or in an interrupt: nothing changes. */
  readonly unchanged: number
  /** The recording does not tell their scope. */
  readonly unknown: number
  /** The call sites whose requests would be restricted, or may be, the most frequent first. */
  readonly sites: readonly UnderSite[]
  /** What the function calls on the way to any of its requests, the most frequent first. */
  readonly calls: readonly UnderCall[]
}

/** How many call sites and calls are listed. */
const SHOWN = 8

type Change = 'explicit' | 'restricted' | 'unchanged' | 'unknown'

/** @param place the name of the function, without what a compiler appends. */
export function underOf(place: string, stacks: readonly RequestStack[]): UnderFact {
  const sums = { explicit: 0, restricted: 0, unchanged: 0, unknown: 0 }
  const sites = new Map<string, { site: string; class: string; requests: number }>()
  const calls = new Map<string, number>()
  let all = 0
  for (const row of stacks) {
    const { functions } = row.stack
    const at = outermost(functions, place)
    if (at < 0) continue
    const { requests } = row
    all += requests
    const change = changeOf(row)
    sums[change] += requests
    const called = functions[at - 1]
    if (called !== undefined) {
      const name = plainName(called)
      calls.set(name, (calls.get(name) ?? 0) + requests)
    }
    const site = row.stack.callSite?.site
    if (site === undefined || (change !== 'restricted' && change !== 'unknown')) continue
    const key = `${site} ${row.class}`
    const known = sites.get(key)
    if (known === undefined) sites.set(key, { site, class: row.class, requests })
    else known.requests += requests
  }
  return {
    requests: all,
    ...sums,
    sites: [...sites.values()].sort((a, b) => b.requests - a.requests).slice(0, SHOWN),
    calls: [...calls]
      .map(([fn, requests]) => ({ fn, requests }))
      .sort((a, b) => b.requests - a.requests)
      .slice(0, SHOWN),
  }
}

/** Where the outermost call of a function is on a stack, innermost first; -1 where it is not on it. */
function outermost(functions: readonly string[], place: string): number {
  for (let at = functions.length - 1; at >= 0; at--) {
    if (plainName(functions[at] ?? '') === place) return at
  }
  return -1
}

function changeOf({ class: gfpClass, scope }: RequestStack): Change {
  if (gfpClass === 'NOFS' || gfpClass === 'NOIO') return 'explicit'
  if (gfpClass === 'ATOMIC' || scope === 'interrupt') return 'unchanged'
  if (scope === 'unknown') return 'unknown'
  return scope === 'none' || scope === 'PIN' ? 'restricted' : 'unchanged'
}
