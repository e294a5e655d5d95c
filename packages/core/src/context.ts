/**
 * Context: carries a mask for one logical task of asynchronous code. It never changes: a section gets a context of its
 * own, made from the outer one, so what still holds it later is as restricted as it was, and two sections at once
 * do not mix. What runs in sequence and changes its flags, as a kernel task does, is a task: see task.ts.
 */
import type { Domain } from './domain.js'
import type { Mask } from './flags.js'
import { type Origin, type StepKind, wayOf } from './origin.js'
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

/** How a context is made from another one. */
interface Child<N extends string> {
  readonly own: number
  readonly mask: Mask<N>
  readonly label: string | undefined
  /** The function of this package whose call makes it. */
  readonly callee: Callee
  /** What was conveyed to it. */
  readonly from: Origin | null
}

/** What is told of a step that cannot be seen from the contexts around it. */
export interface StepDetails {
  readonly kind: StepKind
  readonly opened: number
  readonly name: string
  readonly bearer?: Origin
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
  readonly outer: Origin | null
  /** @internal */
  readonly from: Origin | null
  /** @internal */
  readonly site: Site | number
  /** @internal */
  readonly depth: number

  /** @throws RangeError for a mask that is not one of the domain, ScopeError for grants: see `granter`. */
  constructor(domain: Domain<N>, options?: ContextOptions<N>)
  /** @internal */
  constructor(domain: Domain<N>, options: undefined, birth: Birth)
  constructor(
    domain: Domain<N>,
    options: ContextOptions<N> = {},
    birth: Birth = first(domain, options),
  ) {
    const { outer, from } = birth
    this.domain = domain
    this.own = birth.own
    this.outer = outer === null || outer.depth < STEPS ? outer : bounded(domain, outer)
    this.from = from === null || from.depth < STEPS ? from : bounded(domain, from)
    this.site = birth.site
    this.depth = depthOf(this.outer, this.from)
  }

  /** Names the context in errors and diagnostics. A section has the name of what it was made from. */
  get name(): string {
    const { outer, site } = this
    if (outer !== null) return outer.name
    return typeof site === 'number' ? `${this.domain.name}#${site}` : `${labelOf(site)}`
  }

  /** @internal */
  get label(): string | undefined {
    const { outer, site } = this
    return outer === null ? undefined : labelOf(site as Site)
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
    return this.own & ~(this.outer?.own ?? 0)
  }

  /** The flags in force: its own, and the restrictions of whoever waits for it or for what it was made from. */
  get mask(): Mask<N> {
    const { own, domain } = this
    return (domain.waits === 0 ? own : own | domain.inherited(this)) as Mask<N>
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
   * Whether a flag is in force.
   * @throws RangeError for several flags at once, which leave open whether any or all are meant, and for none.
   */
  has(flag: Mask<N>): boolean {
    return (this.mask & this.domain.asked(this, flag, true)) !== 0
  }

  /** Whether at least one flag of the mask is in force. */
  hasAny(mask: Mask<N>): boolean {
    return (this.mask & this.domain.asked(this, mask, false)) !== 0
  }

  /** Whether all flags of the mask are in force. */
  hasAll(mask: Mask<N>): boolean {
    return (this.domain.asked(this, mask, false) & ~this.mask) === 0
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
    domain.uses(this)
    return this.open(domain.openable(mask), label, this.run, null).call(fn)
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
    return this.child({ own, mask, label, callee: this.fork, from: null })
  }

  /** @internal Opens a section, by a call of `callee`, to which `from` was conveyed. */
  open(mask: Mask<N>, label: string | undefined, callee: Callee, from: Origin | null): Section {
    return this.child({ own: this.own | mask, mask, label, callee, from })
  }

  /** @internal A context that is made from this one. */
  child({ own, mask, label, callee, from }: Child<N>): Context<N> {
    const { domain, origin: outer } = this
    if (!domain.watched) return new Context(domain, undefined, { own, outer, from, site: label })
    const site = domain.opened(this, mask, label, callee)
    const { name } = this
    return new Step(domain, { own, outer, from, site }, { kind: 'scope', opened: mask, name })
  }

  /** @internal Calls a function with this as the current context. */
  call<C, R>(fn: (context: C) => R): RunResult<R> {
    const { domain } = this
    if (domain.watched) return domain.watch(this, fn)
    const { running } = domain
    domain.running = this
    let result: unknown
    try {
      result = fn(this as unknown as C)
    } finally {
      domain.running = running
    }
    if (typeof result === 'object' || typeof result === 'function') result = this.settled(result)
    return result as RunResult<R>
  }

  /** Apart, for the closure would cost every call. */
  settled(result: unknown): unknown {
    return outcome(result, (step) => this.domain.within(this, step))
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

/** A context that is a step of a way beside being somewhere in the tree: it tells of itself what others are seen to be. */
export class Step<in out N extends string> extends Context<N> {
  readonly #details: StepDetails

  constructor(domain: Domain<N>, birth: Birth, details: StepDetails) {
    super(domain, undefined, birth)
    this.#details = details
  }

  override get name(): string {
    return this.#details.name
  }

  override get label(): string | undefined {
    return labelOf(this.site as Site)
  }

  override get kind(): StepKind {
    return this.#details.kind
  }

  override get opened(): number {
    return this.#details.opened
  }

  override get bearer(): Origin {
    return this.#details.bearer ?? this
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

/** What stands for an origin whose way is too long: only the steps that brought a flag in, 32 at most. */
function bounded<N extends string>(domain: Domain<N>, origin: Origin): Origin {
  let outer: Origin | null = null
  for (let bits = origin.own, own = 0; bits !== 0; bits &= bits - 1) {
    const flag = bits & -bits
    own |= flag
    const { kind, opened, name, label, stack } = wayOf(origin, flag).at(-1) as Origin
    const site = stack === undefined ? label : { label, stack }
    outer = new Step(domain, { own, outer, from: null, site }, { kind, opened, name })
  }
  const { own, name, bearer } = origin
  const top = { kind: 'scope', opened: 0, name, bearer } as const
  return new Step(domain, { own, outer, from: null, site: undefined }, top)
}
