/**
 * Context: carries a mask for one logical task of asynchronous code. It never changes: a section gets a context of its
 * own, made from the outer one, so what still holds it later is as restricted as it was, and two sections at once
 * do not mix. What runs in sequence and changes its flags, as a kernel task does, is a task: see task.ts.
 */
import type { Domain } from './domain.js'
import type { Mask } from './flags.js'
import type { Origin, StepKind } from './origin.js'
import { outcome, type RunResult } from './outcome.js'
import { type Callee, labelOf, type Site, stackOf } from './place.js'

/** What a context may be made with. */
export interface ContextOptions<N extends string> {
  /** Names the context in errors and diagnostics. By default the domain's name and a number: `jobs#3`. */
  readonly name?: string
  /** What the context carries from the start. By default nothing. */
  readonly mask?: Mask<N>
}

/** A section that was opened, and is begun by calling a function in it; the function gets the context that carries it. */
export interface Section {
  call<C, R>(fn: (context: C) => R): RunResult<R>
}

/** What a context is made of. */
export interface Birth {
  readonly own: number
  readonly outer: Origin | null
  readonly from: Origin | null
  /** How the section was labelled, and where it was opened; of a context that was made from no other, its name. */
  readonly site: Site | number
}

/** How many steps of a way are kept: enough for any error, and a job that queues itself for ever does not grow. */
const STEPS = 64

/**
 * Carries a mask of one domain. Its restrictions are its own for ever.
 *
 * While code of a section runs that is more restricted than the context that it was made from, that outer context
 * is refused where it can be seen: asking it for flags, opening sections of it and delegating from it throw a ScopeError.
 */
export class Context<in out N extends string = string> {
  /** The domain whose flags it carries. */
  readonly domain: Domain<N>
  /** @internal Only a task's changes. */
  own: number
  /** @internal */
  outer: Origin | null
  /** @internal */
  from: Origin | null
  /** @internal */
  readonly site: Site | number
  /** @internal */
  depth: number

  /** @throws RangeError for a mask that is not one of the domain, ScopeError for grants: see `granter`. */
  constructor(domain: Domain<N>, options?: ContextOptions<N>)
  /** @internal */
  constructor(domain: Domain<N>, options: undefined, birth: Birth)
  constructor(
    domain: Domain<N>,
    options: ContextOptions<N> = {},
    birth: Birth = first(domain, options),
  ) {
    const { own, outer, from, site } = birth
    this.domain = domain
    this.own = own
    this.outer = outer
    this.from = from
    this.site = site
    this.depth = depthOf(outer, from)
    if (this.depth > STEPS) shorten(this)
  }

  /** Names the context in errors and diagnostics. A section has the name of what it was made from. */
  get name(): string {
    const { outer, site } = this
    if (outer !== null) return outer.name
    return typeof site === 'number' ? `${this.domain.name}#${site}` : `${labelOf(site)}`
  }

  /** @internal */
  get label(): string | undefined {
    return this.outer === null ? undefined : labelOf(this.site as Site)
  }

  /** @internal */
  get stack(): string | undefined {
    return stackOf(this.site)
  }

  /** @internal */
  get kind(): StepKind {
    return this.outer === null && this.from === null ? 'given' : 'scope'
  }

  /** @internal */
  get opened(): number {
    const { outer, own, site } = this
    return typeof site === 'object' ? site.opened : own & ~(outer === null ? 0 : outer.own)
  }

  /** The flags in force: its own, and the restrictions of whoever waits for it or for what it was made from. */
  get mask(): Mask<N> {
    const { own, domain } = this
    const { waiting } = domain
    return (waiting === null ? own : own | waiting.restrictionsFor(this)) as Mask<N>
  }

  /** @internal */
  get beginnings(): Origin['beginnings'] {
    return typeof this.site === 'object' ? this.site.beginnings : undefined
  }

  /** @internal */
  get bearer(): Origin {
    return this
  }

  /** @internal */
  get origin(): Origin {
    return this
  }

  /**
   * True if a flag is in force.
   * @throws RangeError for several flags at once, which leave open whether any or all are meant, and for none.
   */
  has(flag: Mask<N>): boolean {
    const has = this.hasAny(flag)
    if (flag === 0 || (flag & (flag - 1)) !== 0) {
      const flags = this.domain.format(flag)
      throw new RangeError(`has(${flags}) is not one flag: use hasAny or hasAll`)
    }
    return has
  }

  /** True if at least one flag of the mask is in force. */
  hasAny(mask: Mask<N>): boolean {
    const { domain } = this
    domain.uses(this)
    return (this.mask & domain.valid(mask)) !== 0
  }

  /** True if all flags of the mask are in force. */
  hasAll(mask: Mask<N>): boolean {
    const { domain } = this
    domain.uses(this)
    return (domain.valid(mask) & ~this.mask) === 0
  }

  /**
   * Guards an operation that restrictions forbid: `context.forbid(NO_NETWORK)` at the top of a function that uses the
   * network.
   *
   * @throws RestrictionError when one of them is in force: it tells who restricted it, where, and how it came here.
   * RangeError for a mask without restrictions, which would guard nothing.
   */
  forbid(mask: Mask<N>): void {
    const { domain } = this
    const { current } = domain
    if (
      (mask & (this.mask | ~domain.restrictions)) !== 0 ||
      (mask | 0) !== mask ||
      mask === 0 ||
      (current !== null && current !== this)
    ) {
      domain.guard(this, mask)
    }
  }

  /**
   * Calls `fn` in a section of its own and returns what it returns. The section's context, which `fn` gets, carries the
   * flags of `mask` beside what this one carries, and keeps them when the section is over: a timer, a listener or a
   * promise that nobody awaits stays as restricted as the section was. It is the current context while `fn`
   * runs synchronously. A thenable comes back as a promise; an async generator has the section's context as the current
   * one in each step, until the first `await` of that.
   *
   * @param label names the section in errors.
   * @throws RangeError for a mask that is not one of the domain; ScopeError for grants, and where this context is used
   * inside a section of it that is more restricted.
   */
  run<R>(mask: Mask<N>, fn: (context: Context<N>) => R, label?: string): RunResult<R> {
    const { domain } = this
    const { running } = domain
    domain.openable(mask)
    if (running !== null || domain.watched) {
      domain.uses(this)
      if (domain.watched) return this.open(mask, label, this.run, null).call(fn)
    }
    // What `open` and `call` do where nobody watches, written out: in one function the optimizer sees through all of it.
    const birth = { own: this.own | mask, outer: this, from: null, site: label }
    const section = new Context(domain, undefined, birth)
    domain.running = section
    let result: unknown
    try {
      result = fn(section)
    } finally {
      domain.running = running
    }
    if (typeof result === 'object' || typeof result === 'function')
      result = outcome(result, section)
    return result as RunResult<R>
  }

  /**
   * A context for another task, with the flags of `mask` beside the restrictions of this one. Grants stay here, and so
   * do identity bits.
   *
   * @throws as {@link run} does.
   */
  fork(mask: Mask<N>, label?: string): Context<N> {
    const { domain } = this
    domain.uses(this)
    const own = (this.mask & domain.restrictions) | domain.openable(mask)
    return this.child(own, mask, label, this.fork)
  }

  /** @internal Opens a section, by a call of `callee`, to which `from` was conveyed. */
  open(mask: Mask<N>, label: string | undefined, callee: Callee, from: Origin | null): Section {
    const { domain } = this
    const site = domain.watched ? domain.opened(this, mask, label, callee) : label
    return new Context(domain, undefined, { own: this.own | mask, outer: this, from, site })
  }

  /** @internal A context with flags of its own that is made from this one, by a call of `callee`. */
  child(own: number, mask: Mask<N>, label: string | undefined, callee: Callee): Context<N> {
    const { domain, origin: outer } = this
    const site = domain.watched ? domain.opened(this, mask, label, callee) : label
    return new Context(domain, undefined, { own, outer, from: null, site })
  }

  /** @internal Calls a function with this as the current context. */
  call<C, R>(fn: (context: C) => R): RunResult<R> {
    const { domain } = this
    const { observing } = domain
    if (observing !== null) return observing.run(this, fn)
    const result = domain.within(this, fn, this as unknown as C)
    return (
      typeof result === 'object' || typeof result === 'function' ? outcome(result, this) : result
    ) as RunResult<R>
  }

  /** @internal Only a task's flags change. TypeScript does not know these methods, and JavaScript is told so. */
  save(..._: unknown[]): unknown {
    throw this.domain.unchanging(this)
  }

  /** @internal */
  restore(..._: unknown[]): unknown {
    return this.save()
  }

  /** @internal */
  enter(..._: unknown[]): unknown {
    return this.save()
  }

  /** `request-17: NO_NETWORK`. */
  toString(): string {
    return `${this.name}: ${this.domain.format(this.mask)}`
  }

  /** One line in JSON too. */
  toJSON(): string {
    return `${this}`
  }

  /** @internal And where Node prints it. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Context(${this})`
  }
}

/** What a context that is made from no other starts with. */
function first<N extends string>(domain: Domain<N>, options: ContextOptions<N>): Birth {
  // A misspelt flag is undefined in JavaScript, and must not pass for no flags.
  const own = 'mask' in options ? domain.openable(options.mask) : 0
  return { own, outer: null, from: null, site: options.name ?? ++domain.contexts }
}

/** How deep a context is that follows these two. */
function depthOf(outer: Origin | null, from: Origin | null): number {
  const a = outer === null ? 0 : outer.depth
  const b = from === null ? 0 : from.depth
  return Math.max(a, b) + 1
}

/**
 * Cuts the way of a context that is too long: of each flag the step that brought it in is known afterwards, and
 * nothing else is kept.
 */
function shorten<N extends string>(context: Context<N>): void {
  const { domain, outer, from } = context
  const cut = (origin: Origin | null): Origin | null => {
    if (origin === null || origin.depth < STEPS) return origin
    const { own, name } = origin
    const site = { label: name, opened: own, beginnings: domain.beginningsOf(origin) }
    return new Context(domain, undefined, { own, outer: null, from: null, site })
  }
  context.outer = cut(outer)
  context.from = cut(from)
  context.depth = depthOf(context.outer, context.from)
}
