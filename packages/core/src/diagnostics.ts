/**
 * Diagnostics: what the observers of a domain see.
 * @module diagnostics
 */
import { dispose } from './dispose.js'
import type { Domain } from './domain.js'
import type { Origin } from './origin.js'
import { outcome, type RunResult } from './outcome.js'
import type { Observing, ScopeEvent } from './runtime.js'

export type { ScopeEvent, ScopeEventKind } from './runtime.js'

/** Sees an event. */
export type Observer<N extends string> = (event: ScopeEvent<N>) => void

/**
 * Calls `observer` for every event of the domain until disposed. It runs inside the operation that
 * it observes, so it must be quick. One that throws does not disturb that operation: its
 * error becomes an unhandled rejection, where the host reports it.
 */
export function subscribe<N extends string>(domain: Domain<N>, observer: Observer<N>): Disposable {
  const observers = domain.observing instanceof Observers ? domain.observing : new Observers(domain)
  return observers.add(observer)
}

/** The observers of a domain; the domain has them as long as there are any. */
class Observers<N extends string> implements Observing<N> {
  readonly #domain: Domain<N>
  readonly #all = new Set<Observer<N>>()

  constructor(domain: Domain<N>) {
    this.#domain = domain
  }

  add(observer: Observer<N>): Disposable {
    // One entry for each time that the same observer subscribes.
    const entry: Observer<N> = (event) => observer(event)
    this.#all.add(entry)
    this.#domain.attach({ observing: this })
    return {
      [dispose]: () => {
        const last = this.#all.delete(entry) && this.#all.size === 0
        if (last) this.#domain.attach({ observing: null })
      },
    }
  }

  report(event: ScopeEvent<N>): void {
    for (const observer of this.#all) {
      try {
        observer(event)
      } catch (thrown) {
        void Promise.reject(thrown)
      }
    }
  }

  run<C, R>(context: Origin, fn: (context: C) => R): RunResult<R> {
    const domain = this.#domain
    const end = () => domain.report('exit', context, context.opened, context.label)
    let result: unknown
    try {
      result = outcome(domain.within(context, fn, context as unknown as C), context)
    } catch (thrown) {
      end()
      throw thrown
    }
    if (result instanceof Promise) result.then(end, end)
    else end()
    return result as RunResult<R>
  }
}
