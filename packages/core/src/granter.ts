/**
 * Granter: the capability to open grants. A grant lets its holder use what would run out if all used it, so a function
 * deep in a call chain, which has the domain and the current context, must not be able to help itself to one.
 * @module granter
 */
import type { Context } from './context.js'
import type { Domain } from './domain.js'
import { ScopeError } from './errors.js'
import type { Mask } from './flags.js'

/**
 * Makes a context with grants, beside everything that the given one carries.
 * @throws ScopeError for flags that are not grants of the domain.
 */
export type Granter<N extends string> = (
  context: Context<N>,
  grants: Mask<N>,
  label?: string,
) => Context<N>

/**
 * The domain's granting capability. It is given out once, so whoever defines the domain takes it, and passes it on to
 * those who may grant:
 *
 * ```ts
 * export const jobs = defineDomain({ name: 'jobs', version: 1, grants: { URGENT: 8 } })
 * const grant = granter(jobs)
 *
 * grant(context, jobs.flags.URGENT).run(jobs.mask(), () => flush())
 * ```
 * @throws ScopeError when somebody has it already.
 */
export function granter<N extends string>(domain: Domain<N>): Granter<N> {
  if (domain.granted) {
    throw new ScopeError(`the granter of ${domain.name} is given out once, and somebody has it`)
  }
  domain.granted = true
  return function grant(context, grants, label) {
    if (grants === 0 || (grants | 0) !== grants || (grants & ~domain.grants) !== 0) {
      throw new ScopeError(
        `${domain.name} has grants ${domain.format(domain.grants)}, not ${grants}`,
      )
    }
    const own = context.own | grants
    return context.child(own, grants, label, grant)
  }
}
