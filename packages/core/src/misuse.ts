/** Misuse: what an error says of a scope that was closed wrongly: both scopes, by name and place, and the way out. */
import type { Diagnostics } from './diagnostics.js'
import { ScopeError } from './errors.js'
import type { Mask } from './flags.js'
import { labelOf, Place, type Site } from './place.js'

const MESSAGES = {
  twice: 'closed twice',
  early: 'closed before (concurrent tasks need a context each)',
  elsewhere: 'closed by another context (transfer moves a scope), in',
}

/** A scope, as far as it has to be described. */
export interface Described<N extends string> {
  readonly context: { readonly name: string }
  readonly mask: Mask<N>
  readonly site: Site
}

/** What was done to a scope, the other scope if one has to do with it, what the section threw. */
export type Misuse<N extends string> = [
  scope: Described<N>,
  what: keyof typeof MESSAGES,
  other?: Described<N>,
  suppressed?: { readonly thrown: unknown },
]

/** Reports a violation and returns the error to throw. */
export function misuse<N extends string>(
  domain: Diagnostics<N> & { format(mask: Mask<N>): string },
  ...[scope, what, other, suppressed]: Misuse<N>
): ScopeError {
  const describe = ({ context, mask, site }: Described<N>): string =>
    `scope ${domain.format(mask)} ${JSON.stringify(labelOf(site) ?? '')} of ${context.name} (${
      site instanceof Place ? `opened ${site}` : 'place not recorded: see recordPlaces'
    })`
  const error = new ScopeError(
    `${describe(scope)} ${MESSAGES[what]}${other ? ` ${describe(other)}` : ''}`,
    suppressed,
  )
  domain.report('violation', scope.context, scope.mask, labelOf(scope.site), error)
  return error
}
