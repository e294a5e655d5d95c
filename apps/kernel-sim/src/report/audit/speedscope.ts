/**
 * Speedscope: requests for memory as a flame graph for https://www.speedscope.app, a profile for each scope. What it calls
 * weight is the number of requests. Its file format: https://www.speedscope.app/file-format-schema.json
 */
import type { RequestStack } from '../../audit/request-stacks.js'
import { type FunctionStack, functionStacks } from './function-stacks.js'

/** @param name what the recording is called. */
export function speedscope(name: string, stacks: readonly RequestStack[]): string {
  const frames = new Map<string, number>()
  const frameOf = (fn: string): number => {
    let index = frames.get(fn)
    if (index === undefined) frames.set(fn, (index = frames.size))
    return index
  }
  const scopes = new Map<string, FunctionStack[]>()
  for (const stack of functionStacks(stacks)) {
    const same = scopes.get(stack.scope)
    if (same === undefined) scopes.set(stack.scope, [stack])
    else same.push(stack)
  }
  const profiles = [...scopes].map(([scope, same]) => ({
    type: 'sampled',
    name: `requests, scope: ${scope}`,
    unit: 'none',
    startValue: 0,
    endValue: same.reduce((sum, { requests }) => sum + requests, 0),
    // A return address is where it is called from: the name of the function is enough.
    samples: same.map(({ functions }) => functions.map(frameOf)),
    weights: same.map(({ requests }) => requests),
  }))
  return `${JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name,
    exporter: 'kernel-sim',
    activeProfileIndex: 0,
    profiles,
    shared: { frames: [...frames.keys()].map((fn) => ({ name: fn })) },
  })}\n`
}
