/**
 * The same jobs with AsyncLocalStorage, which follows what the runtime sees as the cause. p-queue starts a queued
 * job when another one ends, so it runs in the context of that other job (sindresorhus/p-queue#200). A
 * thread sees nothing of its parent's context. p-limit keeps the promise of each job, and with it the context.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import pLimit from 'p-limit'
import PQueue from 'p-queue'
import { Tally, work } from '../jobs.mjs'

const storage = new AsyncLocalStorage()

/** Jobs through p-queue, one at a time as in the report, or more. */
export async function throughPQueue(jobs, concurrency) {
  const tally = new Tally()
  const queue = new PQueue({ concurrency })
  const look = (job) => () => tally.saw(job, storage.getStore())
  await Promise.all(
    jobs.map((job) =>
      storage.run(job.mask, () => tally.settle(queue.add(() => work(job, look(job))))),
    ),
  )
  return tally
}

/** Jobs through p-limit. */
export async function throughPLimit(jobs, concurrency) {
  const tally = new Tally()
  const limit = pLimit(concurrency)
  const look = (job) => () => tally.saw(job, storage.getStore())
  await Promise.all(
    jobs.map((job) => storage.run(job.mask, () => tally.settle(limit(() => work(job, look(job)))))),
  )
  return tally
}

/** Jobs through a port to another thread's event loop, as a pool of threads has one: here a channel in this thread. */
export async function throughPort(jobs) {
  const tally = new Tally()
  const { port1, port2 } = new MessageChannel()
  const pending = new Map()
  port2.onmessage = ({ data: job }) => {
    const { resolve } = pending.get(job.id)
    resolve(tally.settle(work(job, () => tally.saw(job, storage.getStore()))))
  }
  await Promise.all(
    jobs.map((job) =>
      storage.run(
        job.mask,
        () =>
          new Promise((resolve) => {
            pending.set(job.id, { resolve })
            port1.postMessage(job)
          }),
      ),
    ),
  )
  port1.close()
  return tally
}
