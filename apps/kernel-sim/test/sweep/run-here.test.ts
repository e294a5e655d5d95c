/** Jobs in processes of this machine: who does which, with a pool in which a test says when something is done. */
import { Context } from '@scopemask/core'
import { expect, it } from 'vitest'
import type { Batch, BatchEvents } from '../../src/sweep/batch.js'
import { type Job, jobOf } from '../../src/sweep/job.js'
import { JOBS } from '../../src/sweep/restrictions.js'
import { runHere } from '../../src/sweep/run-here.js'

const job = (number: number): Job =>
  jobOf(
    {
      kind: 'check',
      subject: `${number}`,
      file: null,
      files: null,
      policy: 'scope',
      values: {},
      limits: { states: 1, seconds: 1, megabytes: 1 },
    },
    'test',
  )

/** A pool that does nothing by itself. */
class ByHand {
  readonly slots: number
  /** The batches that are worked on, the last begun at the end. */
  readonly turns: {
    readonly jobs: Job[]
    readonly events: BatchEvents
    readonly end: () => void
  }[] = []

  constructor(slots: number) {
    this.slots = slots
  }

  run({ jobs }: Batch, events: BatchEvents): Promise<void> {
    return new Promise((end) => this.turns.push({ jobs: [...jobs], events, end }))
  }

  /** Does the next jobs of a batch. */
  async work(turn: number, count = Number.POSITIVE_INFINITY): Promise<void> {
    const { jobs, events, end } = this.turns[turn] as (typeof this.turns)[number]
    for (const { id } of jobs.splice(0, count)) {
      events.onResult({ id, verdict: 'safe', figures: {}, seconds: 0.001, by: `${turn}` })
    }
    if (jobs.length === 0) end()
    await this.settled()
  }

  /** Leaves all of a batch but the job that it is at. */
  async leave(turn: number): Promise<void> {
    const { jobs, events } = this.turns[turn] as (typeof this.turns)[number]
    events.onLeft(jobs.splice(1))
    await this.settled()
  }

  settled(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }
}

function begun(count: number, slots: number) {
  const pool = new ByHand(slots)
  const jobs = Array.from({ length: count }, (_, number) => job(number))
  const kept: string[] = []
  const keep = ({ id }: { readonly id: string }) => kept.push(id)
  const context = new Context(JOBS, { name: 'a test' })
  const done = runHere(jobs, { pool, files: new Map(), context, keep })
  return { pool, jobs, kept, done }
}

it('gives what was left behind a long job to the next free slot, in order, and each job to one', async () => {
  const { pool, jobs, kept, done } = begun(40, 2)
  await pool.settled()
  // Until it is known how short they are, they go one by one.
  expect(pool.turns.map((turn) => turn.jobs)).toEqual([[jobs[0]], [jobs[1]]])
  await pool.work(0)
  expect(pool.turns[2]?.jobs).toEqual(jobs.slice(2, 27))
  await pool.work(1)
  await pool.work(3)
  // All that is left waits behind the first of the long batch, and one slot has nothing to do.
  expect(kept).toHaveLength(2 + 13)
  expect(pool.turns).toHaveLength(4)
  await pool.leave(2)
  expect(pool.turns[4]?.jobs).toEqual(jobs.slice(3, 27))
  await pool.work(4)
  expect(kept).toHaveLength(39)
  await pool.work(2)
  await done
  expect(kept.at(-1)).toBe(jobs[2]?.id)
  expect(new Set(kept).size).toBe(40)
})

it('ends with what a pool throws, once nothing more can be begun', async () => {
  const { pool, done } = begun(3, 1)
  pool.run = () => Promise.reject(new Error('no process can be started'))
  const failed = expect(done).rejects.toThrow('no process can be started')
  await pool.settled()
  await pool.work(0)
  await failed
})
