/**
 * Conveyance: the value that carries a mask across a delegation. Plain data on the outside, so that it can be
 * cloned, stored and sent; what it conveys here, grants too, is in a private field, which no copy has.
 */
import type { Domain } from './domain.js'
import { ConveyanceError } from './errors.js'
import type { Mask } from './flags.js'
import type { Origin } from './origin.js'

/**
 * What a delegation conveys, and when.
 *
 * - `none`: nothing. Inside a restricted scope that is a dropped conveyance, and diagnostics say so.
 * - `convey-on-queue`: the restrictions in force when the item is queued apply while it is worked on.
 * - `inherit-on-wait`: the restrictions of whoever waits for the item apply to the worker while it
 *   waits (see `handOff`).
 */
export type Policy = 'none' | 'convey-on-queue' | 'inherit-on-wait'

/** What a conveyance looks like to JSON and to the structured clone. */
export interface ConveyanceData {
  /** The name of the domain. */
  readonly domain: string
  /** The version of the domain: 0 to 65535. */
  readonly version: number
  /** Stands for the names and bits of the domain's restrictions. */
  readonly flags: string
  /** The restrictions, as a uint32. */
  readonly mask: number
}

/**
 * Carries restrictions, and the grants that were named, to another context. Made by `convey`,
 * `merge` and `decode` only; what comes back from a clone or from JSON has to be decoded.
 */
export class Conveyance<in out N extends string = string> implements ConveyanceData {
  /** The name of the domain. */
  readonly domain: N
  /** The version of the domain: 0 to 65535. */
  readonly version: number
  readonly flags: string
  readonly mask: number
  /** A context that carries what adopting this sets; null for nothing. */
  readonly #carried: Origin | null

  /** @internal */
  constructor(domain: Domain<N>, carried: Origin | null) {
    this.domain = domain.name
    this.version = domain.version
    this.flags = domain.fingerprint
    this.mask = carried === null ? 0 : (carried.own & domain.restrictions) >>> 0
    this.#carried = carried
  }

  /** @internal What adopting this on a context of the domain sets, and where it came from; null for nothing. */
  static carried<N extends string>(conveyance: Conveyance<N>, domain: Domain<N>): Origin | null {
    let carried: Origin | null
    try {
      // Throws for whatever has none: cheaper than to ask first.
      carried = conveyance.#carried
    } catch {
      throw new ConveyanceError('this is not a conveyance: decode it first')
    }
    if (carried?.domain !== domain) assertSame(conveyance, domain)
    return carried
  }
}

/** @throws ConveyanceError for a conveyance of another domain or version, or of other flags. */
function assertSame<N extends string>(
  { domain: name, version, flags }: ConveyanceData,
  domain: Domain<N>,
): void {
  if (name !== domain.name || version !== domain.version || flags !== domain.fingerprint) {
    throw new ConveyanceError(
      `${name}/${version}/${flags} conveyed to ${domain.name}/${domain.version}/${domain.fingerprint}`,
    )
  }
}

/** The flags of what a conveyance carries. */
export function bitsOf<N extends string>(carried: Origin | null): Mask<N> {
  return (carried === null ? 0 : carried.own) as Mask<N>
}

/** @throws ConveyanceError when `grants` has flags that are not grants of the domain. */
export function assertGrants<N extends string>(domain: Domain<N>, grants: Mask<N>): void {
  const others = (grants & ~domain.grants) as Mask<N>
  if (others !== 0) {
    throw new ConveyanceError(`${domain.format(others)} of ${domain.name} is not a grant`)
  }
}
