/**
 * The jobs with scopemask: each is handed off with the restrictions of the task that queues it, and runs on whatever
 * worker is free. What the worker is forbidden itself comes on top.
 */
import { Context, current } from '@scopemask/core'
import { handOff } from '@scopemask/core/delegation'
import { wrap } from '@scopemask/core/message-port'
import { domain, tallyOf, work } from './jobs.mjs'
import { count, ThreadPool } from './thread-pool.mjs'
import { Workers } from './workers.mjs'

/** Through a pool of this thread. */
export async function through(pool, jobs) {
  const workers = new Workers()
  const tally = await tallyOf(jobs, (job, { saw, signal }) => {
    const task = new Context(domain, { name: `task ${job.id}` })
    const item = task.run(job.mask, (section) =>
      handOff(section, 'convey-on-queue', (context, { own }) => {
        if (current(domain) !== context) throw new Error('the worker is not the current context')
        return work(job, () => saw(job.mask | own, context.mask), signal)
      }),
    )
    return pool(job, signal, () => workers.serve((worker) => item.run(worker.context, worker)))
  })
  tally.left = workers.left
  return tally
}

/** Through threads: the conveyance is posted with the job, and decoded there. */
export async function throughThreads(jobs) {
  const pool = new ThreadPool(new URL('thread.mjs', import.meta.url), 2)
  const tally = await tallyOf(jobs, async (job, counts) => {
    const task = new Context(domain, { name: `task ${job.id}` })
    const message = task.run(job.mask, (section) => wrap(section, 'convey-on-queue', job))
    count(await pool.run(message, counts.signal), counts)
  })
  await pool.close()
  return tally
}
