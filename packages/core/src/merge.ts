/** Merge: one conveyance for work that is done on behalf of several contexts. */
import { type Birth, Context } from './context.js'
import { bitsOf, Conveyance } from './conveyance.js'
import type { Domain } from './domain.js'
import type { Origin, StepKind } from './origin.js'

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
    merged = new Merged(domain, undefined, birth)
  }
  return new Conveyance(domain, merged)
}

/** The step that brings the flags of one more conveyance in. */
class Merged<in out N extends string> extends Context<N> {
  override get kind(): StepKind {
    return 'merged'
  }

  override get name(): string {
    return `${this.from?.name}`
  }
}
