/** Misuse: what an error says of a scope that was closed wrongly: both scopes, by name and place, and the way out. */

import { type Described, described } from './described.js'
import type { Domain } from './domain.js'
import { ScopeError } from './errors.js'

/** How a scope was closed: twice, before one inside it, or within a scope of the context that runs. */
export type Misuse = 'twice' | 'before' | 'within'

/** The way out of each. */
const waysOut: Readonly<Record<Misuse, string>> = {
  twice: 'a task closes each of its scopes once; transfer moves scopes',
  before: 'tasks that run at once need a Context each, or a Task each',
  within: 'a task needs its own context, transfer moves scopes',
}

/** Reports a violation and returns the error to throw. */
export function misused<N extends string>(
  domain: Domain<N>,
  scope: Described,
  misuse: Misuse,
  {
    other,
    section,
  }: { readonly other?: Described; readonly section?: ErrorOptions | undefined } = {},
): ScopeError {
  const second = other === undefined ? '' : ` ${described(domain, other)}`
  const what = `${described(domain, scope)} closed ${misuse}${second} (${waysOut[misuse]})`
  return domain.violated(scope, new ScopeError(what, section))
}
