/** Serve: takes batches from the queue, has their jobs done in cages, and leaves the results. Whoever may write to Redis can queue anything. */

import { currentOrUndefined } from '@scopemask/core'
import { telemetry } from '@scopemask/core/bullmq'
import type { Job as QueueJob } from 'bullmq'
import { BatchSize, stackOf, takeBatch } from '../batch.js'
import type { Pool } from '../cage/pool.js'
import { type Files, readFiles } from '../files.js'
import { isJob, type Job, type Result } from '../job.js'
import { ALL, JOBS, type JobContext, restrictedBy } from '../restrictions.js'
import {
  type Engine,
  filesKey,
  KEPT,
  type Queued,
  queued,
  queueName,
  resultsKey,
} from './engine.js'

/** A job that was on workers that died is given to yet another one so many times: workers may be killed, jobs may not kill them. */
const MOST_DEATHS = 20

/** After so many batches it is said again how long they are kept. */
const RENEWED = 50

export interface Service {
  readonly engine: Engine
  /** Of kernel-sim: jobs of other versions are not taken. */
  readonly version: string
  readonly pool: Pool
  /** What is in force for every job here, whatever it brings along. */
  readonly context: JobContext
  /** Seconds that a job may take at most, whatever its plan says. */
  readonly seconds: number
  /** Seconds after which the jobs of a worker that is silent are given to another one. */
  readonly lease: number
  /** Jobs a second, of all workers together; undefined for as many as there are. */
  readonly rate: number | undefined
  /** Is told of each job that is done. */
  readonly onDone: () => void
}

/** Serves until it is closed. */
export function serve(service: Service): { close(): Promise<void> } {
  const { engine, version, pool, lease, rate } = service
  const { Queue, Worker, client } = engine
  const options = { connection: client, telemetry: telemetry(JOBS, 'convey-on-queue') }
  const queue = new Queue(queueName(version), options)
  const known = new Map<string, Files>()
  const size = new BatchSize()
  let pushed = 0
  /** Leaves results for the coordinator. */
  const push = async (sweep: string, results: Result[]): Promise<void> => {
    const texts = results.splice(0).map((result) => JSON.stringify(result))
    if (texts.length === 0) return
    const key = resultsKey(sweep)
    await client.rpush(key, ...texts)
    if (pushed++ % RENEWED === 0) await client.expire(key, KEPT)
  }
  const serveBatch = async (taken: QueueJob): Promise<void> => {
    // What was in force where the jobs were queued; it is there until the first await.
    const conveyed = currentOrUndefined(JOBS)
    const context = restrictedBy(conveyed ?? service.context, ALL, 'a job of the queue')
    const { sweep, jobs } = checked(taken.data)
    const hash = jobs[0]?.files ?? null
    const files = hash === null ? null : await filesNamed(hash, known, client)
    const results: Result[] = []
    /** Puts jobs back, to be the next ones. */
    const putBack = async (left: readonly Job[], most: number): Promise<void> => {
      const stack = stackOf(left)
      const batches: ReturnType<typeof queued>[] = []
      while (stack.length > 0) batches.push(queued(sweep, takeBatch(stack, most)))
      await push(sweep, results)
      const first = batches.reverse().map(({ opts, ...each }) => ({
        ...each,
        opts: { ...opts, lifo: true },
      }))
      await context.run(JOBS.mask(), () => queue.addBulk(first))
      // Whoever gets this one, if we die, has only the others to do.
      const rest: Queued = { sweep, jobs: jobs.filter((job) => !left.includes(job)) }
      await taken.updateData(rest)
    }
    // The engine counts what is taken for the rate, so that is one job. And of what a worker has died with, each job gets another one.
    const isDangerous = taken.stalledCounter > 0
    const now = rate !== undefined || isDangerous ? jobs.slice(0, 1) : jobs
    if (now.length < jobs.length) {
      await putBack(jobs.slice(1), isDangerous ? 1 : jobs.length)
    }
    let sharing = Promise.resolve()
    await pool.run(
      { jobs: now.map((job) => within(job, service.seconds)), files, context },
      {
        onResult(result) {
          results.push(result)
          size.note(result.seconds)
          service.onDone()
        },
        onLeft(left) {
          const ids = new Set(left.map(({ id }) => id))
          sharing = putBack(
            jobs.filter(({ id }) => ids.has(id)),
            size.jobs,
          )
        },
      },
    )
    await sharing
    // First of all the results: the batch leaves the queue after them, so they may come twice, and never not.
    await push(sweep, results)
  }
  const worker = new Worker(queueName(version), serveBatch, {
    ...options,
    concurrency: pool.slots,
    lockDuration: lease * 1000,
    stalledInterval: lease * 1000,
    maxStalledCount: MOST_DEATHS,
    removeOnComplete: { count: 0 },
    ...(rate === undefined ? {} : { limiter: { max: rate, duration: 1000 } }),
  })
  // Redis is away, or has forgotten that the job is ours: both mend themselves.
  worker.on('error', () => {})
  queue.on('error', () => {})
  return {
    async close() {
      await worker.close()
      await queue.close()
    },
  }
}

/** What a batch holds, if it is one. @throws Error for anything else, which fails it */
function checked(data: unknown): { readonly sweep: string; readonly jobs: readonly Job[] } {
  const { sweep, jobs } = (data ?? {}) as Partial<Queued>
  if (
    typeof sweep !== 'string' ||
    !/^[\w-]{1,64}$/.test(sweep) ||
    !Array.isArray(jobs) ||
    jobs.length === 0 ||
    !jobs.every(isJob) ||
    jobs.some(({ files }) => files !== jobs[0]?.files)
  ) {
    throw new Error('this is not a batch of kernel-sim sweep')
  }
  return { sweep, jobs }
}

/** A job within the limits of this worker. */
function within(job: Job, most: number): Job {
  return { ...job, limits: { ...job.limits, seconds: Math.min(job.limits.seconds, most) } }
}

/** The files of this hash. @throws Error when they are not there, which has the job tried again */
async function filesNamed(
  hash: string,
  known: Map<string, Files>,
  client: Engine['client'],
): Promise<Files> {
  const there = known.get(hash)
  if (there !== undefined) return there
  const text = await client.get(filesKey(hash))
  const files = text === null ? undefined : readFiles(text, hash)
  if (files === undefined) throw new Error('the files of the scenario are not there')
  known.set(hash, files)
  return files
}
