/**
 * Domain: names up to 32 bits and says of each which way it may travel.
 *
 * - A **restriction** says "must not" (NOFS). Restrictions only accumulate: every delegation conveys
 *   them unless its policy says otherwise, and nothing from outside can lift one.
 * - A **grant** says "may" (MEMALLOC). A grant is conveyed only when it is named, and never from
 *   an untrusted source.
 * - An **identity** bit says what a context is (KTHREAD). It never leaves its context.
 */
import { Diagnostics } from './diagnostics.js'
import { ScopeError } from './errors.js'
import type { Mask } from './flags.js'
import { type Described, describe, type Misuse } from './misuse.js'
import { labelOf } from './place.js'

/** Safe in a header, a baggage entry and JSON. */
const NAME = /^[a-z][\w.-]{0,63}$/i

/** Flag names with their bit numbers, 0 to 31. */
export type Bits<F extends string> = { readonly [flag in F]: number }

/** What {@link defineDomain} takes. */
export interface DomainSpec<
  N extends string,
  R extends string = never,
  G extends string = never,
  I extends string = never,
> {
  /** Travels with every conveyance: a letter, then up to 63 letters, digits, `_`, `-` or `.`. */
  readonly name: N
  /** Travels with every conveyance: 0 to 65535. Change it when a bit changes its meaning. */
  readonly version: number
  readonly restrictions?: Bits<R>
  readonly grants?: Bits<G>
  readonly identity?: Bits<I>
}

/**
 * A set of flags with fixed bits, a name and a version. Make one with {@link defineDomain}.
 *
 * The domain also holds what all its contexts share: which of them is running, and who observes them.
 */
export class Domain<N extends string = string, F extends string = string> extends Diagnostics<N> {
  readonly version: number
  /** Every flag as a mask of one bit. */
  readonly flags: { readonly [flag in F]: Mask<N> }
  readonly restrictions: Mask<N>
  readonly grants: Mask<N>
  /** Every bit that has a name. */
  readonly known: Mask<N>

  /** @internal The context that runs now, in the sense of the kernel's `current`. */
  running: unknown = null
  /** @internal Counts contexts, to name those that were given no name. */
  contexts = 0

  /** @internal */
  constructor({ name, version, restrictions, grants, identity }: DomainSpec<N, F, F, F>) {
    super(name)
    if (!NAME.test(name) || (version & 0xffff) !== version) {
      throw new RangeError(`domain ${name}/${version}: names match ${NAME}, versions 0 to 65535`)
    }
    const flags: Record<string, number> = Object.create(null)
    let known = 0
    const claim = (bits: Bits<string> = {}): Mask<N> => {
      const before = known
      for (const [flag, bit] of Object.entries(bits)) {
        const mask = 1 << bit
        if ((bit & 31) !== bit || known & mask || flag in flags) {
          throw new RangeError(`${flag} of ${name}: bit ${bit} is taken or not 0 to 31`)
        }
        known |= flags[flag] = mask
      }
      return (known & ~before) as Mask<N>
    }
    this.version = version
    this.restrictions = claim(restrictions)
    this.grants = claim(grants)
    claim(identity)
    this.known = known as Mask<N>
    this.flags = flags as Record<F, Mask<N>>
  }

  /**
   * The mask of the flags named.
   * @throws RangeError for a name that is not a flag of this domain.
   */
  mask(...names: F[]): Mask<N> {
    let bits = 0
    for (const name of names) {
      const flag: number | undefined = this.flags[name]
      if (flag === undefined) {
        throw new RangeError(`${name} is no flag of ${this.name}: ${Object.keys(this.flags)}`)
      }
      bits |= flag
    }
    return bits as Mask<N>
  }

  /**
   * A number as a mask of this domain: an int32 or a uint32 in which every bit has a name.
   * @throws RangeError otherwise.
   */
  from(value: number): Mask<N> {
    const mask = (value | 0) as Mask<N>
    if ((mask !== value && mask >>> 0 !== value) || mask & ~this.known) {
      throw new RangeError(`${value} is no mask of ${this.name}`)
    }
    return mask
  }

  /** The flags of a mask by name, `NOFS|NOIO`; bits without a name in hex; `none` for no flags. */
  format(mask: Mask<N>): string {
    const names = Object.keys(this.flags).filter((name) => mask & this.flags[name as F])
    const unnamed = (mask & ~this.known) >>> 0
    if (unnamed) names.push(`0x${unnamed.toString(16)}`)
    return names.join('|') || 'none'
  }

  /** @internal Reports a violation and returns the error to throw. */
  misused(
    scope: Described<N>,
    misuse: Misuse,
    other?: Described<N>,
    suppressed?: { readonly thrown: unknown },
  ): ScopeError {
    const error = new ScopeError(describe(this, scope, misuse, other), suppressed)
    this.report('violation', scope.context, scope.mask, labelOf(scope.site), error)
    return error
  }
}

/**
 * Defines a domain of flags.
 *
 * ```ts
 * const jobs = defineDomain({
 *   name: 'jobs',
 *   version: 1,
 *   restrictions: { NO_NETWORK: 0, NO_DISK: 1 },
 *   grants: { URGENT: 8 },
 * })
 * ```
 * @throws RangeError for a bad name or version, a bit outside 0 to 31, a bit or a flag name used twice.
 */
export function defineDomain<
  const N extends string,
  R extends string = never,
  G extends string = never,
  I extends string = never,
>(spec: DomainSpec<N, R, G, I>): Domain<N, R | G | I> {
  return new Domain<N, R | G | I>(spec as DomainSpec<N, string, string, string>)
}
