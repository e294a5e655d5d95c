/**
 * Domain: names up to 32 bits and says of each which way it may travel.
 *
 * - A **restriction** says "must not" (NOFS). Restrictions only accumulate: every delegation conveys
 *   them unless its policy says otherwise, and nothing from outside can lift one.
 * - A **grant** says "may" (MEMALLOC). A grant is conveyed only when it is named, and never from
 *   an untrusted source.
 * - An **identity** bit says what a context is (KTHREAD). It never leaves its context.
 */

import { described } from './described.js'
import { RestrictionError, ScopeError } from './errors.js'
import { fingerprintOf } from './fingerprint.js'
import type { Mask } from './flags.js'
import { isMadeFrom, type Origin, type ProvenanceStep, provenanceOf } from './origin.js'
import { Runtime } from './runtime.js'

/** Safe in a header, a baggage entry and JSON. */
const NAME = /^[a-z][\w.-]{0,63}$/i

/** Flag names with their bit numbers, 0 to 31. */
export type Bits<F extends string> = { readonly [flag in F]: number }

/** A version of a domain that came before. */
export interface EarlierVersion<R extends string = string> {
  /** Its number: 0 to 65535, and not that of the domain as it is now. */
  readonly version: number
  /** Its restrictions with their bits, as they were. */
  readonly restrictions: Bits<string>
  /** What each of them is called now, where that is another name or several. None can be left out: that would lift it. */
  readonly now?: { readonly [flag: string]: R | readonly R[] }
}

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
  /** What contexts must not do. They travel with every delegation, unless its policy is `none`. */
  readonly restrictions?: Bits<R>
  /** What contexts may do. They travel only when they are named, and never out of the process. */
  readonly grants?: Bits<G>
  /** What contexts are. They never travel. */
  readonly identity?: Bits<I>
  /**
   * Who opens grants on contexts: whoever has the domain's {@link granter}, or anyone, as in the kernel, where every task
   * may set its own flags.
   */
  readonly granting?: 'granter' | 'anyone'
}

/**
 * A set of flags with fixed bits, a name and a version. Make one with {@link defineDomain}.
 *
 * The domain also holds what all its contexts share: see runtime.ts.
 */
export class Domain<
  in out N extends string = string,
  F extends string = string,
> extends Runtime<N> {
  /** The version: 0 to 65535. */
  readonly version: number
  /** Every flag as a mask of one bit. */
  readonly flags: { readonly [flag in F]: Mask<N> }
  /** Every flag that is a restriction. */
  readonly restrictions: Mask<N>
  /** Every flag that is a grant. */
  readonly grants: Mask<N>
  /** Every bit that has a name. */
  readonly known: Mask<N>

  /** @internal The bits that nobody opens: those without a name, and grants but for whoever may grant. */
  readonly closed: number
  /** @internal Stands for its restrictions: see fingerprint.ts. */
  readonly fingerprint: string
  /** @internal Versions before this one that are still taken: see earlier.ts. */
  readonly earlier: EarlierVersion[] = []

  /** @internal */
  constructor(spec: DomainSpec<N, F, F, F>) {
    const { name, version, restrictions, grants, identity, granting } = spec
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
    this.closed = ~known | (granting === 'anyone' ? 0 : this.grants)
    this.flags = flags as Record<F, Mask<N>>
    this.fingerprint = fingerprintOf(restrictions ?? {})
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
        throw new RangeError(`${name} is not a flag of ${this.name}: ${Object.keys(this.flags)}`)
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
    return this.valid((value >>> 0 === value ? value | 0 : value) as Mask<N>)
  }

  /** The flags of a mask by name, `NOFS|NOIO`; bits without a name in hex; `none` for no flags. */
  format(mask: Mask<N>): string {
    const names: string[] = this.namesOf(mask)
    const unnamed = (mask & ~this.known) >>> 0
    if (unnamed) names.push(`0x${unnamed.toString(16)}`)
    return names.join('|') || 'none'
  }

  /** The names of the flags of a mask. */
  namesOf(mask: Mask<N>): F[] {
    return (Object.keys(this.flags) as F[]).filter((name) => mask & this.flags[name])
  }

  /** @internal A mask that may be opened. */
  openable(mask: Mask<N> | undefined): Mask<N> {
    return this.valid(mask, this.closed)
  }

  /** @internal A mask of this domain, without bits that are closed. */
  valid(mask: Mask<N> | undefined, closed: number = ~this.known): Mask<N> {
    if (mask === undefined || (mask | 0) !== mask || (mask & closed) !== 0) {
      throw this.#refusal(mask as Mask<N>)
    }
    return mask
  }

  #refusal(mask: Mask<N>): Error {
    const { name, known } = this
    return (mask | 0) !== mask || mask & ~known
      ? new RangeError(
          `${mask} is not a mask of ${name}: is a flag misspelt, or of another domain?`,
        )
      : new ScopeError(`${this.format(mask)} of ${name} has grants, and only granter() opens them`)
  }

  /** @internal The error for changing what does not change. */
  unchanging({ name }: Origin): Error {
    return new ScopeError(`${name} is a Context and does not change: run, fork, or make a Task`)
  }

  /** @internal How the way of each flag of an origin began. */
  beginningsOf(origin: Origin): Record<number, readonly ProvenanceStep[]> {
    const flags = Object.values<number>(this.flags).filter((flag) => origin.own & flag)
    return Object.fromEntries(flags.map((flag) => [flag, provenanceOf(origin, flag).slice(0, 1)]))
  }

  /**
   * @internal Refuses to use a context while code runs in a more restricted section of it.
   * @throws ScopeError
   */
  uses(context: Origin): void {
    const { current } = this
    if (current !== null && current !== context) this.#usesWithin(context, current)
  }

  #usesWithin(context: Origin, current: Origin): void {
    if ((current.own & ~context.own & this.restrictions) === 0) return
    if (!isMadeFrom(current, context)) return
    const what = `${described(this, context)} used inside the more restricted ${described(this, current)}`
    const wayOut = 'use the context that run gave to the function, or hand off'
    throw this.violated(context, new ScopeError(`${what} (${wayOut})`))
  }

  /**
   * @internal Refuses an operation that a mask forbids.
   * @throws RestrictionError when the context has one of its flags.
   */
  guard(context: Origin & { readonly mask: number }, mask: Mask<N>): void {
    this.uses(context)
    if (mask === 0 || (this.valid(mask) & this.restrictions) !== mask) {
      throw new RangeError(`forbid(${this.format(mask)}) guards nothing: it takes restrictions`)
    }
    const found = (context.mask & mask) as Mask<N>
    if (found === 0) return
    const provenance = this.namesOf(found).map((flag) => ({
      flag,
      steps: provenanceOf(context, this.flags[flag]),
    }))
    const error = new RestrictionError(this.name, context.name, found, provenance)
    this.report('refuse', context, found, undefined, error)
    throw error
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
