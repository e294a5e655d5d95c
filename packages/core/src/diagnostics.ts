/**
 * Diagnostics: what the subscribers of a domain see, and how much the domain remembers for errors.
 * With neither, opening and closing a scope pays one predictable branch for both.
 */
import type { Mask } from './flags.js'
import { Place, type Site } from './place.js'

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
  /** A rule was broken; `error` says which, and is thrown too. */
  | 'violation'

/** One event of one context. */
export interface ScopeEvent<N extends string = string> {
  readonly kind: ScopeEventKind
  readonly domain: N
  /** The name of the context. */
  readonly context: string
  readonly mask: Mask<N>
  /** The label of the scope or the delegation, where it has one. */
  readonly label: string | undefined
  readonly error: Error | undefined
}

/** How many scopes record where they were opened at first, and again after each violation. */
const PLACES = 1000

/** The part of a domain that observes its contexts. */
export class Diagnostics<N extends string> {
  readonly name: N
  /** @internal Whether opening and closing a scope has more to do than to change a mask. */
  watched = true
  #places = PLACES
  #observers: readonly ((event: ScopeEvent<N>) => void)[] = []

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
    this.#observers = [...this.#observers, entry]
    this.#watch()
    return {
      [Symbol.dispose]: () => {
        this.#observers = this.#observers.filter((other) => other !== entry)
        this.#watch()
      },
    }
  }

  /**
   * How many of the next scopes record where they were opened (0 to Infinity), for errors to say it.
   * Recording costs about a microsecond. Unless told otherwise a domain records the first 1000, and
   * 1000 more after each violation: tests always see places, and hot loops hardly pay.
   */
  recordPlaces(count: number): void {
    this.#places = count
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
    if (error && this.#places < PLACES) this.recordPlaces(PLACES)
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
    above: (...args: never) => unknown,
  ): Site {
    this.report('enter', context, mask, label)
    if (this.#places <= 0) return label
    this.recordPlaces(this.#places - 1)
    return new Place(label, above)
  }

  #watch(): void {
    this.watched = this.#places + this.#observers.length > 0
  }
}
