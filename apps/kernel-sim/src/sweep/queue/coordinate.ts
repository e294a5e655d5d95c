/**
 * Coordinate: puts jobs into the queue and fetches their results. It keeps nothing in memory that counts: what is done is in the results file,
 * what is to do follows from the plan, and both are compared with the queue whenever somebody may have forgotten something. So it may be
 * killed, and Redis may lose what it was told last.
 */

import { telemetry } from '@scopemask/core/bullmq'
import { MOST_JOBS, stackOf, takeBatch } from '../batch.js'
import type { Files } from '../files.js'
import { isResult, type Job, type Result } from '../job.js'
import { JOBS, type JobContext } from '../restrictions.js'
import {
  type Engine,
  filesKey,
  KEPT,
  type Queued,
  queued,
  queueName,
  resultsKey,
} from './engine.js'

/** Batches are added, and results fetched, so many at a time. */
const AT_ONCE = 500
/** There are so many batches if there are enough jobs: each worker should find one. */
const BATCHES = 64
/** Where a job of the queue is that is not done. */
const UNDONE = ['waiting', 'active', 'delayed', 'prioritized'] as const
/** The queue is asked so often for what it holds when it changes meanwhile. */
const LOOKS = 5
/** Between two looks for results: soon while there are some, ms. */
const LOOK = { first: 10, most: 200 }
/** Without a result for so long, the queue is compared with what is to do, ms. */
const SILENCE = 5000

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
  /** How many jobs a batch has at first. */
  readonly #size: number
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
    this.#size = Math.max(1, Math.min(MOST_JOBS, Math.floor(jobs.length / BATCHES)))
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
    await this.#compare()
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
    const texts = await engine.client.lrange(key, 0, AT_ONCE - 1)
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
    const known = await this.#queued()
    while (await this.#fetch());
    const missing = [...this.#outstanding.values()].filter(({ id }) => !known.has(id))
    const stack = stackOf(missing)
    while (stack.length > 0) {
      const batches: (readonly Job[])[] = []
      while (stack.length > 0 && batches.length < AT_ONCE) {
        batches.push(takeBatch(stack, this.#size))
      }
      await this.#add(batches)
    }
  }

  /**
   * The jobs of the sweep that are in the queue. A batch that leaves it while it is looked through may have left jobs in another
   * one: then it is looked through once more. If it never stands still, some jobs are done twice, and count once.
   */
  async #queued(): Promise<ReadonlySet<string>> {
    const known = new Set<string>()
    for (let look = 0; look < LOOKS; look++) {
      const ids = await this.#queue.getRanges([...UNDONE], 0, -1)
      const found = await Promise.all(this.#ours(ids).map((id) => this.#queue.getJob(id)))
      for (const job of found) for (const { id } of jobsIn(job?.data)) known.add(id)
      if (found.every((job) => job !== undefined)) break
    }
    await this.#giveUp()
    return known
  }

  /** Those that the engine has given up have failed. */
  async #giveUp(): Promise<void> {
    for (const id of this.#ours(await this.#queue.getRanges(['failed'], 0, -1))) {
      const job = await this.#queue.getJob(id)
      if (job === undefined) continue
      const why = job.failedReason.includes('stalled')
        ? 'its worker died each time that it was tried'
        : job.failedReason
      const failed = jobsIn(job.data).filter(({ id }) => this.#outstanding.has(id))
      this.#with.keep(
        failed.map(({ id }) => ({
          id,
          verdict: 'failed',
          figures: {},
          why,
          seconds: 0,
          by: 'queue',
        })),
      )
      for (const { id } of failed) this.#outstanding.delete(id)
      await job.remove()
    }
  }

  /** Those of the queue's jobs that are of this sweep. */
  #ours(ids: readonly string[]): readonly string[] {
    return ids.filter((id) => id.startsWith(`${this.#with.sweep}-`))
  }

  async #add(batches: readonly (readonly Job[])[]): Promise<void> {
    const { sweep, context } = this.#with
    const jobs = batches.map((batch) => queued(sweep, batch))
    // What is in force here travels with each of them.
    await context.run(JOBS.mask(), () => this.#queue.addBulk(jobs))
  }

  async #lookForWorkers(): Promise<void> {
    if (this.#saidNoWorker || (await this.#queue.getWorkersCount()) > 0) return
    this.#saidNoWorker = true
    this.#with.onNoWorker()
  }
}

/** The jobs in the data of a job of the queue; none in what is not there any more. */
function jobsIn(data: unknown): readonly Job[] {
  const { jobs = [] } = (data ?? {}) as Partial<Queued>
  return jobs as readonly Job[]
}
