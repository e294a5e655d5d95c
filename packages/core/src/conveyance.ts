/**
 * Conveyance: the value that carries a mask across a delegation. Plain data on the outside, so that it can be
 * cloned, stored and sent; what it conveys here, grants too, is in a private field, which no copy has.
 */
import type { Context } from './context.js'
import type { Domain } from './domain.js'
import { ConveyanceError } from './errors.js'
import type { Mask } from './flags.js'
import type { Scope } from './scope.js'

/**
 * What a delegation conveys, and when.
 *
 * - `none`: nothing. Inside a restricted scope that is a dropped conveyance, and diagnostics say so.
 * - `convey-on-queue`: the restrictions in force when the item is queued apply while it is worked on.
 * - `inherit-on-wait`: the restrictions of whoever waits for the item apply to the worker while it
 *   waits (see {@link handOff}).
 */
export type Policy = 'none' | 'convey-on-queue' | 'inherit-on-wait'

/** What a conveyance looks like to JSON and to the structured clone. */
export interface ConveyanceData {
  readonly domain: string
  readonly version: number
  /** The restrictions, as a uint32. */
  readonly mask: number
}

/**
 * Carries restrictions, and the grants that were named, to another context. Made by {@link convey},
 * {@link merge} and {@link decode} only; what comes back from a clone or from JSON has to be decoded.
 */
export class Conveyance<N extends string = string> implements ConveyanceData {
  readonly domain: N
  readonly version: number
  readonly mask: number
  /** What adopting it sets. */
  readonly #bits: number

  /** @internal */
  constructor(domain: Domain<N>, bits: number) {
    this.domain = domain.name
    this.version = domain.version
    this.mask = (bits & domain.restrictions) >>> 0
    this.#bits = bits
  }

  /** @internal What adopting this on a context of the domain sets. */
  static bits<N extends string>(conveyance: Conveyance<N>, domain: Domain<N>): Mask<N> {
    let bits: number
    try {
      // Throws for whatever has none: cheaper than to ask first.
      bits = conveyance.#bits
    } catch {
      throw new ConveyanceError('no conveyance: decode it first')
    }
    if (conveyance.domain !== domain.name || conveyance.version !== domain.version) {
      throw new ConveyanceError(
        `${conveyance.domain}/${conveyance.version} conveyed to ${domain.name}/${domain.version}`,
      )
    }
    return bits as Mask<N>
  }
}

/**
 * Captures what the policy conveys from a context, at this moment.
 *
 * @param grants grants to convey too: only those the context has are, and none under `none`.
 * @param label names the delegation in diagnostics.
 * @throws ConveyanceError for no policy, or when `grants` has flags that are no grants.
 */
export function convey<N extends string>(
  context: Context<N>,
  policy: Policy,
  grants?: Mask<N>,
  label?: string,
): Conveyance<N> {
  const { domain, mask } = context
  const restrictions = mask & domain.restrictions
  let bits = 0
  if (grants !== undefined) {
    assertGrants(domain, grants)
    bits = mask & grants
  }
  if (policy === 'convey-on-queue') bits |= restrictions
  else if (policy === 'none') bits = 0
  else if (policy !== 'inherit-on-wait') throw new ConveyanceError(`${policy} is no policy`)
  if (domain.watched) {
    if (policy === 'none' && restrictions !== 0) {
      domain.report('drop', context, restrictions, label)
    } else domain.report('convey', context, bits, label)
  }
  return new Conveyance(domain, bits)
}

/**
 * Opens a scope of what was conveyed, on the receiving context: `using scope = adopt(worker, conveyance)`.
 * What the context carried before stays in force, and is all it carries after the scope.
 *
 * @throws ConveyanceError for a conveyance of another domain or version, or for a copy of one.
 */
export function adopt<N extends string>(
  context: Context<N>,
  conveyance: Conveyance<N>,
  label?: string,
): Scope<N> {
  const { domain } = context
  const mask = Conveyance.bits(conveyance, domain)
  if (domain.watched) domain.report('adopt', context, mask, label)
  return context.enter(mask, label, adopt)
}

export function assertGrants<N extends string>(domain: Domain<N>, grants: Mask<N>): void {
  const others = (grants & ~domain.grants) as Mask<N>
  if (others !== 0) {
    throw new ConveyanceError(`${domain.format(others)} of ${domain.name}: no grant`)
  }
}
