/**
 * Inherit-on-wait: while a context waits for another, the waiter's restrictions apply to the one it
 * waits for, and through it to whatever that one waits for in turn. It is what priority inheritance
 * does for priorities.
 */
import type { Context } from './context.js'
import { dispose } from './dispose.js'
import type { Domain } from './domain.js'
import { ConveyanceError } from './errors.js'
import type { Origin, Waiting } from './origin.js'

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
  const waits = domain.waiting instanceof Waits ? domain.waiting : new Waits(domain)
  const waitsFor = waits.allFor(waiter)
  if (worker === waiter || waitsFor.has(worker)) {
    let cycle = waiter.name
    for (let next: Origin = worker; next !== waiter; next = waitsFor.get(next) ?? waiter) {
      cycle += ` waits for ${next.name}`
    }
    const error = new ConveyanceError(`a wait that never ends: ${cycle} waits for ${waiter.name}`)
    throw domain.violated({ name: waiter.name, opened: waiter.mask, label: undefined }, error)
  }
  const wait = waits.add(waiter, worker)
  domain.report('adopt', worker, waiter.mask & domain.restrictions)
  return wait
}

/** All waits of a domain; the domain has them as long as there are any. */
class Waits<N extends string> implements Waiting {
  readonly #domain: Domain<N>
  /** Those who wait, by whom they wait for. */
  readonly #waiters = new Map<Origin, Origin[]>()

  constructor(domain: Domain<N>) {
    this.#domain = domain
  }

  add(waiter: Origin, worker: Origin): Disposable {
    const waiters = this.#waiters.get(worker) ?? []
    this.#waiters.set(worker, waiters)
    waiters.push(waiter)
    this.#domain.waiting = this
    let waits = true
    return {
      [dispose]: () => {
        if (!waits) return
        waits = false
        waiters.splice(waiters.indexOf(waiter), 1)
        if (waiters.length === 0) this.#waiters.delete(worker)
        if (this.#waiters.size === 0) this.#domain.waiting = null
      },
    }
  }

  restrictionsFor(context: Origin): number {
    let bits = 0
    for (const { own } of this.allFor(context).keys()) bits |= own
    return bits & this.#domain.restrictions
  }

  waiterWith(context: Origin, flag: number): Origin | undefined {
    return [...this.allFor(context).keys()].find(({ own }) => own & flag)
  }

  /**
   * All who wait for a context or for what it is a section of, directly or through others, each with the one that it
   * waits for.
   */
  allFor(context: Origin): Map<Origin, Origin> {
    const waitsFor = new Map<Origin, Origin>()
    const add = ({ origin }: Origin): void => {
      for (let at: Origin | null = origin; at !== null; at = at.outer) {
        const { bearer } = at
        for (const waiter of this.#waiters.get(bearer) ?? []) waitsFor.set(waiter, bearer)
      }
    }
    add(context)
    for (const waiter of waitsFor.keys()) add(waiter)
    return waitsFor
  }
}
