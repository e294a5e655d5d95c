/**
 * Diagnostics: which context runs, what the subscribers of a domain see, and how much the domain remembers for errors.
 * With neither, opening and closing a scope pays one predictable branch for both.
 */

import { dispose } from './dispose.js'
import type { Mask } from './flags.js'
import type { Origin } from './origin.js'
import { outcome, type RunResult } from './outcome.js'
import { type Callee, placed, type Site } from './place.js'

/** What happened. */
export type ScopeEventKind =
  /** A scope was opened with `mask`. */
  | 'enter'
  /** The scope opened with `mask` was closed. */
  | 'exit'
  /** A delegation captured `mask`. */
  | 'convey'
  /** A conveyance of `mask` takes effect on this context. */
  | 'adopt'
  /** A delegation left the restrictions `mask` behind: its policy is `none`. */
  | 'drop'
  /** A guard refused what `mask` forbids; `error` is thrown too. */
  | 'refuse'
  /** A rule was broken; `error` says which, and is thrown too. */
  | 'violation'

/** One event of one context. */
export interface ScopeEvent<N extends string = string> {
  /** What happened. */
  readonly kind: ScopeEventKind
  /** The name of the domain. */
  readonly domain: N
  /** The name of the context. */
  readonly context: string
  /** The flags that it happened to: see {@link ScopeEventKind}. */
  readonly mask: Mask<N>
  /** The label of the scope or the delegation, where it has one. */
  readonly label: string | undefined
  /** What was thrown, of the kinds `refuse` and `violation`; else undefined. */
  readonly error: Error | undefined
}

/** What a domain puts its current context into, where the user brings one: see follow.ts. */
export interface Followed {
  run<R>(context: Origin, fn: () => R): R
  get(): Origin | undefined
}

/** The part of a domain that knows which of its contexts runs, and who observes them. */
export class Diagnostics<in out N extends string> {
  /** The name of the domain. */
  readonly name: N
  /** @internal Whether opening and closing a scope has more to do than to change a mask. */
  watched = true
  /** @internal The context that runs now, in the sense of the kernel's `current`, where nothing is followed. */
  running: Origin | null = null
  /** @internal */
  followed: Followed | null = null
  /** How many scopes record their place at first, and again after each violation. */
  #allowance = 1000
  /** How many more do. */
  #places = this.#allowance
  readonly #observers = new Set<(event: ScopeEvent<N>) => void>()

  /** @internal */
  constructor(name: N) {
    this.name = name
  }

  /**
   * Calls `observer` for every event of the domain until disposed. It runs inside the operation that
   * it observes, so it must be quick. One that throws does not disturb that operation: its
   * error becomes an unhandled rejection, where the host reports it.
   */
  subscribe(observer: (event: ScopeEvent<N>) => void): Disposable {
    const entry = (event: ScopeEvent<N>) => observer(event)
    this.#observers.add(entry)
    this.#watch()
    return {
      [dispose]: () => {
        this.#observers.delete(entry)
        this.#watch()
      },
    }
  }

  /**
   * How many of the next scopes record where they were opened (0 to Infinity), for errors to say it,
   * and how many do again after each violation. Recording costs about a microsecond. Unless told
   * otherwise it is 1000: tests always see places, and hot loops hardly pay.
   *
   * @throws RangeError for a negative count or NaN.
   */
  recordPlaces(count: number): void {
    if (!(count >= 0)) throw new RangeError(`${count} places`)
    this.#allowance = count
    this.#places = count
    this.#watch()
  }

  /** @internal The context that runs now, in the sense of the kernel's `current`. */
  get current(): Origin | null {
    return this.followed === null ? this.running : (this.followed.get() ?? null)
  }

  /** @internal Calls `fn` with the context as the current one. */
  within<R>(context: Origin, fn: () => R): R {
    if (this.followed !== null) return this.followed.run(context, fn)
    const { running } = this
    this.running = context
    try {
      return fn()
    } finally {
      this.running = running
    }
  }

  /** @internal What calling a function in a section has to do in a watched domain. */
  watch<C, R>(context: Origin, fn: (context: C) => R): RunResult<R> {
    const end = () => this.report('exit', context, context.opened, context.label)
    let result: unknown
    try {
      result = outcome(
        this.within(context, () => fn(context as unknown as C)),
        (step) => this.within(context, step),
      )
    } catch (thrown) {
      end()
      throw thrown
    }
    if (result instanceof Promise) result.then(end, end)
    else end()
    return result as RunResult<R>
  }

  /** @internal Follows a variable of the user's from now on, or none. */
  follow(followed: Followed | null): void {
    this.followed = followed
    this.#watch()
  }

  /** @internal Tells all observers. */
  report(
    kind: ScopeEventKind,
    context: { readonly name: string },
    mask: number,
    label?: string,
    error?: Error,
  ): void {
    if (kind === 'violation') this.recordPlaces(this.#allowance)
    for (const observer of this.#observers) {
      try {
        observer({
          kind,
          domain: this.name,
          context: context.name,
          mask: mask as Mask<N>,
          label,
          error,
        })
      } catch (thrown) {
        void Promise.reject(thrown)
      }
    }
  }

  /** @internal What opening a scope has to do in a watched domain. Returns the site of the scope. */
  opened(
    context: { readonly name: string },
    mask: number,
    label: string | undefined,
    callee: Callee,
  ): Site {
    this.report('enter', context, mask, label)
    return this.site(label, callee)
  }

  /** @internal A label, with the place of the call of `callee` as long as places are recorded. */
  site(label: string | undefined, callee: Callee): Site {
    if (this.#places <= 0) return label
    this.#places--
    this.#watch()
    return placed(label, callee)
  }

  #watch(): void {
    this.watched = this.#places > 0 || this.#observers.size > 0 || this.followed !== null
  }
}
