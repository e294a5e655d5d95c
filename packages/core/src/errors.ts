/**
 * Errors: everything this package throws on purpose, one class a reason, so that callers can tell
 * them apart by class or by `name` (which survives a second copy of the package in a bundle).
 */

import type { Mask } from './flags.js'
import { describeRestricted, type Provenance } from './restricted.js'

/**
 * A scope was closed out of order, twice, by the wrong context, or left open; a context was used inside a section of
 * it that is more restricted; a grant was opened by somebody who may not; or `current` was read where no context
 * runs. The message names the scopes and where they were opened. When the section itself had thrown too, what it threw
 * is the `cause`.
 */
export class ScopeError extends Error {
  /** `ScopeError`. */
  override name = 'ScopeError'
}

/**
 * A guard refused: what it guards is forbidden here. The message tells of each flag who set it, where, and how it came
 * here; {@link provenance} has the same as data.
 */
export class RestrictionError<N extends string = string> extends Error {
  /** `RestrictionError`. */
  override name = 'RestrictionError'
  /** The name of the domain. */
  readonly domain: N
  /** The name of the context that is restricted. */
  readonly context: string
  /** The flags that were forbidden and are in force. */
  readonly mask: Mask<N>
  /** Who set each of the flags, where, and how it came here. */
  readonly provenance: readonly Provenance[]

  /** @internal */
  constructor(domain: N, context: string, mask: Mask<N>, provenance: readonly Provenance[]) {
    super(describeRestricted(provenance))
    this.domain = domain
    this.context = context
    this.mask = mask
    this.provenance = provenance
  }
}

/** A delegation was used against its rules: adopted twice, granted what is not a grant, a wait that closes a cycle. */
export class ConveyanceError extends Error {
  /** `ConveyanceError`. */
  override name = 'ConveyanceError'
}

/** Why a conveyance that came from outside was refused. */
export type DecodeReason =
  | 'malformed'
  | 'oversize'
  | 'wrong-domain'
  | 'wrong-version'
  /** The same version with other flags. */
  | 'other-flags'
  /** It was required, and nothing came. */
  | 'missing'
  | 'unknown-bits'
  | 'not-conveyable'

/** Something that arrived from outside is not a conveyance of this domain. Nothing was adopted. */
export class DecodeError extends Error {
  /** `DecodeError`. */
  override name = 'DecodeError'
  /** Why it was refused. */
  readonly reason: DecodeReason
  /** The HTTP status that fits, under the two names that frameworks read. */
  readonly status = 400
  /** See {@link status}. */
  readonly statusCode = 400

  /** @internal */
  constructor(reason: DecodeReason, message: string) {
    // The reason is in the message too: a clone of an error, which another thread gets, has nothing else.
    super(`${message} (${reason})`)
    this.reason = reason
  }
}
