/**
 * Errors: everything this package throws on purpose, one class a reason, so that callers can tell
 * them apart by class or by `name` (which survives a second copy of the package in a bundle).
 */

/**
 * A scope was closed out of order, twice, by the wrong context, or left open; or `current` was read
 * where no context runs. The message names the scopes and where they were opened.
 */
export class ScopeError extends Error {
  /** When the section itself had thrown too: what it threw (named so by TC39's SuppressedError). */
  readonly suppressed?: unknown

  /** @internal */
  constructor(message: string, suppressed?: { readonly thrown: unknown }) {
    super(message)
    this.name = 'ScopeError'
    if (suppressed) this.suppressed = suppressed.thrown
  }
}

/** A delegation was used against its rules: adopted twice, granted what is no grant, a wait that closes a cycle. */
export class ConveyanceError extends Error {
  /** @internal */
  constructor(message: string) {
    super(message)
    this.name = 'ConveyanceError'
  }
}

/** Why a conveyance that came from outside was refused. */
export type DecodeReason =
  | 'malformed'
  | 'oversize'
  | 'wrong-domain'
  | 'wrong-version'
  | 'unknown-bits'
  | 'not-conveyable'

/** Something that arrived from outside is not a conveyance of this domain. Nothing was adopted. */
export class DecodeError extends Error {
  readonly reason: DecodeReason

  /** @internal */
  constructor(reason: DecodeReason, message: string) {
    super(message)
    this.name = 'DecodeError'
    this.reason = reason
  }
}
