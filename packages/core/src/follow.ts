/**
 * Follow: the bridge to a variable that follows asynchronous code, for those who want one. The user brings it, an
 * `AsyncLocalStorage` of Node or an `AsyncContext.Variable`; this package imports none. `current(domain)` is then found
 * after an `await` too, and delegation stays as explicit as it is: whoever adopts a conveyance or runs a hand-off enters
 * the variable and leaves it.
 * @module follow
 */
import type { Context } from './context.js'
import { dispose } from './dispose.js'
import type { Domain } from './domain.js'
import { ScopeError } from './errors.js'

/** `AsyncLocalStorage` or `AsyncContext.Variable`, as far as this file has to know them. */
export type Variable<T> = {
  /** Calls a function, in which the variable has this value, and in what that starts. */
  run<R>(value: T, fn: () => R): R
} & (
  | {
      /** The value, as `AsyncLocalStorage` gives it. */
      getStore(): T | undefined
    }
  | {
      /** The value, as `AsyncContext.Variable` gives it. */
      get(): T | undefined
    }
)

/**
 * From now on the domain's current context is the value of the variable, until disposed. The variable is for this and
 * nothing else: one for each domain.
 *
 * ```ts
 * follow(jobs, new AsyncLocalStorage())
 * ```
 * @throws ScopeError when the domain follows another variable, or while a context of it runs.
 */
export function follow<N extends string>(
  domain: Domain<N>,
  variable: Variable<Context<N>>,
): Disposable {
  if (domain.followed !== null || domain.running !== null) {
    throw new ScopeError(
      `${domain.name} follows another variable, or runs: follow one, when the program starts`,
    )
  }
  domain.attach({
    followed: {
      run: (context, fn, argument) => variable.run(context as Context<N>, () => fn(argument)),
      get: () => ('getStore' in variable ? variable.getStore() : variable.get()) ?? null,
    },
  })
  return { [dispose]: () => domain.attach({ followed: null }) }
}
