/**
 * Inherit-on-wait: while a context waits for another, the waiter's restrictions apply to the one it
 * waits for, and through it to whatever that one waits for in turn. It is what priority inheritance
 * does for priorities.
 */
import type { Context, Waiters } from './context.js'
import { dispose } from './dispose.js'
import { ConveyanceError } from './errors.js'

/**
 * Says that `waiter` waits for `worker`, until disposed: `using wait = inherit(waiter, worker)`.
 * At every moment the worker has the restrictions that the waiter has at that moment, inherited
 * ones included. Disposing twice does nothing more.
 *
 * @throws ConveyanceError when the wait would close a cycle: that is a deadlock, and the message names it.
 */
export function inherit<N extends string>(waiter: Context<N>, worker: Context<N>): Disposable {
  const { domain } = waiter
  if (worker.domain !== domain) {
    throw new ConveyanceError(`${waiter.name} cannot wait for ${worker.name}, of another domain`)
  }
  const waitsFor = allWaiters(waiter)
  if (worker === waiter || waitsFor.has(worker)) {
    let cycle = waiter.name
    for (let next = worker; next !== waiter; next = waitsFor.get(next) ?? waiter) {
      cycle += ` waits for ${next.name}`
    }
    const error = new ConveyanceError(`a wait that never ends: ${cycle} waits for ${waiter.name}`)
    domain.report('violation', waiter, waiter.mask, undefined, error)
    throw error
  }
  const { contexts } = (worker.waiters ??= new InheritingWaiters(worker))
  contexts.push(waiter)
  domain.report('adopt', worker, waiter.mask & domain.restrictions)
  let waiting = true
  return {
    [dispose]() {
      if (!waiting) return
      waiting = false
      contexts.splice(contexts.indexOf(waiter), 1)
      if (contexts.length === 0) worker.waiters = null
    },
  }
}

/** Those who wait for a worker. */
class InheritingWaiters<N extends string> implements Waiters<N> {
  readonly contexts: Context<N>[] = []
  readonly #worker: Context<N>

  constructor(worker: Context<N>) {
    this.#worker = worker
  }

  get restrictions(): number {
    let bits = 0
    for (const { own } of allWaiters(this.#worker).keys()) bits |= own
    return bits & this.#worker.domain.restrictions
  }
}

/** All who wait for a context, directly or through others, each with the one it waits for. */
function allWaiters<N extends string>(context: Context<N>): Map<Context<N>, Context<N>> {
  const waitsFor = new Map<Context<N>, Context<N>>()
  const add = (worker: Context<N>): void => {
    for (const waiter of worker.waiters?.contexts ?? []) waitsFor.set(waiter, worker)
  }
  add(context)
  for (const waiter of waitsFor.keys()) add(waiter)
  return waitsFor
}
