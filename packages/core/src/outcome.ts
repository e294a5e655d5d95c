/**
 * Outcome: what a section gives back when its function returned an object. A section of a context ends nothing, since
 * its restrictions are its own for ever; but what it began goes on in it.
 */

import type { Origin } from './origin.js'

/** What `run` returns for a function that returns `R`: any thenable comes back as a promise. */
export type RunResult<R> = R extends PromiseLike<infer T> ? Promise<T> : R

/** True if `await` would wait for it: objects with a `then`, and functions too (a property of a Comlink proxy is one). */
export function isThenable(result: unknown): result is PromiseLike<unknown> {
  return (
    ((typeof result === 'object' && result !== null) || typeof result === 'function') &&
    typeof (result as { then?: unknown }).then === 'function'
  )
}

/**
 * A promise as it is; another thenable as a promise, begun in the section (a query begins when its `then` is called); an
 * async generator with its steps bound to the section; anything else as it is.
 */
export function outcome(result: unknown, section: Origin): unknown {
  const { domain } = section
  if (result instanceof Promise) return result
  if (isThenable(result)) {
    const begin = (...settle: Parameters<typeof result.then>) => result.then(...settle)
    return new Promise(domain.bound(section, begin))
  }
  if (isAsyncGenerator(result)) {
    for (const name of ['next', 'return', 'throw'] as const) {
      result[name] = domain.bound(section, result[name])
    }
  }
  return result
}

type Stepping = Record<'next' | 'return' | 'throw', (...args: never) => unknown>

/** True if it is what an `async function*` returns. */
function isAsyncGenerator(result: unknown): result is Stepping {
  return Object.prototype.toString.call(result) === '[object AsyncGenerator]'
}
