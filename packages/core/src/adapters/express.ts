/**
 * Express: each request has a context, `request.scopemask`: what its header conveyed, and what middlewares of the route add.
 * It is the current context for what runs next, and, where the domain follows a variable, for the whole request.
 * @module express
 */
import type { Context } from '../context.js'
import type { Domain } from '../domain.js'
import type { Mask } from '../flags.js'
import type { HeaderRecord } from './http-header.js'
import { type IncomingOptions, incoming, type Restricted, restrict } from './incoming.js'

export { type IncomingOptions, type Restricted, restrict } from './incoming.js'

/** A request, as far as this file has to know it. */
export interface RequestLike {
  /** `GET`, `POST` and so on. */
  readonly method: string
  /** The path with its query, as it was asked for. */
  readonly originalUrl: string
  /** The headers, by lower-case name. */
  readonly headers: object
}

/** A middleware that is given requests as express has them. */
export type Middleware = (
  request: RequestLike,
  response: unknown,
  next: (error?: unknown) => void,
) => void

/** The middleware: `app.use(scopemask(jobs))`. A header that cannot be decoded is answered with 400. */
export function scopemask<N extends string>(
  domain: Domain<N>,
  options: IncomingOptions<N> = {},
): Middleware {
  return (request, _, next) => {
    const { headers, method, originalUrl } = request
    let context: Context<N>
    try {
      context = incoming(domain, headers as HeaderRecord, `${method} ${originalUrl}`, options)
    } catch (error) {
      return next(error)
    }
    Object.assign(request, { scopemask: context })
    domain.within(context, next)
  }
}

/** A middleware that restricts a route: `app.get('/report', restricted(jobs, NO_MAIL), handler)`. */
export function restricted<N extends string>(
  domain: Domain<N>,
  mask: Mask<N>,
  label?: string,
): Middleware {
  domain.openable(mask)
  return (request, _, next) =>
    domain.within(restrict(request as RequestLike & Restricted<N>, mask, label), next)
}
