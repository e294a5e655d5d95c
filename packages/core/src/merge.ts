/** Merge: one conveyance for work that is done on behalf of several contexts. */
import { type Birth, Step } from './context.js'
import { bitsOf, Conveyance } from './conveyance.js'
import type { Domain } from './domain.js'
import type { Origin } from './origin.js'

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
  let merged: Origin | null = null
  for (const conveyance of conveyances) {
    const carried = Conveyance.carried(conveyance, domain)
    const bits = bitsOf(carried) & domain.restrictions
    if (carried === null || bits === 0) continue
    const own: number = bits | bitsOf(merged)
    const birth: Birth = { own, outer: merged, from: carried, site: undefined }
    merged = new Step(domain, birth, { kind: 'merged', opened: own, name: carried.name })
  }
  return new Conveyance(domain, merged)
}
