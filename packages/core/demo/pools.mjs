/**
 * Scopemask through shared pools: p-queue and p-limit from npm, and a pool of worker threads. Each job is handed off
 * with the restrictions of the task that queues it, and runs on whatever worker is free.
 */
import { Worker } from 'node:worker_threads'
import { Context, convey, current } from '@scopemask/core'
import { handOff } from '@scopemask/core/delegation'
import pLimit from 'p-limit'
import PQueue from 'p-queue'
import { domain, Tally, work } from './jobs.mjs'

/** How many jobs run at once. */
const CONCURRENCY = 8

/**
 * Workers with masks of their own. Each serves one job at a time. There may be more of them than jobs at once:
 * p-queue starts the next job as soon as one is cancelled, while that one still runs.
 */
class Workers {
  #free = []
  #count = 0

  constructor(tally) {
    this.tally = tally
  }

  #hire() {
    const own = domain.from(this.#count % 3)
    return { own, context: new Context(domain, { name: `worker ${this.#count++}`, mask: own }) }
  }

  /** Runs an item on a worker that is free. */
  async run(item, ...args) {
    const worker = this.#free.pop() ?? this.#hire()
    try {
      return await item.run(worker.context, worker, ...args)
    } finally {
      if (worker.context.mask !== worker.own) this.tally.left++
      this.#free.push(worker)
    }
  }
}

/** Hands a job off from a task that has its restrictions. */
function delegate(job, tally) {
  const task = new Context(domain, { name: `task ${job.id}` })
  return task.run(job.mask, () =>
    handOff(task, 'convey-on-queue', (context, worker, signal) => {
      if (current(domain) !== context) throw new Error('the worker is not the current context')
      // A worker has restrictions of its own; the job's come on top.
      const expected = { mask: job.mask | worker.own }
      return work(job, () => tally.saw(expected, context.mask), signal)
    }),
  )
}

/** Jobs through p-queue. */
export async function throughPQueue(jobs) {
  const tally = new Tally()
  const workers = new Workers(tally)
  const queue = new PQueue({ concurrency: CONCURRENCY })
  await Promise.all(
    jobs.map((job) => {
      const controller = new AbortController()
      const item = delegate(job, tally)
      const run = queue.add(({ signal }) => workers.run(item, signal), {
        signal: controller.signal,
      })
      if (job.cancelled) setImmediate(() => controller.abort())
      return tally.settle(run)
    }),
  )
  return tally
}

/** Jobs through p-limit. */
export async function throughPLimit(jobs) {
  const tally = new Tally()
  const workers = new Workers(tally)
  const limit = pLimit(CONCURRENCY)
  await Promise.all(
    jobs.map((job) => {
      const item = delegate(job, tally)
      const signal = job.cancelled ? AbortSignal.abort() : undefined
      return tally.settle(limit(() => workers.run(item, signal)))
    }),
  )
  return tally
}

/** Jobs through worker threads: the conveyance is posted with the job, and decoded there. */
export async function throughThreads(jobs) {
  const tally = new Tally()
  const threads = Array.from(
    { length: 2 },
    () => new Worker(new URL('thread.mjs', import.meta.url)),
  )
  const waiting = new Map()
  for (const thread of threads) {
    thread.on('message', ({ id, seen, left, failed }) => {
      const { job, resolve } = waiting.get(id)
      waiting.delete(id)
      for (const mask of seen) tally.saw(job, mask)
      if (left) tally.left++
      if (failed) tally.failed++
      else tally.done++
      resolve()
    })
  }
  await Promise.all(
    jobs.map((job) => {
      const task = new Context(domain)
      const conveyance = task.run(job.mask, () => convey(task, 'convey-on-queue'))
      return new Promise((resolve, reject) => {
        waiting.set(job.id, { job, resolve })
        const thread = threads[job.id % threads.length]
        thread.once('error', reject)
        thread.setMaxListeners(0)
        thread.postMessage({ job, conveyance })
      })
    }),
  )
  await Promise.all(threads.map((thread) => thread.terminate()))
  return tally
}
