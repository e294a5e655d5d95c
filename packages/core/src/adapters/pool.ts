/**
 * Pool: tasks of a pool of threads (piscina and others with a `run`), so that a context crosses without an argument for it
 * in every task's data.
 * @module pool
 */
import type { Context } from '../context.js'
import { contextFrom } from '../convey.js'
import type { Domain } from '../domain.js'
import type { RunResult } from '../outcome.js'
import { type Envelope, revive, unwrap, wrap } from './message-port.js'
import type { RemotePolicy } from './outgoing.js'

export type { RemotePolicy } from './outgoing.js'

/** A pool, as far as this file has to know it. */
export interface PoolLike<A extends unknown[]> {
  /** Runs a task in some thread, and resolves with what it returns. */
  run(data: Envelope<unknown>, ...more: A): Promise<unknown>
}

/**
 * What runs tasks in a pool on behalf of a context. More that the pool's `run` takes is passed on. An error that the
 * thread throws because it could not decode comes back as a DecodeError.
 *
 * ```ts
 * const run = onPool(piscina, context, 'convey-on-queue')
 * await run({ width: 800 })
 * ```
 */
export function onPool<N extends string, A extends unknown[]>(
  pool: PoolLike<A>,
  context: Context<N>,
  policy: RemotePolicy,
): (data: unknown, ...more: A) => Promise<unknown> {
  return async (data, ...more) => {
    try {
      return await pool.run(wrap(context, policy, data), ...more)
    } catch (error) {
      throw revive(error)
    }
  }
}

/**
 * The other side: a task for a pool's thread, which runs in a context of what was conveyed, the current one.
 *
 * ```ts
 * export default poolTask(jobs, (context, data) => resize(context, data))
 * ```
 * It throws a DecodeError for what {@link onPool} did not send.
 */
export function poolTask<N extends string, R>(
  domain: Domain<N>,
  fn: (context: Context<N>, data: unknown) => R,
): (message: unknown) => RunResult<R> {
  return (message) => {
    const { conveyance, data } = unwrap(domain, message)
    return contextFrom(domain, conveyance).call((context: Context<N>) => fn(context, data))
  }
}
