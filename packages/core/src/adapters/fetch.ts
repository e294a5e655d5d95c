/**
 * Fetch: requests that pass a context's restrictions on, by the header of http-header.ts. For `fetch` of any runtime, and undici's.
 * @module fetch
 */
import type { Context } from '../context.js'
import { type HeadersLike, writeHeader } from './http-header.js'
import type { RemotePolicy } from './outgoing.js'

export type { RemotePolicy } from './outgoing.js'

/** The headers that `fetch` takes, as a class that understands all their forms. */
type HeadersClass = new (init?: never) => HeadersLike

/**
 * A `fetch` on behalf of a context: each request carries what the policy conveys at the moment of the call.
 *
 * ```ts
 * const response = await fetchFrom(context, 'convey-on-queue', fetch)('https://example.org')
 * ```
 * @throws ConveyanceError when the request carries a conveyance of another domain.
 */
export function fetchFrom<N extends string, I, O extends object, R>(
  context: Context<N>,
  policy: RemotePolicy,
  fetch: (input: I, init?: O) => R,
): (input: I, init?: O) => R {
  return (input, init) => {
    const { Headers } = globalThis as unknown as { Headers: HeadersClass }
    const given = headersOf(init) ?? headersOf(input)
    const headers = new Headers(given as never)
    writeHeader(headers, context, policy)
    return fetch(input, { ...init, headers } as unknown as O)
  }
}

function headersOf(from: unknown): unknown {
  return typeof from === 'object' && from !== null && 'headers' in from ? from.headers : undefined
}
