/**
 * Hand-off: one operation given to another context through a queue or a pool. What its policy conveys
 * holds while it is worked on, and the worker has its own mask back afterwards, also when it throws.
 */
import type { Context } from './context.js'
import { captured, contextFrom, conveyance } from './convey.js'
import { bitsOf, Conveyance, type Policy } from './conveyance.js'
import { dispose } from './dispose.js'
import { ConveyanceError } from './errors.js'
import type { Mask } from './flags.js'
import { inherit } from './inherit.js'
import { isMadeFrom } from './origin.js'
import type { RunResult } from './outcome.js'

/** How an item is handed off, beside its policy. */
export interface HandOffOptions<N extends string> {
  /** Names the item in errors and diagnostics. By default the name of its function. */
  readonly label?: string
  /** Grants to convey too: only those the context has are, and none under `none`. */
  readonly grants?: Mask<N>
}

/** Somebody waits for the item; for its worker too, once it has one. */
interface Wait<N extends string> {
  readonly waiter: Context<N>
  inheritance?: Disposable
}

/** One operation on its way to another context. Made by {@link handOff}. It runs once. */
export class HandOff<in out N extends string, A extends unknown[], R> {
  /** What the worker gets of the restrictions in force here. */
  readonly policy: Policy
  /** What was captured when the item was handed off. */
  readonly conveyance: Conveyance<N>
  /** The label that it was given, else the name of its function; undefined where it has neither. */
  readonly label: string | undefined
  readonly #context: Context<N>
  readonly #fn: (worker: Context<N>, ...args: A) => R
  #worker: Context<N> | undefined
  #done = false
  #waits: Set<Wait<N>> | undefined

  /** @internal */
  constructor(
    context: Context<N>,
    policy: Policy,
    fn: (worker: Context<N>, ...args: A) => R,
    options: HandOffOptions<N> | undefined,
  ) {
    this.policy = policy
    this.label = options?.label ?? (fn.name || undefined)
    const bits = captured(context, policy, options?.grants, this.label)
    // Where nobody watches there is no place to keep, and the section that runs the item keeps the label.
    const label = context.domain.watched ? this.label : undefined
    this.conveyance = conveyance(context, bits, label, handOff)
    this.#context = context
    this.#fn = fn
  }

  /**
   * Runs the operation on a worker: in a section of it, or, on a task, in a scope of it. The operation gets the context
   * that carries what was conveyed beside what the worker carries, as the current one. Without a worker that is a
   * context of its own, as each job of a concurrent pool needs.
   *
   * Under `inherit-on-wait` the task that handed the item off waits for it when it runs it itself. When nobody waits yet,
   * its restrictions are reported as dropped.
   *
   * @throws ConveyanceError when it ran before, when the worker is a context of another domain, or when
   * the wait for it would close a cycle (in the last two cases it can still run on another
   * worker), and whatever the operation throws. An asynchronous operation is over when its promise settles.
   */
  run(worker?: Context<N>, ...args: A): RunResult<R> {
    if (this.#worker !== undefined) {
      const what = this.label === undefined ? 'an item' : `item "${this.label}"`
      throw new ConveyanceError(
        `${what} of ${this.#context.name} was run twice: make a hand-off for each time it is queued`,
      )
    }
    const fn = (context: Context<N>) => this.#fn(context, ...args)
    const given = worker ?? contextFrom(this.#context.domain, this.conveyance, this.#named())
    const { domain } = given
    const carried = Conveyance.carried(this.conveyance, domain)
    if (this.policy === 'inherit-on-wait') this.#inherits(given)
    this.#worker = given
    let result: RunResult<R>
    try {
      if (worker === undefined) result = given.call(fn)
      else {
        const mask = bitsOf<N>(carried)
        if (domain.watched) domain.report('adopt', given, mask, this.label)
        result = given.open(mask, this.label, this.run, carried).call(fn)
      }
    } catch (thrown) {
      this.#finish()
      throw thrown
    }
    if (result instanceof Promise) {
      return result.finally(() => this.#finish()) as RunResult<R>
    }
    this.#finish()
    return result
  }

  /** A context of its own has the name of the item. */
  #named(): { readonly name: string } | undefined {
    return this.label === undefined ? undefined : { name: this.label }
  }

  /** Whoever waits for the item passes its restrictions on to the worker, from now on. */
  #inherits(worker: Context<N>): void {
    const { domain, mask } = this.#context
    const { current } = domain
    // Whoever handed it off and runs it himself waits for it.
    if (current !== null && current !== worker && isMadeFrom(current, this.#context)) {
      this.wait(current as Context<N>)
    }
    const waits = this.#waits ?? []
    const dropped = mask & domain.restrictions
    startInheritance(waits, worker)
    if (this.#waits === undefined && dropped !== 0) {
      domain.report('drop', this.#context, dropped, this.label)
    }
  }

  /**
   * Says that `waiter` waits for this item, until disposed: `using wait = item.wait(context)`. Under
   * `inherit-on-wait` the worker has the waiter's restrictions from now on, or from when it
   * starts, until the item is done; under other policies waiting changes nothing.
   *
   * @throws ConveyanceError when the wait would close a cycle: that is a deadlock.
   */
  wait(waiter: Context<N>): Disposable {
    const wait: Wait<N> = { waiter }
    if (this.policy === 'inherit-on-wait' && !this.#done) {
      if (this.#worker !== undefined) wait.inheritance = inherit(waiter, this.#worker)
      this.#waits ??= new Set()
      this.#waits.add(wait)
    }
    return {
      [dispose]: () => {
        this.#waits?.delete(wait)
        wait.inheritance?.[dispose]()
      },
    }
  }

  #finish(): void {
    this.#done = true
    if (this.#waits !== undefined) endInheritance(this.#waits)
    this.#waits = undefined
  }
}

/** The worker inherits from all who wait, or from none. */
function startInheritance<N extends string>(waits: Iterable<Wait<N>>, worker: Context<N>): void {
  try {
    for (const wait of waits) wait.inheritance = inherit(wait.waiter, worker)
  } catch (thrown) {
    endInheritance(waits)
    throw thrown
  }
}

function endInheritance<N extends string>(waits: Iterable<Wait<N>>): void {
  for (const { inheritance } of waits) inheritance?.[dispose]()
}

/**
 * Hands an operation off to whatever context will run it. The policy has to be stated: there is no
 * default that would drop restrictions in silence.
 *
 * ```ts
 * const item = handOff(context, 'convey-on-queue', (worker) => flush(worker))
 * queue.add(() => item.run())
 * ```
 * @throws ConveyanceError for what is not a policy, or when `options.grants` has flags that are not grants; ScopeError for a
 * context while code of a more restricted section of it runs.
 */
export function handOff<N extends string, A extends unknown[], R>(
  context: Context<N>,
  policy: Policy,
  fn: (worker: Context<N>, ...args: A) => R,
  options?: HandOffOptions<N>,
): HandOff<N, A, R> {
  return new HandOff(context, policy, fn, options)
}
