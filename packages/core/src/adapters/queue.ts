/**
 * Queue: items of a queue in this process (p-queue and others with an `add`), each handed off under a stated policy.
 * @module queue
 */
import type { Context } from '../context.js'
import type { Policy } from '../conveyance.js'
import { handOff } from '../hand-off.js'

/** A queue, as far as this file has to know it. */
export interface QueueLike<A extends unknown[]> {
  /** Adds a task, and resolves with what it returns. */
  add<R>(fn: () => Promise<R>, ...more: A): Promise<R>
}

/**
 * What adds to a queue on behalf of a context: each item is handed off when it is added, and runs in a context of its
 * own, whichever item ended before it. More that the queue's `add` takes is passed on.
 *
 * ```ts
 * const add = onQueue(queue, context, 'convey-on-queue')
 * await add((context) => resize(context, image), { priority: 1 })
 * ```
 */
export function onQueue<N extends string, A extends unknown[]>(
  queue: QueueLike<A>,
  context: Context<N>,
  policy: Policy,
): <R>(fn: (context: Context<N>) => R | PromiseLike<R>, ...more: A) => Promise<R> {
  return <R>(fn: (context: Context<N>) => R | PromiseLike<R>, ...more: A) => {
    const item = handOff(context, policy, async (worker) => fn(worker), {
      label: fn.name || 'item',
    })
    return queue.add<R>(() => item.run(), ...more)
  }
}
