/**
 * Scope: a section in which a task carries more flags than before. Scopes of a task close in
 * the reverse order of opening. That is checked always, in production too, so it has to be cheap:
 * a task keeps its frames and uses them again, and a scope is a small handle on one of them.
 */
import { Context } from './context.js'
import type { Described } from './described.js'
import { dispose } from './dispose.js'
import type { ScopeError } from './errors.js'
import type { Mask } from './flags.js'
import { misused } from './misuse.js'
import type { Origin, StepKind } from './origin.js'
import { isThenable, type RunResult } from './outcome.js'
import { labelOf, type Site, stackOf } from './place.js'

/** A task, as far as this file has to know it: a context with a stack of scopes. */
export interface ScopeStack<N extends string> extends Context<N> {
  top: Frame<N>
  /** What it was made with. */
  readonly given: number
}

/** One open scope on its task's stack. The bottom frame stands for "no scope". */
export class Frame<in out N extends string> {
  readonly context: ScopeStack<N>
  outer: Frame<N> | null
  /** The frame that the next scope inside this one will use. */
  inner: Frame<N> | null = null
  mask = 0 as Mask<N>
  saved = 0
  /** Tells this use of the frame from others; 0 when nobody uses it, or a `run`, which has no handle. */
  serial = 0
  site: Site = undefined
  /** What was conveyed to the scope. */
  from: Origin | null = null
  /** What {@link origin} found, for as long as it is right. */
  snapshot: Context<N> | null = null

  constructor(context: ScopeStack<N>, outer: Frame<N> | null) {
    this.context = context
    this.outer = outer
  }

  get name(): string {
    return this.context.name
  }

  get opened(): Mask<N> {
    return this.mask
  }

  get label(): string | undefined {
    return labelOf(this.site)
  }

  get stack(): string | undefined {
    return stackOf(this.site)
  }

  /** The frame inside this one. */
  next(): Frame<N> {
    return (this.inner ??= new Frame(this.context, this))
  }

  /**
   * The state of the task in this scope.
   * @param own the flags in force inside it.
   */
  origin(own: number): Context<N> {
    if (this.snapshot?.own === own) return this.snapshot
    const { outer, mask } = this
    const before = outer === null ? null : outer.origin((own & ~mask) | this.saved)
    return (this.snapshot = new Snapshot(this, own, before))
  }

  /** Calls a function in the scope and closes it when that is over. */
  call<C, R>(fn: (task: C) => R): RunResult<R> {
    const { context } = this
    const { domain } = context
    const { running } = domain
    let result: R
    let thenable: boolean
    try {
      if (domain.followed === null) {
        domain.running = context
        result = fn(context as unknown as C)
      } else result = domain.within(context, fn, context as unknown as C)
      thenable = isThenable(result)
    } catch (thrown) {
      domain.running = running
      this.#leave({ cause: thrown })
      throw thrown
    }
    domain.running = running
    if (thenable) return this.#settle(result) as RunResult<R>
    this.#leave()
    return result as RunResult<R>
  }

  /** Closes the scope of a run when the promise settles. Apart, for closures here would cost every run. */
  async #settle(result: unknown): Promise<unknown> {
    let section: ErrorOptions | undefined
    try {
      return await result
    } catch (thrown) {
      section = { cause: thrown }
      throw thrown
    } finally {
      this.#leave(section)
    }
  }

  /** Closes the scope of a run: it has no handle, so only scopes inside it can stand in the way. */
  #leave(section?: ErrorOptions): void {
    if (this.context.top !== this) throw this.closedEarly(this, section)
    this.pop(this.context)
  }

  /** Closes the scope, which is the innermost of the task. */
  pop(context: ScopeStack<N>): void {
    this.serial = 0
    context.top = this.outer as Frame<N>
    context.own = (context.own & ~this.mask) | this.saved
    if (context.domain.watched) {
      context.domain.report('exit', context, this.mask, this.label)
    }
  }

  /**
   * The error for closing the scope while another is open inside it. The frame leaves the stack, and
   * the scope inside it will close both: no restriction is lifted while code inside counts on it.
   */
  closedEarly(scope: Described, section?: ErrorOptions): ScopeError {
    const inner = this.inner as Frame<N>
    const error = misused(this.context.domain, scope, 'before', { other: inner, section })
    inner.saved = (inner.saved & ~this.mask) | this.saved
    inner.mask = (inner.mask | this.mask) as Mask<N>
    inner.outer = this.outer
    ;(this.outer as Frame<N>).inner = inner
    this.serial = 0
    return error
  }
}

/** The state of a task in a scope, for those that keep it. */
class Snapshot<in out N extends string> extends Context<N> {
  readonly #task: ScopeStack<N>
  readonly #mask: number
  readonly #label: string | undefined

  constructor({ context, mask, from, site, label }: Frame<N>, own: number, outer: Origin | null) {
    super(context.domain, undefined, { own, outer, from, site })
    this.#task = context
    this.#mask = outer === null ? context.given : mask
    this.#label = label
  }

  override get name(): string {
    return this.#task.name
  }

  override get bearer(): Origin {
    return this.#task
  }

  override get kind(): StepKind {
    return this.outer === null ? 'given' : 'scope'
  }

  override get opened(): number {
    return this.#mask
  }

  override get label(): string | undefined {
    return this.#label
  }
}

/** An open section of a task: what `task.enter(mask)` returns. Close it once, in LIFO order. */
export class Scope<in out N extends string = string> implements Disposable {
  /** @internal */
  readonly frame: Frame<N>
  /** @internal */
  readonly serial: number
  /** The flags that the scope was opened with. */
  readonly mask: Mask<N>
  /** @internal */
  readonly site: Site
  /** The context that was running when the scope was opened. */
  readonly #opener: unknown

  /** @internal */
  constructor(frame: Frame<N>, opener: unknown) {
    this.frame = frame
    this.serial = frame.serial
    this.mask = frame.mask
    this.site = frame.site
    this.#opener = opener
  }

  /** @internal */
  get context(): ScopeStack<N> {
    return this.frame.context
  }

  /** @internal */
  get name(): string {
    return this.context.name
  }

  /** @internal */
  get opened(): Mask<N> {
    return this.mask
  }

  /** @internal */
  get label(): string | undefined {
    return labelOf(this.site)
  }

  /** @internal */
  get stack(): string | undefined {
    return stackOf(this.site)
  }

  /** True if the scope has not been closed yet. */
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
    const { frame } = this
    const { context } = frame
    const { current } = context.domain
    const within = current !== context && current !== null && current !== this.#opener
    if (frame.serial !== this.serial || within || context.top !== frame) throw this.#misuse()
    frame.pop(context)
  }

  /** The error for closing the scope now. */
  #misuse(): ScopeError {
    const { frame, context } = this
    const { domain } = context
    const { current } = domain
    if (frame.serial !== this.serial) return misused(domain, this, 'twice')
    if (current !== context && current !== null && current !== this.#opener) {
      return misused(domain, this, 'within', { other: current.origin })
    }
    return frame.closedEarly(this)
  }

  /** What `using` calls at the end of its block: {@link close}. */
  [dispose](): void {
    this.close()
  }
}
