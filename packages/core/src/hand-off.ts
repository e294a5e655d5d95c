/**
 * Hand-off: one operation given to another context through a queue or a pool. What its policy conveys
 * holds while it is worked on, and the worker has its own mask back afterwards, also when it throws.
 */
import { Context, type RunResult } from './context.js'
import { Conveyance, convey, type Policy } from './conveyance.js'
import { dispose } from './dispose.js'
import { ConveyanceError } from './errors.js'
import type { Mask } from './flags.js'
import { inherit } from './inherit.js'

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
export class HandOff<N extends string, A extends unknown[], R> {
  readonly policy: Policy
  readonly conveyance: Conveyance<N>
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
    this.conveyance = convey(context, policy, options?.grants, this.label)
    this.#context = context
    this.#fn = fn
  }

  /**
   * Runs the operation on a worker, in a scope of what was conveyed. The worker is the current context
   * meanwhile. Without a worker it gets a context of its own, as each job of a concurrent pool needs.
   *
   * @throws ConveyanceError when it ran before, when the worker is a context of another domain, or when
   * the wait for it would close a cycle (in the last two cases it can still run on another
   * worker), and whatever the operation throws. An asynchronous operation is over when its promise settles.
   */
  run(worker: Context<N> = new Context(this.#context.domain), ...args: A): RunResult<R> {
    if (this.#worker !== undefined) {
      const what = this.label === undefined ? 'an item' : `item "${this.label}"`
      throw new ConveyanceError(
        `${what} of ${this.#context.name} was run twice: make a hand-off for each time it is queued`,
      )
    }
    const { domain } = worker
    const mask = Conveyance.bits(this.conveyance, domain)
    if (this.#waits !== undefined) startInheritance(this.#waits, worker)
    this.#worker = worker
    if (domain.watched) domain.report('adopt', worker, mask, this.label)
    let result: RunResult<R>
    try {
      result = worker.run(mask, (context) => this.#fn(context, ...args), this.label, this.run)
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
 * @throws ConveyanceError for no policy, or when `options.grants` has flags that are no grants.
 */
export function handOff<N extends string, A extends unknown[], R>(
  context: Context<N>,
  policy: Policy,
  fn: (worker: Context<N>, ...args: A) => R,
  options?: HandOffOptions<N>,
): HandOff<N, A, R> {
  return new HandOff(context, policy, fn, options)
}
