/** Merge: one conveyance for work that is done on behalf of several contexts. */
import { Conveyance } from './conveyance.js'
import type { Domain } from './domain.js'

/**
 * A conveyance that has the restrictions of all. Grants
 * are left out: what one was granted is not granted to the others.
 *
 * @throws ConveyanceError for a conveyance of another domain or version, or for a copy of one.
 */
export function merge<N extends string>(
  domain: Domain<N>,
  conveyances: Iterable<Conveyance<N>>,
): Conveyance<N> {
  let bits = 0
  for (const conveyance of conveyances) bits |= Conveyance.bits(conveyance, domain)
  return new Conveyance(domain, bits & domain.restrictions)
}
