/**
 * Scale model: what many workers do, reckoned from what few were measured to cost. A closed queueing system: each of the slots has a job,
 * and the next one as soon as that is done. Redis is the one resource that all share: it serves one command after the other, each in the same time, and
 * with many slots their commands come as if by chance, so who finds it busy waits as in an M/D/1 queue (Pollaczek and Khinchine). The coordinator is a
 * second serial resource, which nobody waits for, but which is never passed.
 */

/** Measured, in ms of a processor for each job. */
export interface Costs {
  /** Of a worker, beside the job: what its own process and the process of the job spend. */
  readonly worker: number
  readonly redis: number
  readonly coordinator: number
}

export interface Prediction {
  /** Jobs a second. */
  readonly perSecond: number
  /** Of the time of all slots, what the jobs' own work is. */
  readonly useful: number
  /** Of the time of Redis, what it works. */
  readonly redis: number
}

/** @param slots how many jobs run at the same time @param ms how long a job works */
export function predict(
  { worker, redis, coordinator }: Costs,
  { slots, ms }: { readonly slots: number; readonly ms: number },
): Prediction {
  /** How long a slot is busy with a job, when so many jobs a ms go through Redis. */
  const cycle = (rate: number): number => {
    const load = rate * redis
    return ms + worker + redis + (load * redis) / (2 * (1 - load))
  }
  // The rate at which as many jobs are under way as there are slots (Little): what is under way grows with the rate.
  let low = 0
  let high = Math.min(1 / redis, slots / (ms + worker + redis))
  for (let i = 0; i < 60; i++) {
    const rate = (low + high) / 2
    if (rate * redis >= 1 || rate * cycle(rate) > slots) high = rate
    else low = rate
  }
  const rate = Math.min(low, 1 / coordinator)
  return { perSecond: rate * 1000, useful: (rate * ms) / slots, redis: rate * redis }
}
