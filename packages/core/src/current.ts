/**
 * Current: how a function deep in a call chain reads the context of the task that is running,
 * without an argument for it ("there is no easy way to convey the context between the layers").
 *
 * Whoever drives a task makes its context the current one for a synchronous stretch, and puts the
 * previous one back. After an `await` it is gone, by design: the stretch has ended, and nothing follows the
 * promise. So nothing can leak from one task into another.
 */
import type { Context } from './context.js'
import type { Domain } from './domain.js'
import { ScopeError } from './errors.js'

/**
 * The context that is running.
 * @throws ScopeError where none is: outside of `run`, `bind`, `steps` and `spawn`, or, unless the domain follows a
 * variable (see `follow`), after an `await`.
 */
export function current<N extends string>(domain: Domain<N>): Context<N> {
  const running = domain.current
  if (running === null) {
    throw new ScopeError(
      `no context of ${domain.name} runs here: after an await pass it on, or bind(context, fn)`,
    )
  }
  return running as Context<N>
}

/** The context that is running, or undefined where none is. */
export function currentOrUndefined<N extends string>(domain: Domain<N>): Context<N> | undefined {
  return (domain.current ?? undefined) as Context<N> | undefined
}

/**
 * A function that does what `fn` does, with the context as the current one until it returns (or, if
 * it is asynchronous, until its first `await`). It opens no scope and conveys nothing: use it for the
 * callbacks of one and the same task, and a hand-off for another's.
 *
 * @typeParam F the type of the function, which the result has too.
 * @throws ScopeError for a context while code of a more restricted section of it runs: bind that section's.
 */
export function bind<N extends string, F extends (...args: never) => unknown>(
  context: Context<N>,
  fn: F,
): F {
  const { domain } = context
  domain.uses(context)
  return domain.bound(context, fn)
}
