/** Engine: BullMQ on Redis, which does the queueing, the retries and what becomes of the jobs of a dead worker. Loaded only when it is asked for. */
import { createHash } from 'node:crypto'
import type { Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { InputError } from '../../input-error.js'
import type { Job } from '../job.js'

/** How long Redis may take for its first answer, ms. */
const PATIENCE = 5000
/** Between two tries to reach it again, ms. */
const AGAIN = { first: 100, most: 2000 }

export interface Engine {
  readonly Queue: typeof Queue
  readonly Worker: typeof Worker
  /** A connection that waits for Redis as long as it takes, once it was there. */
  readonly client: Redis
}

/**
 * Loads the engine, and reaches Redis.
 * @throws InputError when a package is missing, or nobody answers
 */
export async function startEngine(url: string): Promise<Engine> {
  if (!/^rediss?:\/\//.test(url)) {
    throw new InputError('--redis takes a URL such as redis://localhost:6379')
  }
  const [{ Queue, Worker }, { Redis }] = await packages()
  let isFirst = true
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE,
    // Commands wait until Redis is there again: nothing is lost with it.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (isFirst ? null : Math.min(times * AGAIN.first, AGAIN.most)),
  })
  let why = 'no answer'
  client.on('error', (error: Error) => {
    why = error.message
  })
  try {
    await client.connect()
    await client.ping()
  } catch (thrown) {
    client.disconnect()
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    throw new InputError(
      `${withoutSecrets(url)} cannot be used: ${message === 'Connection is closed.' ? why : message}`,
    )
  }
  isFirst = false
  return { Queue, Worker, client }
}

async function packages() {
  try {
    return await Promise.all([import('bullmq'), import('ioredis')])
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND') throw thrown
    throw new InputError(
      '--redis needs two packages that are not installed with kernel-sim: npm install --global bullmq@6.7.0 ioredis@6.0.0',
    )
  }
}

/** A URL as it may be shown. */
export function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//')
}

/** The queue of all sweeps of a version of kernel-sim: another version may come to something else. */
export function queueName(version: string): string {
  return `kernel-sim-${version}`
}

/** Where the results of a sweep wait for its coordinator, a list. */
export function resultsKey(sweep: string): string {
  return `kernel-sim:results:${sweep}`
}

/** Where files lie that jobs are made of. */
export function filesKey(hash: string): string {
  return `kernel-sim:files:${hash}`
}

/** What nobody asks for any more is gone after a month, s. */
export const KEPT = 30 * 24 * 3600

/** What a job of the queue holds: see batch.ts. */
export interface Queued {
  readonly sweep: string
  readonly jobs: readonly unknown[]
}

/** A job of the queue is tried again when its worker could not even begin with it. */
const ATTEMPTS = { attempts: 5, backoff: { type: 'exponential', delay: 1000 } } as const

/** What the queue is given for a batch of a sweep. The same jobs are not put into it twice. */
export function queued(sweep: string, jobs: readonly Job[]) {
  const hash = createHash('sha256').update(jobs.map(({ id }) => id).join())
  const jobId = `${sweep}-${hash.digest('hex').slice(0, 20)}`
  const data: Queued = { sweep, jobs }
  return { name: 'batch', data, opts: { jobId, ...ATTEMPTS, removeOnComplete: true } }
}
