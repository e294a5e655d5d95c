/** Incoming: the context of a request that a server answers: what the caller conveyed, and what the server adds. */
import { Context } from '../context.js'
import { contextFrom } from '../convey.js'
import type { Domain } from '../domain.js'
import type { Mask } from '../flags.js'
import { type HeaderRecord, type ReadOptions, readHeader } from './http-header.js'

/** How requests get their contexts. */
export interface IncomingOptions<N extends string> extends ReadOptions {
  /** Restrictions of every request, beside what its caller conveyed. */
  readonly mask?: Mask<N>
}

/**
 * A context for a request.
 * @throws DecodeError for a header that is not exactly one conveyance of the domain, or one that is required and missing.
 */
export function incoming<N extends string>(
  domain: Domain<N>,
  headers: HeaderRecord,
  name: string,
  options: IncomingOptions<N>,
): Context<N> {
  const conveyance = readHeader(domain, headers, options)
  const context =
    conveyance === undefined
      ? new Context(domain, { name })
      : contextFrom(domain, conveyance, { name })
  return 'mask' in options ? context.fork(options.mask as Mask<N>, 'server') : context
}

/** A request that has a context. */
export interface Restricted<N extends string> {
  /** The context of the request: what it was sent with, and what was added here. */
  scopemask: Context<N>
}

/**
 * Restricts a request from here on: in a hook, in a middleware, in the handler.
 * @returns the request's context from now on.
 */
export function restrict<N extends string>(
  request: Restricted<N>,
  mask: Mask<N>,
  label?: string,
): Context<N> {
  request.scopemask = request.scopemask.fork(mask, label)
  return request.scopemask
}
