/**
 * The jobs of the demonstration: each has restrictions of its own, some throw, some are cancelled. Whoever runs them
 * notes what it saw, and a job that saw anything but its own restrictions is counted.
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
export function random(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Jobs with a mask each; about one in ten throws, about one in ten is cancelled, some take longer than others. */
export function makeJobs(count, seed) {
  const next = random(seed)
  return Array.from({ length: count }, (_, id) => ({
    id,
    mask: domain.from(Math.floor(next() * 16)),
    turns: Math.floor(next() * 3),
    fails: next() < 0.1,
    cancelled: next() < 0.1,
  }))
}

/** What a job does; `look` is called at each point where it wants to know what it may do. */
export async function work(job, look, signal) {
  look()
  for (let i = 0; i < job.turns; i++) {
    await turn()
    signal?.throwIfAborted()
    look()
  }
  if (job.fails) throw new Error(`job ${job.id} fails, as it should`)
  return job.id
}

/** Counts what jobs and workers saw. */
export class Tally {
  /** Looks at a mask, and how many showed another job's mask, or none. */
  looks = 0
  mixed = 0
  lost = 0
  /** How often a worker did not have its own mask back after a job. */
  left = 0
  done = 0
  failed = 0
  cancelled = 0

  saw(job, mask) {
    this.looks++
    if (mask === undefined) this.lost++
    else if (mask !== job.mask) this.mixed++
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
