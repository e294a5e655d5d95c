/**
 * Coordinate: puts jobs into the queue and fetches their results. It keeps nothing in memory that counts: what is done is in the results file,
 * what is to do follows from the plan, and both are compared with the queue whenever somebody may have forgotten something. So it may be
 * killed, and Redis may lose what it was told last.
 */

import { telemetry } from '@scopemask/core/bullmq'
import type { Job as QueueJob } from 'bullmq'
import type { Files } from '../files.js'
import { isResult, type Job, type Result } from '../job.js'
import { JOBS, type JobContext } from '../restrictions.js'
import { type Engine, filesKey, KEPT, type Queued, queueName, resultsKey } from './engine.js'

/** Jobs are added, and results fetched, so many at a time. */
const BATCH = 500
/** Between two looks for results: soon while there are some, ms. */
const LOOK = { first: 10, most: 200 }
/** Without a result for so long, the queue is compared with what is to do, ms. */
const SILENCE = 5000
/** A job is tried again when its worker could not even begin with it. */
const ATTEMPTS = { attempts: 5, backoff: { type: 'exponential', delay: 1000 } } as const

export interface Coordination {
  readonly engine: Engine
  /** Of kernel-sim. */
  readonly version: string
  /** Names the sweep. */
  readonly sweep: string
  readonly files: ReadonlyMap<string, Files>
  /** What is in force for the jobs. */
  readonly context: JobContext
  /** Takes results, and returns when they are on the disk. What it has already it leaves out. */
  readonly keep: (results: readonly Result[]) => void
  /** Is told, once, that no worker is there. */
  readonly onNoWorker: () => void
}

/** Has jobs done by whatever workers there are, and returns when all of them have a result. */
export async function coordinate(jobs: readonly Job[], coordination: Coordination): Promise<void> {
  const coordinator = new Coordinator(jobs, coordination)
  try {
    await coordinator.run()
  } finally {
    await coordinator.close()
  }
}

class Coordinator {
  readonly #outstanding: Map<string, Job>
  readonly #with: Coordination
  readonly #queue: InstanceType<Engine['Queue']>
  readonly #onReady = (): void => {
    this.#wasAway = true
  }
  /** Redis was away, and may have lost something. */
  #wasAway = false
  #saidNoWorker = false

  constructor(jobs: readonly Job[], coordination: Coordination) {
    this.#outstanding = new Map(jobs.map((job) => [job.id, job]))
    this.#with = coordination
    const { engine, version } = coordination
    const { Queue, client } = engine
    this.#queue = new Queue(queueName(version), {
      connection: client,
      telemetry: telemetry(JOBS, 'convey-on-queue'),
    })
    // It tries again by itself.
    this.#queue.on('error', () => {})
    client.on('ready', this.#onReady)
  }

  async run(): Promise<void> {
    await this.#putFiles()
    // What is in the queue already is not added again.
    while (await this.#fetch());
    for (const ids of batches([...this.#outstanding.keys()])) await this.#add(ids)
    let pause = LOOK.first
    let silentSince = performance.now()
    while (this.#outstanding.size > 0) {
      if (await this.#fetch()) {
        pause = LOOK.first
        silentSince = performance.now()
        continue
      }
      if (this.#wasAway || performance.now() - silentSince > SILENCE) {
        this.#wasAway = false
        await this.#putFiles()
        await this.#compare()
        await this.#lookForWorkers()
        silentSince = performance.now()
      }
      await new Promise((resolve) => setTimeout(resolve, pause))
      pause = Math.min(pause * 2, LOOK.most)
    }
  }

  async close(): Promise<void> {
    this.#with.engine.client.off('ready', this.#onReady)
    await this.#queue.close()
  }

  async #putFiles(): Promise<void> {
    const { engine, files } = this.#with
    for (const each of files.values()) {
      await engine.client.set(filesKey(each.hash), JSON.stringify(each), 'EX', KEPT)
    }
  }

  /** Fetches results, if there are some: they are dropped there once they are on the disk here. */
  async #fetch(): Promise<boolean> {
    const { engine, sweep, keep } = this.#with
    const key = resultsKey(sweep)
    const texts = await engine.client.lrange(key, 0, BATCH - 1)
    if (texts.length === 0) return false
    const results = texts.flatMap((text) => {
      const result: unknown = JSON.parse(text)
      return isResult(result) && this.#outstanding.has(result.id) ? [result] : []
    })
    keep(results)
    for (const { id } of results) this.#outstanding.delete(id)
    await engine.client.ltrim(key, texts.length, -1)
    return true
  }

  /**
   * Compares what is to do with the queue: jobs that it does not know are added, and those that it has given up have failed. A job is
   * gone from the queue when it is done, but its result comes first: so whoever is missing and has no result now is lost.
   */
  async #compare(): Promise<void> {
    while (await this.#fetch());
    for (const ids of batches([...this.#outstanding.keys()])) {
      const found = await Promise.all(ids.map((id) => this.#queue.getJob(this.#nameOf(id))))
      await this.#giveUp(found)
      const missing = ids.filter((_, at) => found[at] === undefined)
      if (missing.length === 0) continue
      while (await this.#fetch());
      await this.#add(missing)
    }
  }

  /** Those that the engine has given up have failed. */
  async #giveUp(jobs: readonly (QueueJob | undefined)[]): Promise<void> {
    for (const job of jobs) {
      if (job === undefined || !(await job.isFailed())) continue
      const why = job.failedReason.includes('stalled')
        ? 'its worker died each time that it was tried'
        : job.failedReason
      const { job: ours } = job.data as Queued
      const { id } = ours as Job
      this.#with.keep([{ id, verdict: 'failed', figures: {}, why, seconds: 0, by: 'queue' }])
      this.#outstanding.delete(id)
      await job.remove()
    }
  }

  async #add(ids: readonly string[]): Promise<void> {
    const { sweep, context } = this.#with
    const jobs = ids.flatMap((id) => {
      const job = this.#outstanding.get(id)
      if (job === undefined) return []
      const data: Queued = { sweep, job }
      const opts = { jobId: this.#nameOf(id), ...ATTEMPTS, removeOnComplete: true }
      return [{ name: job.kind, data, opts }]
    })
    // What is in force here travels with each of them.
    if (jobs.length > 0) await context.run(JOBS.mask(), () => this.#queue.addBulk(jobs))
  }

  #nameOf(id: string): string {
    return `${this.#with.sweep}-${id}`
  }

  async #lookForWorkers(): Promise<void> {
    if (this.#saidNoWorker || (await this.#queue.getWorkersCount()) > 0) return
    this.#saidNoWorker = true
    this.#with.onNoWorker()
  }
}

function* batches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += BATCH) yield all.slice(at, at + BATCH)
}
