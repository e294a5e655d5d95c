/**
 * Outcome: what a section gives back when its function returned an object. A section of a context ends nothing, since
 * its restrictions are its own for ever; but what it began goes on in it.
 */

/** What `run` returns for a function that returns `R`: any thenable comes back as a promise. */
export type RunResult<R> = R extends PromiseLike<infer T> ? Promise<T> : R

/** Whether `await` would wait for it: objects with a `then`, and functions too (a property of a Comlink proxy is one). */
export function isThenable(result: unknown): result is PromiseLike<unknown> {
  return (
    ((typeof result === 'object' && result !== null) || typeof result === 'function') &&
    typeof (result as { then?: unknown }).then === 'function'
  )
}

/**
 * A promise as it is; another thenable as a promise, begun by `within` (a query begins when its `then` is called); an
 * async generator with its steps bound by `within`; anything else as it is.
 */
export function outcome(result: unknown, within: (fn: () => unknown) => unknown): unknown {
  if (result instanceof Promise) return result
  if (isThenable(result)) {
    return new Promise((resolve, reject) => within(() => result.then(resolve, reject)))
  }
  if (typeof result === 'object' && result !== null && isAsyncGenerator(result)) {
    for (const name of ['next', 'return', 'throw'] as const) {
      const step = result[name]
      const bound = (...args: unknown[]) => within(() => step.apply(result, args))
      Object.defineProperty(result, name, { value: bound, configurable: true, writable: true })
    }
  }
  return result
}

type Stepping = Record<'next' | 'return' | 'throw', (...args: unknown[]) => unknown>

/** Whether it is what an `async function*` returns. */
function isAsyncGenerator(result: object): result is Stepping {
  return Object.prototype.toString.call(result) === '[object AsyncGenerator]'
}
