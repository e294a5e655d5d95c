/**
 * Hand-off: one operation given to another context through a queue or a pool. What its policy conveys
 * holds while it is worked on, and the worker has its own mask back afterwards, also when it throws.
 */
import { Context } from './context.js'
import { Conveyance, convey, type Policy } from './conveyance.js'
import { ConveyanceError } from './errors.js'
import type { Mask } from './flags.js'
import { inherit } from './inherit.js'

/** How an item is handed off, beside its policy. */
export interface HandOffOptions<N extends string> {
  /** Names the item in errors and diagnostics. By default the name of its function. */
  readonly label?: string
  /** Grants to convey too: only those the context has are. */
  readonly grants?: Mask<N>
}

/** One operation on its way to another context. Made by {@link handOff}. It runs once. */
export class HandOff<N extends string, A extends unknown[], R> {
  readonly policy: Policy
  readonly conveyance: Conveyance<N>
  readonly label: string | undefined
  readonly #context: Context<N>
  readonly #fn: (worker: Context<N>, ...args: A) => R
  #state: 'queued' | 'running' | 'done' = 'queued'
  #worker: Context<N> | undefined
  /** Who waits for the item; the wait for the worker once it has one. */
  readonly #waits = new Map<object, { readonly waiter: Context<N>; wait?: Disposable }>()

  /** @internal */
  constructor(
    context: Context<N>,
    policy: Policy,
    fn: (worker: Context<N>, ...args: A) => R,
    options: HandOffOptions<N>,
  ) {
    this.policy = policy
    this.label = options.label ?? (fn.name || undefined)
    this.conveyance = convey(context, policy, options.grants, this.label)
    this.#context = context
    this.#fn = fn
  }

  /**
   * Runs the operation on a worker, in a scope of what was conveyed. The worker is the current context
   * meanwhile. Without a worker it gets a context of its own, as each job of a concurrent pool needs.
   *
   * @throws ConveyanceError when it ran before, and whatever the operation throws. An asynchronous
   * operation is over when its promise settles.
   */
  run(worker: Context<N> = new Context(this.#context.domain), ...args: A): R {
    const what = this.label === undefined ? 'this item' : `item "${this.label}"`
    if (this.#state !== 'queued') {
      throw new ConveyanceError(
        `${what} of ${this.#context.name} was run twice: make a hand-off for each time it is queued`,
      )
    }
    const mask = Conveyance.bits(this.conveyance, worker.domain)
    this.#state = 'running'
    this.#worker = worker
    let result: R
    try {
      for (const entry of this.#waits.values()) entry.wait = inherit(entry.waiter, worker)
      worker.domain.report('adopt', worker, mask, this.label)
      result = worker.run(mask, (context) => this.#fn(context, ...args), this.label)
    } catch (thrown) {
      this.#finish()
      throw thrown
    }
    if (result instanceof Promise) {
      return result.finally(() => this.#finish()) as R
    }
    this.#finish()
    return result
  }

  /**
   * Says that `waiter` waits for this item, until disposed: `using wait = item.wait(context)`. Under
   * `inherit-on-wait` the worker has the waiter's restrictions from now on, or from when it
   * starts; under other policies waiting changes nothing.
   *
   * @throws ConveyanceError when the wait would close a cycle: that is a deadlock.
   */
  wait(waiter: Context<N>): Disposable {
    const key = {}
    if (this.policy === 'inherit-on-wait' && this.#state !== 'done') {
      const worker = this.#worker
      this.#waits.set(
        key,
        worker === undefined ? { waiter } : { waiter, wait: inherit(waiter, worker) },
      )
    }
    return { [Symbol.dispose]: () => this.#endWait(key) }
  }

  #endWait(key: object): void {
    this.#waits.get(key)?.wait?.[Symbol.dispose]()
    this.#waits.delete(key)
  }

  #finish(): void {
    this.#state = 'done'
    for (const key of this.#waits.keys()) this.#endWait(key)
  }
}

/**
 * Hands an operation off to whatever context will run it. The policy has to be stated: there is no
 * default that would drop restrictions in silence.
 *
 * ```ts
 * const item = handOff(context, 'convey-on-queue', (worker) => flush(worker))
 * queue.add(() => item.run())
 * ```
 * @throws ConveyanceError when `options.grants` has flags that are no grants.
 */
export function handOff<N extends string, A extends unknown[], R>(
  context: Context<N>,
  policy: Policy,
  fn: (worker: Context<N>, ...args: A) => R,
  options: HandOffOptions<N> = {},
): HandOff<N, A, R> {
  return new HandOff(context, policy, fn, options)
}
