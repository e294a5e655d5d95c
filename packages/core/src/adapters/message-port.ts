/**
 * Message port: messages that carry a conveyance, for worker threads, web workers, MessagePorts and whatever
 * pool is built on them. The envelope survives the structured clone; what is transferred is listed as ever:
 *
 * ```ts
 * worker.postMessage(wrap(context, 'convey-on-queue', image), [image.buffer])
 * ```
 * @module message-port
 */
import type { Context } from '../context.js'
import type { Domain } from '../domain.js'
import { DecodeError, type DecodeReason } from '../errors.js'
import { type Envelope, type Opened, open } from './envelope.js'
import { outgoing, type RemotePolicy } from './outgoing.js'

export type { Envelope, Opened } from './envelope.js'
export type { RemotePolicy } from './outgoing.js'

/** A message with what the policy conveys from the context at this moment. */
export function wrap<N extends string, T>(
  context: Context<N>,
  policy: RemotePolicy,
  data: T,
): Envelope<T> {
  return { scopemask: outgoing(context, policy, 'message-port'), data }
}

/**
 * A message that came out of a port, and the conveyance to adopt while it is worked on.
 * @throws DecodeError for anything that is not exactly what {@link wrap} made for this domain.
 */
export function unwrap<N extends string>(domain: Domain<N>, message: unknown): Opened<N> {
  return open(domain, message)
}

/**
 * An error that came from another thread, with the class that it had there. A structured clone of an error keeps its
 * message and loses its class; this gives a DecodeError its class, its reason and its status back, and anything
 * else as it is.
 */
export function revive(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DecodeError) return error
  const [, message, reason] =
    /^(this is not a conveyance of .*) \(([a-z-]+)\)$/s.exec(error.message) ?? []
  if (message === undefined || reason === undefined) return error
  return Object.assign(new DecodeError(reason as DecodeReason, message), { cause: error })
}
