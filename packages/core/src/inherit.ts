/**
 * Inherit-on-wait: while a context waits for another, the waiter's restrictions apply to the one it
 * waits for, and through it to whatever that one waits for in turn. It is what priority inheritance
 * does for priorities.
 */
import type { Context } from './context.js'
import { dispose } from './dispose.js'
import type { Domain } from './domain.js'
import { ConveyanceError } from './errors.js'
import type { Origin, Waiters, Waiting } from './origin.js'

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
  const { waiting } = domain
  const waitsFor = allWaiters(waiter, waiting)
  if (worker === waiter || waitsFor.has(worker)) {
    let cycle = waiter.name
    for (let next: Origin = worker; next !== waiter; next = waitsFor.get(next) ?? waiter) {
      cycle += ` waits for ${next.name}`
    }
    const error = new ConveyanceError(`a wait that never ends: ${cycle} waits for ${waiter.name}`)
    domain.report('violation', waiter, waiter.mask, undefined, error)
    throw error
  }
  const waiters = waiting.get(worker) ?? new InheritingWaiters(worker, domain)
  waiting.set(worker, waiters)
  const { contexts } = waiters
  contexts.push(waiter)
  domain.waits++
  domain.report('adopt', worker, waiter.mask & domain.restrictions)
  let waits = true
  return {
    [dispose]() {
      if (!waits) return
      waits = false
      domain.waits--
      contexts.splice(contexts.indexOf(waiter), 1)
      if (contexts.length === 0) domain.waiting.delete(worker)
    },
  }
}

/** Those who wait for a worker. */
class InheritingWaiters<N extends string> implements Waiters {
  readonly contexts: Origin[] = []
  readonly #worker: Origin
  readonly #domain: Domain<N>

  constructor(worker: Origin, domain: Domain<N>) {
    this.#worker = worker
    this.#domain = domain
  }

  get restrictions(): number {
    let bits = 0
    for (const { own } of allWaiters(this.#worker, this.#domain.waiting).keys()) bits |= own
    return bits & this.#domain.restrictions
  }
}

/**
 * All who wait for a context or for what it is a section of, directly or through others, each with the one that it
 * waits for.
 */
function allWaiters(context: Origin, waiting: Waiting): Map<Origin, Origin> {
  const waitsFor = new Map<Origin, Origin>()
  const add = ({ origin }: Origin): void => {
    for (let at: Origin | null = origin; at !== null; at = at.outer) {
      const { bearer } = at
      for (const waiter of waiting.get(bearer)?.contexts ?? []) waitsFor.set(waiter, bearer)
    }
  }
  add(context)
  for (const waiter of waitsFor.keys()) add(waiter)
  return waitsFor
}
