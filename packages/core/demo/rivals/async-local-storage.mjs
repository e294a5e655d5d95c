/**
 * The same jobs with AsyncLocalStorage, which follows what the runtime sees as the cause. p-queue starts a queued
 * job where another one ends, so that the job runs in the context of that other one (sindresorhus/p-queue#200).
 * p-limit queues a promise for each job since, and a promise keeps its context. A thread has no
 * context of its parent's at all.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { tallyOf, work } from '../jobs.mjs'
import { count, ThreadPool } from '../thread-pool.mjs'

const storage = new AsyncLocalStorage()

/** Through a pool of this thread. */
export function through(pool, jobs) {
  return tallyOf(jobs, (job, { saw, signal }) =>
    storage.run(job.mask, () =>
      pool(job, signal, () => work(job, () => saw(job.mask, storage.getStore()), signal)),
    ),
  )
}

/** Through threads. */
export async function throughThreads(jobs) {
  const pool = new ThreadPool(new URL('thread.mjs', import.meta.url), 2)
  const tally = await tallyOf(jobs, (job, counts) =>
    storage.run(job.mask, async () => count(await pool.run(job, counts.signal), counts)),
  )
  await pool.close()
  return tally
}
