/**
 * The jobs of the demonstration: each has restrictions of its own, some throw, some are cancelled while they wait or
 * while they run. What each saw is noted, and one that saw anything but its own restrictions is counted.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { defineDomain } from '@scopemask/core'

/** What a job may be forbidden to do. */
export const domain = defineDomain({
  name: 'jobs',
  version: 1,
  restrictions: { NO_NETWORK: 0, NO_DISK: 1, NO_DATABASE: 2, NO_SPAWN: 3 },
})

/** A generator of numbers from 0 to 1: the same for a seed (mulberry32). */
function random(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Jobs with a mask and a place in the order each; about one in ten throws, and one in ten is cancelled. */
export function makeJobs(count, seed) {
  const next = random(seed)
  return Array.from({ length: count }, (_, id) => ({
    id,
    mask: domain.from(Math.floor(next() * 16)),
    priority: Math.floor(next() * count),
    turns: Math.floor(next() * 4),
    fails: next() < 0.1,
    cancelled: next() < 0.1 ? ['waiting', 'running'][Math.floor(next() * 2)] : undefined,
  }))
}

/** What a job does, in several turns of the event loop; at each it looks at what it may do. */
export async function work(job, look, signal) {
  look()
  for (let i = 0; i < job.turns; i++) {
    await turn()
    signal?.throwIfAborted()
    look()
  }
  if (job.fails) throw new Error(`job ${job.id} fails, as it should`)
}

/** Counts what jobs and workers saw. */
class Tally {
  /** Looks at a mask, and how many showed another one than they should, or none. */
  looks = 0
  mixed = 0
  lost = 0
  /** How often a worker did not have its own mask back after a job. */
  left = 0
  done = 0
  failed = 0
  cancelled = 0

  saw(expected, mask) {
    this.looks++
    if (mask === undefined) this.lost++
    else if (mask !== expected) this.mixed++
  }

  /** Notes how a job ended. */
  async settle(promise) {
    try {
      await promise
      this.done++
    } catch (error) {
      if (error.name === 'AbortError') this.cancelled++
      else if (/as it should/.test(error.message)) this.failed++
      else throw error
    }
  }
}

/** Gives all jobs to `submit`, cancels those that are to be cancelled, and waits for all. */
export async function tallyOf(jobs, submit) {
  const tally = new Tally()
  await Promise.all(
    jobs.map((job) => {
      const canceller = new AbortController()
      const cancel = () => setImmediate(() => canceller.abort())
      if (job.cancelled === 'waiting') cancel()
      const saw = (expected, mask) => {
        tally.saw(expected, mask)
        if (job.cancelled === 'running') cancel()
      }
      return tally.settle(submit(job, { tally, saw, signal: canceller.signal }))
    }),
  )
  return tally
}
