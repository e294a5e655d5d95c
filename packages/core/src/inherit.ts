/**
 * Inherit-on-wait: while a context waits for another, the waiter's restrictions apply to the one it
 * waits for, and through it to whatever that one waits for in turn. It is what priority inheritance
 * does for priorities.
 */
import type { Context, Waits } from './context.js'
import { ConveyanceError } from './errors.js'

/**
 * Says that `waiter` waits for `worker`, until disposed: `using wait = inherit(waiter, worker)`.
 * The worker has the restrictions that the waiter has, also those that the waiter inherits later.
 * Disposing twice does nothing more.
 *
 * @throws ConveyanceError when the wait would close a cycle: that is a deadlock, and the message names it.
 */
export function inherit<N extends string>(waiter: Context<N>, worker: Context<N>): Disposable {
  const { domain } = waiter
  const path = waitPath(worker, waiter)
  if (path !== undefined) {
    const error = new ConveyanceError(
      `a wait that never ends: ${[waiter, ...path].map(({ name }) => name).join(' waits for ')}`,
    )
    domain.report('violation', waiter, waiter.mask, undefined, error)
    throw error
  }
  const { workers } = waitsOf(waiter)
  const { waiters } = waitsOf(worker)
  workers.push(worker)
  waiters.push(waiter)
  domain.report('adopt', worker, waiter.mask & domain.restrictions)
  refresh(worker)
  let waiting = true
  return {
    [Symbol.dispose]() {
      if (!waiting) return
      waiting = false
      workers.splice(workers.indexOf(worker), 1)
      waiters.splice(waiters.indexOf(waiter), 1)
      refresh(worker)
    },
  }
}

function waitsOf<N extends string>(context: Context<N>): Waits<N> {
  return (context.waits ??= { waiters: [], workers: [] })
}

/** Recomputes what a context inherits, and passes a change on. It ends, because waits have no cycles. */
function refresh<N extends string>(worker: Context<N>): void {
  const { waiters, workers } = waitsOf(worker)
  let inherited = 0
  for (const waiter of waiters) inherited |= waiter.mask & waiter.domain.restrictions
  if (inherited === worker.inherited) return
  worker.inherited = inherited
  for (const next of workers) refresh(next)
}

/** The contexts from `from` to `to` along waits, both included. */
function waitPath<N extends string>(
  from: Context<N>,
  to: Context<N>,
): readonly Context<N>[] | undefined {
  if (from === to) return [to]
  for (const worker of waitsOf(from).workers) {
    const rest = waitPath(worker, to)
    if (rest !== undefined) return [from, ...rest]
  }
  return undefined
}
