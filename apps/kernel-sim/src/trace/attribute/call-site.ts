/**
 * Call site: who asked for memory. The tracepoint's `call_site` is what called the slab allocator, which may be a helper
 * that allocates for somebody else; the stack tells for whom.
 */
import { isAllocatorFunction } from './allocator-functions.js'

/** The function that wanted memory, and the one that called it. */
export interface CallSite {
  readonly site: string
  /** `?` where the stack does not tell. */
  readonly caller: string
}

/** The call site on a stack of functions, innermost first: undefined when all of them are the allocator's. */
export function callSiteOn(functions: readonly string[]): CallSite | undefined {
  const at = functions.findIndex((name) => !isAllocatorFunction(name))
  const site = functions[at]
  return site === undefined ? undefined : { site, caller: functions[at + 1] ?? '?' }
}
