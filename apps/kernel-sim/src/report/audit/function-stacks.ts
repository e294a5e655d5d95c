/** Function stacks: requests by the functions on their stacks, whatever the return addresses: what flame graphs are made of. */
import type { RequestStack } from '../../audit/request-stacks.js'

export interface FunctionStack {
  readonly scope: string
  /** The outermost first. */
  readonly functions: readonly string[]
  readonly requests: number
  /** The function that wanted memory, and is not the allocator's. */
  readonly site: string
}

/** Sums up stacks in one scope that differ in return addresses or flags only. */
export function functionStacks(stacks: readonly RequestStack[]): FunctionStack[] {
  const sums = new Map<
    string,
    { scope: string; functions: string[]; requests: number; site: string }
  >()
  for (const { stack, scope, requests } of stacks) {
    const key = `${scope} ${stack.path}`
    const known = sums.get(key)
    if (known !== undefined) known.requests += requests
    else {
      const functions = [...stack.functions].reverse()
      sums.set(key, {
        scope,
        functions,
        requests,
        site: stack.callSite?.site ?? functions.at(-1) ?? '?',
      })
    }
  }
  return [...sums.values()]
}
