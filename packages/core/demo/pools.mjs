/** The pools of the demonstration: p-queue and p-limit from npm, and threads. All jobs share one. */
import limiter from 'p-limit'
import PQueue from 'p-queue'

/** How many jobs run at once. */
const CONCURRENCY = 8

/** A queue that starts the job with the highest priority when another one ends. */
export function pQueue() {
  const queue = new PQueue({ concurrency: CONCURRENCY })
  return ({ priority }, signal, fn) => queue.add(fn, { priority, signal })
}

/** A queue that starts jobs in order. */
export function pLimit() {
  const limit = limiter(CONCURRENCY)
  return (_, signal, fn) =>
    limit(() => {
      signal.throwIfAborted()
      return fn()
    })
}
