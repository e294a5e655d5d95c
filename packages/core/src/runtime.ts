/**
 * Runtime: what the contexts of a domain share while the program runs: which of them is the current one, and who is
 * interested in scopes: errors that want to say where one was opened, observers, a variable that is followed. With none of these,
 * opening and closing a scope pays one predictable branch for all.
 */
import type { Mask } from './flags.js'
import type { Origin, Waiting } from './origin.js'
import type { RunResult } from './outcome.js'
import type { Callee, Site } from './place.js'

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

/** Who observes a domain, where somebody does: see diagnostics.ts. */
export interface Observing<N extends string> {
  report(event: ScopeEvent<N>): void
  /** Runs a section, and reports its end. */
  run<C, R>(context: Origin, fn: (context: C) => R): RunResult<R>
}

/** What a domain puts its current context into, where the user brings one: see follow.ts. */
export interface Followed {
  run<A, R>(context: Origin, fn: (argument: A) => R, argument: A): R
  get(): Origin | null
}

/** `Error`, in engines that write down where a function was called. */
type Capturing = { captureStackTrace?: (target: object, callee: Callee) => void }

/** The part of a domain that changes while the program runs. */
export class Runtime<in out N extends string> {
  /** The name of the domain. */
  readonly name: N
  /** @internal Whether opening and closing a scope has more to do than to change a mask. */
  watched = true
  /** @internal The context that runs now, in the sense of the kernel's `current`, where nothing is followed. */
  running: Origin | null = null
  /** @internal Counts contexts, to name those that were given no name. */
  contexts = 0
  /** @internal Whether the capability to grant was given out. */
  granted = false
  /** @internal Who waits for whom, while somebody does. */
  waiting: Waiting | null = null
  /** @internal */
  followed: Followed | null = null
  /** @internal */
  observing: Observing<N> | null = null
  /** How many scopes record their place at first, and again after each violation. */
  #allowance = 1000
  /** How many more do. */
  #places = 1000

  /** @internal */
  constructor(name: N) {
    this.name = name
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
    this.#allowance = this.#places = count
    this.attach({})
  }

  /** @internal Takes what a subpath of this package brings, or takes it away again. */
  attach(parts: Partial<Pick<Runtime<N>, 'followed' | 'observing'>>): void {
    const { followed, observing } = Object.assign(this, parts)
    this.watched = this.#places > 0 || followed !== null || observing !== null
  }

  /** @internal The context that runs now. */
  get current(): Origin | null {
    const { followed } = this
    return followed === null ? this.running : followed.get()
  }

  /** @internal Calls `fn` with an argument or none, the context being the current one. */
  within<R>(context: Origin, fn: () => R): R
  within<A, R>(context: Origin, fn: (argument: A) => R, argument: A): R
  within<A, R>(context: Origin, fn: (argument?: A) => R, argument?: A): R {
    const { followed, running } = this
    if (followed !== null) return followed.run(context, fn, argument)
    this.running = context
    try {
      return fn(argument)
    } finally {
      this.running = running
    }
  }

  /** @internal A function that does what `fn` does, with the context as the current one. */
  bound<F extends (...args: never) => unknown>(context: Origin, fn: F): F {
    const within = <R>(call: () => R) => this.within(context, call)
    return function (this: unknown, ...args: never) {
      return within(() => fn.apply(this, args))
    } as F
  }

  /** @internal Tells the observers. */
  report(
    kind: ScopeEventKind,
    { name }: { readonly name: string },
    mask: number,
    label?: string,
    error?: Error,
  ): void {
    const event = { kind, domain: this.name, context: name, mask: mask as Mask<N>, label, error }
    this.observing?.report(event)
  }

  /** @internal Reports a violation and returns the error to throw. */
  violated<E extends Error>(
    scope: { readonly name: string; readonly opened: number; readonly label: string | undefined },
    error: E,
  ): E {
    this.recordPlaces(this.#allowance)
    this.report('violation', scope, scope.opened, scope.label, error)
    return error
  }

  /** @internal What opening a scope has to do in a watched domain. Returns the site of the scope. */
  opened(
    context: { readonly name: string },
    mask: number,
    label: string | undefined,
    callee: Callee,
  ): Site {
    this.report('enter', context, mask, label)
    return this.site(mask, label, callee)
  }

  /** @internal A label, with the place of the call of `callee` as long as places are recorded. */
  site(opened: number, label: string | undefined, callee: Callee): Site {
    const place = { label, opened }
    if (this.#places > 0) {
      this.#places--
      this.attach({})
      ;(Error as Capturing).captureStackTrace?.(place, callee)
    } else if (this.observing === null) return label
    return place
  }
}
