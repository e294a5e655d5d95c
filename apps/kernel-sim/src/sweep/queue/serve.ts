/** Serve: takes jobs from the queue, has them done in cages, and leaves the results. Whoever may write to Redis can queue anything. */

import { currentOrUndefined } from '@scopemask/core'
import { telemetry } from '@scopemask/core/bullmq'
import type { Pool } from '../cage/pool.js'
import { type Files, readFiles } from '../files.js'
import { isJob, type Job } from '../job.js'
import { ALL, JOBS, type JobContext, restrictedBy } from '../restrictions.js'
import { type Engine, filesKey, KEPT, type Queued, queueName, resultsKey } from './engine.js'

/** A job that was on workers that died is given to yet another one so many times: workers may be killed, jobs may not kill them. */
const MOST_DEATHS = 20

/** After so many results it is said again how long they are kept. */
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
  const { engine, version, pool, lease, rate, onDone } = service
  const { Worker, client } = engine
  const known = new Map<string, Files>()
  let pushed = 0
  const worker = new Worker(
    queueName(version),
    async ({ data }) => {
      // What was in force where the job was queued; it is there until the first await.
      const conveyed = currentOrUndefined(JOBS)
      const { sweep, job } = checked(data, service.seconds)
      const files = job.files === null ? null : await filesNamed(job.files, known, client)
      const context = restrictedBy(conveyed ?? service.context, ALL, 'a job of the queue')
      const result = await pool.run(job, files, context)
      // First of all the result: the job leaves the queue after it, so it may come twice, and never not.
      const key = resultsKey(sweep)
      await client.rpush(key, JSON.stringify(result))
      if (pushed++ % RENEWED === 0) await client.expire(key, KEPT)
      onDone()
    },
    {
      connection: client,
      telemetry: telemetry(JOBS, 'convey-on-queue'),
      concurrency: pool.room,
      lockDuration: lease * 1000,
      stalledInterval: lease * 1000,
      maxStalledCount: MOST_DEATHS,
      removeOnComplete: { count: 0 },
      ...(rate === undefined ? {} : { limiter: { max: rate, duration: 1000 } }),
    },
  )
  // Redis is away, or has forgotten that the job is ours: both mend themselves.
  worker.on('error', () => {})
  return { close: () => worker.close() }
}

/** A job that is one, within the limits of this worker. @throws Error for anything else, which fails it */
function checked(data: unknown, seconds: number): { readonly sweep: string; readonly job: Job } {
  const { sweep, job } = (data ?? {}) as Partial<Queued>
  if (typeof sweep !== 'string' || !/^[\w-]{1,64}$/.test(sweep) || !isJob(job)) {
    throw new Error('this is not a job of kernel-sim sweep')
  }
  const limits = { ...job.limits, seconds: Math.min(job.limits.seconds, seconds) }
  return { sweep, job: { ...job, limits } }
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
