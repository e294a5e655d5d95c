/**
 * Scope: a section in which a context carries more flags than before. Scopes of a context close in
 * the reverse order of opening. That is checked always, in production too, so it has to be cheap:
 * a context keeps its frames and uses them again, and a scope is a small handle on one of them.
 */
import { dispose } from './dispose.js'
import type { Domain } from './domain.js'
import type { ScopeError } from './errors.js'
import type { Mask } from './flags.js'
import type { Described } from './misuse.js'
import { labelOf, type Site } from './place.js'

/** The stack of scopes of one context, as far as this file has to know a context. */
export interface ScopeStack<N extends string> {
  readonly domain: Domain<N>
  readonly name: string
  own: number
  top: Frame<N>
}

/** One open scope on its context's stack. The bottom frame stands for "no scope". */
export class Frame<N extends string> {
  readonly context: ScopeStack<N>
  outer: Frame<N> | null
  /** The frame that the next scope inside this one will use. */
  inner: Frame<N> | null = null
  mask = 0 as Mask<N>
  saved = 0
  /** Tells this use of the frame from others; 0 when nobody uses it, or a `run`, which has no handle. */
  serial = 0
  site: Site = undefined
  /** The context that was running when the scope was opened; it matters only to those with a handle. */
  opener: unknown = null

  constructor(context: ScopeStack<N>, outer: Frame<N> | null) {
    this.context = context
    this.outer = outer
  }

  /** The frame inside this one. */
  next(): Frame<N> {
    return (this.inner ??= new Frame(this.context, this))
  }

  /** Closes the scope, which is the innermost of the context. */
  pop(context: ScopeStack<N>): void {
    this.serial = 0
    context.top = this.outer as Frame<N>
    context.own = (context.own & ~this.mask) | this.saved
    if (context.domain.watched) {
      context.domain.report('exit', context, this.mask, labelOf(this.site))
    }
  }

  /**
   * The error for closing the scope while another is open inside it. The frame leaves the stack, and
   * the scope inside it will close both: no restriction is lifted while code inside counts on it.
   */
  closedEarly(scope: Described<N>, suppressed?: { readonly thrown: unknown }): ScopeError {
    const inner = this.inner as Frame<N>
    const error = this.context.domain.misused(scope, 'before', inner, suppressed)
    inner.saved = (inner.saved & ~this.mask) | this.saved
    inner.mask = (inner.mask | this.mask) as Mask<N>
    inner.outer = this.outer
    ;(this.outer as Frame<N>).inner = inner
    this.serial = 0
    return error
  }
}

/** An open section of a context: what `context.enter(mask)` returns. Close it once, in LIFO order. */
export class Scope<N extends string = string> implements Disposable {
  /** @internal */
  readonly frame: Frame<N>
  /** @internal */
  readonly serial: number
  /** The flags that the scope was opened with. */
  readonly mask: Mask<N>
  /** @internal */
  readonly site: Site

  /** @internal */
  constructor(frame: Frame<N>, serial: number, mask: Mask<N>, site: Site) {
    this.frame = frame
    this.serial = serial
    this.mask = mask
    this.site = site
  }

  /** @internal */
  get context(): ScopeStack<N> {
    return this.frame.context
  }

  /** Whether the scope has not been closed yet. */
  get open(): boolean {
    return this.frame.serial === this.serial
  }

  /**
   * Closes the scope: the bits of its mask are as they were before.
   *
   * @throws ScopeError when it was closed already, when a scope that was opened inside it is still
   * open, or while another context runs. Closing out of order never lifts a restriction early:
   * the flags of this scope stay until the scope inside it closes, and go with it.
   */
  close(): void {
    const frame = this.frame
    const context = frame.context
    const domain = context.domain
    const running = domain.running as ScopeStack<N> | null
    if (frame.serial !== this.serial) throw domain.misused(this, 'twice')
    if (running !== context && running !== null && running !== frame.opener) {
      throw domain.misused(this, 'within', running.top)
    }
    if (context.top !== frame) throw frame.closedEarly(this)
    frame.pop(context)
  }

  [dispose](): void {
    this.close()
  }
}
