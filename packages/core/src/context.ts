/**
 * Context: carries a mask, as a kernel task carries `current->flags`. One per logical task.
 */
import type { Domain } from './domain.js'
import type { Mask } from './flags.js'
import type { Callee } from './place.js'
import { Frame, Scope } from './scope.js'

/** Who waits for a context: see inherit.ts. */
export interface Waiters<N extends string> {
  /** Those that wait for it directly. */
  readonly contexts: Context<N>[]
  /** The restrictions of all who wait for it, directly or through others. */
  readonly restrictions: number
}

/** What `run` returns for a function that returns `R`: any thenable comes back as a promise. */
export type RunResult<R> = R extends PromiseLike<infer T> ? Promise<T> : R

/** What a context may be made with. */
export interface ContextOptions<N extends string> {
  /** Names the context in errors and diagnostics. By default the domain's name and a number: `jobs#3`. */
  readonly name?: string
  /** What the context carries from the start, outside all scopes. By default nothing. */
  readonly mask?: Mask<N>
}

/** Carries a mask of one domain for one logical task. Two tasks that run concurrently need two contexts. */
export class Context<N extends string = string> {
  readonly domain: Domain<N>
  /** Names the context in errors and diagnostics. */
  readonly name: string
  /** @internal The flags of its own scopes. */
  own: number
  /** @internal Absent while nobody waits for it. */
  waiters: Waiters<N> | null = null
  /** @internal The innermost open scope. */
  top: Frame<N>
  /** The serial number of the latest scope with a handle. */
  #serial = 0

  constructor(domain: Domain<N>, { name, mask = 0 as Mask<N> }: ContextOptions<N> = {}) {
    this.domain = domain
    this.own = mask
    this.name = name ?? `${domain.name}#${++domain.contexts}`
    this.top = new Frame(this, null)
  }

  /** The flags in force: those of its scopes, and the restrictions of whoever waits for it. */
  get mask(): Mask<N> {
    const { own, waiters } = this
    return (waiters === null ? own : own | waiters.restrictions) as Mask<N>
  }

  /** Whether all flags of `mask` are in force. */
  has(mask: Mask<N>): boolean {
    return (mask & ~this.mask) === 0
  }

  /**
   * Sets the bits of `mask` and returns the previous value of exactly these bits, for `restore`.
   * This is the raw layer: the semantics of the kernel's `memalloc_nofs_save()` (include/linux/sched/mm.h),
   * no order is checked.
   */
  save(mask: Mask<N>): Mask<N> {
    const saved = this.own & mask
    this.own |= mask
    return saved as Mask<N>
  }

  /**
   * Clears the bits of `mask` and ors `saved` back, whatever it holds: the semantics of the kernel's
   * `memalloc_nofs_restore()` (include/linux/sched/mm.h).
   */
  restore(mask: Mask<N>, saved: Mask<N>): void {
    this.own = (this.own & ~mask) | saved
  }

  /**
   * Opens a scope in which the flags of `mask` are in force, until it is closed:
   * `using scope = context.enter(mask)`. The label names it in errors.
   */
  enter(mask: Mask<N>, label?: string): Scope<N>
  /** @internal A scope that was opened by the call of `callee`. */
  enter(mask: Mask<N>, label: string | undefined, callee: Callee): Scope<N>
  enter(mask: Mask<N>, label?: string, callee: Callee = this.enter): Scope<N> {
    const frame = this.#push(mask, label, callee)
    frame.opener = this.domain.running
    frame.serial = ++this.#serial
    return new Scope(frame, frame.serial, mask, frame.site)
  }

  /**
   * Calls `fn` in a scope of `mask` and returns what it returns. The context is the current one
   * while `fn` runs synchronously. When `fn` returns a promise or another object with a `then`, the
   * scope stays open until that settles, and the promise returned settles the same way.
   *
   * @throws ScopeError (or rejects with it) when `fn` leaves a scope of its own open; what `fn`
   * threw itself is its `suppressed`.
   */
  run<R>(mask: Mask<N>, fn: (context: this) => R, label?: string): RunResult<R>
  /** @internal A scope that was opened by the call of `callee`. */
  run<R>(
    mask: Mask<N>,
    fn: (context: this) => R,
    label: string | undefined,
    callee: Callee,
  ): RunResult<R>
  run<R>(
    mask: Mask<N>,
    fn: (context: this) => R,
    label?: string,
    callee: Callee = this.run,
  ): unknown {
    const domain = this.domain
    const running = domain.running
    const frame = this.#push(mask, label, callee)
    domain.running = this
    let result: R
    let thenable: boolean
    try {
      result = fn(this)
      thenable =
        typeof result === 'object' &&
        typeof (result as { then?: unknown } | null)?.then === 'function'
    } catch (thrown) {
      domain.running = running
      this.#leave(frame, { thrown })
      throw thrown
    }
    domain.running = running
    if (thenable) return this.#settle(frame, result)
    this.#leave(frame)
    return result
  }

  /** Closes the scope of a run when the promise settles. Apart, for closures here would cost every run. */
  async #settle(frame: Frame<N>, result: unknown): Promise<unknown> {
    let suppressed: { readonly thrown: unknown } | undefined
    try {
      return await result
    } catch (thrown) {
      suppressed = { thrown }
      throw thrown
    } finally {
      this.#leave(frame, suppressed)
    }
  }

  /** Opens a scope on the next frame. */
  #push(mask: Mask<N>, label: string | undefined, callee: Callee): Frame<N> {
    const { domain } = this
    // Before anything is read: an observer may open scopes itself.
    const site = domain.watched ? domain.opened(this, mask, label, callee) : label
    const { own, top } = this
    const frame = top.inner ?? top.next()
    frame.site = site
    frame.mask = mask
    frame.saved = own & mask
    this.top = frame
    this.own = own | mask
    return frame
  }

  /** Closes the scope of a run: it has no handle, so only scopes inside it can stand in the way. */
  #leave(frame: Frame<N>, suppressed?: { readonly thrown: unknown }): void {
    if (this.top !== frame) throw frame.closedEarly(frame, suppressed)
    frame.pop(this)
  }
}
