/**
 * Task: the sequential layer. A task does one thing at a time and changes its flags, as `current->flags` does: scopes are
 * saved and restored, or opened and closed in LIFO order, on the task itself. For kernel threads, generator tasks,
 * parsers, transactions; asynchronous code that may outlive its section takes a plain {@link Context}.
 * @module task
 */
import { Context, type ContextOptions } from './context.js'
import type { Domain } from './domain.js'
import type { Mask } from './flags.js'
import type { Origin } from './origin.js'
import type { RunResult } from './outcome.js'
import type { Callee } from './place.js'
import { Frame, Scope } from './scope.js'

/** Carries a mask of one domain for one task that runs in sequence. Two that run concurrently need two. */
export class Task<in out N extends string = string> extends Context<N> {
  /** @internal The innermost open scope. */
  top: Frame<N>
  /** @internal What it was made with. */
  readonly given: number
  /** The serial number of the latest scope with a handle. */
  #serial = 0

  /** @throws as that of {@link Context}. */
  constructor(domain: Domain<N>, options?: ContextOptions<N>) {
    super(domain, options)
    this.given = this.own
    this.top = new Frame(this, null)
  }

  /** @internal */
  override get origin(): Origin {
    return this.top.origin(this.own)
  }

  /**
   * Sets the bits of `mask` and returns the previous value of exactly these bits, for `restore`.
   * This is the raw layer: the semantics of the kernel's `memalloc_nofs_save()` (include/linux/sched/mm.h),
   * no order is checked.
   *
   * @throws as {@link enter} does.
   */
  override save(mask: Mask<N>): Mask<N> {
    const saved = this.own & this.domain.openable(mask)
    this.own |= mask
    return saved as Mask<N>
  }

  /**
   * Clears the bits of `mask` and ors `saved` back, whatever it holds: the semantics of the kernel's
   * `memalloc_nofs_restore()` (include/linux/sched/mm.h).
   */
  override restore(mask: Mask<N>, saved: Mask<N>): void {
    this.own = (this.own & ~mask) | saved
  }

  /**
   * Opens a scope in which the flags of `mask` are in force, until it is closed:
   * `using scope = task.enter(mask)`. The label names it in errors.
   *
   * @throws RangeError for a mask that is not one of the domain, ScopeError for grants: see `granter`.
   */
  override enter(mask: Mask<N>, label?: string): Scope<N> {
    return this.scope(this.domain.openable(mask), label, this.enter, null)
  }

  /** @internal A scope that was opened by a call of `callee`, to which `from` was conveyed. */
  scope(mask: Mask<N>, label: string | undefined, callee: Callee, from: Origin | null): Scope<N> {
    const frame = this.open(mask, label, callee, from)
    frame.serial = ++this.#serial
    return new Scope(frame, this.domain.current)
  }

  /**
   * Calls `fn` in a scope of `mask` on this task and returns what it returns. The task is the current context
   * while `fn` runs synchronously. When `fn` returns a thenable, the scope stays open until that settles, and the
   * promise returned settles the same way.
   *
   * @throws ScopeError (or rejects with it) when `fn` leaves a scope of its own open; what `fn`
   * threw itself is its `cause`.
   */
  override run<R>(mask: Mask<N>, fn: (task: Task<N>) => R, label?: string): RunResult<R> {
    return this.open(this.domain.openable(mask), label, this.run, null).call(fn)
  }

  /** @internal Opens a scope on the next frame. */
  override open(
    mask: Mask<N>,
    label: string | undefined,
    callee: Callee,
    from: Origin | null,
  ): Frame<N> {
    // Before anything is read: an observer may open scopes itself.
    const { domain } = this
    const site = domain.watched ? domain.opened(this, mask, label, callee) : label
    const { own, top } = this
    const frame = top.inner ?? top.next()
    frame.site = site
    frame.mask = mask
    frame.saved = own & mask
    frame.from = from
    frame.snapshot = null
    this.top = frame
    this.own = own | mask
    return frame
  }
}
