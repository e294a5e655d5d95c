/**
 * Collapsed: requests for memory as collapsed stacks, a line each: `scope;outermost;...;innermost COUNT`. flamegraph.pl, inferno,
 * speedscope and most other viewers of flame graphs read them.
 */
import type { RequestStack } from '../../audit/request-stacks.js'
import { printable } from '../form/printable.js'
import { functionStacks } from './function-stacks.js'

/** The most frequent stack first. A blank or a semicolon in a name would be taken for what they mean here. */
export function collapsed(stacks: readonly RequestStack[]): string {
  return functionStacks(stacks)
    .sort((a, b) => b.requests - a.requests)
    .map(({ scope, functions, requests }) => {
      const frames = [`scope:${scope}`, ...functions].map((name) =>
        printable(name).replace(/[;\s]/g, '_'),
      )
      return `${frames.join(';')} ${requests}\n`
    })
    .join('')
}
