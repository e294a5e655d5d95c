/** Function stacks: requests by the functions on their stacks, whatever the return addresses: what flame graphs are made of. */
import type { RequestStack } from '../../audit/request-stacks.js'

export interface FunctionStack {
  readonly scope: string
  /** The outermost first. */
  readonly functions: readonly string[]
  readonly requests: number
}

/** Sums up stacks in one scope that differ in return addresses or flags only. */
export function functionStacks(stacks: readonly RequestStack[]): FunctionStack[] {
  const sums = new Map<string, { scope: string; functions: string[]; requests: number }>()
  for (const { stack, scope, requests } of stacks) {
    const key = `${scope} ${stack.path}`
    const known = sums.get(key)
    if (known !== undefined) known.requests += requests
    else sums.set(key, { scope, functions: [...stack.functions].reverse(), requests })
  }
  return [...sums.values()]
}
