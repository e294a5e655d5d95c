/**
 * Fastify: each request has a context, `request.scopemask`: what its header conveyed, what its route is restricted by
 * (`config: { restrict: mask }`), and what hooks add by `restrict`. It is the current context for what runs next, and,
 * where the domain follows a variable, for the whole request.
 * @module fastify
 */
import type { Context } from '../context.js'
import type { Domain } from '../domain.js'
import type { Mask } from '../flags.js'
import type { HeaderRecord } from './http-header.js'
import { type IncomingOptions, incoming, restrict } from './incoming.js'

export { type IncomingOptions, type Restricted, restrict } from './incoming.js'

/** A request, as far as this file has to know it. */
export interface RequestLike {
  /** What fastify calls the request in its logs. */
  readonly id: unknown
  /** The headers, by lower-case name. */
  readonly headers: object
  /** The route that takes the request. */
  readonly routeOptions: {
    /** What the route was declared with: `restrict` in it is a mask. */
    readonly config: object
    /** The pattern of the route: `/users/:id`. */
    readonly url?: string | undefined
  }
}

/** An instance, as far as this file has to know it. */
export interface FastifyLike {
  /** Announces a property of every request, so that the engine knows their shape. */
  decorateRequest(name: string, value: null): unknown
  /** Adds a hook that runs when a request has come in, before anything reads its body. */
  addHook(
    name: 'onRequest',
    hook: (request: RequestLike, reply: unknown, done: (error?: Error) => void) => void,
  ): unknown
}

/**
 * The plugin: `app.register(scopemask(jobs))`. A header that cannot be decoded is answered with 400.
 */
export function scopemask<N extends string>(
  domain: Domain<N>,
  options: IncomingOptions<N> = {},
): (app: FastifyLike, _: unknown, done: () => void) => void {
  const plugin = (app: FastifyLike, _: unknown, done: () => void): void => {
    app.decorateRequest('scopemask', null)
    app.addHook('onRequest', (request, _, next) => {
      const { config, url } = request.routeOptions
      let context: Context<N>
      try {
        const name = `request ${request.id}`
        context = incoming(domain, request.headers as HeaderRecord, name, options)
        Object.assign(request, { scopemask: context })
        if ('restrict' in config) {
          context = restrict(request as never, config.restrict as Mask<N>, url)
        }
      } catch (error) {
        return next(error as Error)
      }
      domain.within(context, next)
    })
    done()
  }
  // What fastify-plugin sets: the hook is for the whole application, not for the plugin's own routes.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true })
}
