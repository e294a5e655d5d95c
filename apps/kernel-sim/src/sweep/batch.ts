/**
 * Batch: jobs that go to a process together, and one by one come back. The way of a job there and back costs as much as a short job itself, so short jobs
 * travel by the dozen. How long a job takes is known only once it is done: so whoever does a batch gives back what he has not come to in time.
 */
import type { Files } from './files.js'
import type { Job, Result } from './job.js'
import type { JobContext } from './restrictions.js'

/** How much work a batch should be, in seconds. */
const WORK = 0.25
/** How many jobs a batch has at most. */
export const MOST_JOBS = 25

/** Jobs that are made of the same files. */
export interface Batch {
  readonly jobs: readonly Job[]
  /** What they are made of; null for what comes with kernel-sim. */
  readonly files: Files | null
  /** What they may do. */
  readonly context: JobContext
}

/** Who hears what becomes of a batch. */
export interface BatchEvents {
  /** Takes each result as soon as it is there. */
  readonly onResult: (result: Result) => void
  /** Takes the jobs that did not come to their turn in time, at most once. */
  readonly onLeft: (left: readonly Job[]) => void
}

/** Takes a batch off a stack, whose top is its end. @param most how many jobs it has at most */
export function takeBatch(stack: Job[], most: number): Job[] {
  const batch: Job[] = []
  for (let top = stack.at(-1); top !== undefined && batch.length < most; top = stack.at(-1)) {
    if (batch[0] !== undefined && batch[0].files !== top.files) break
    batch.push(top)
    stack.pop()
  }
  return batch
}

/** A stack with the first job at its top. */
export function stackOf(jobs: readonly Job[]): Job[] {
  return [...jobs].reverse()
}

/** How many jobs a batch should have, from how long the last ones took. */
export class BatchSize {
  #mean: number | null = null

  /** Takes note of how long a job took, in seconds. */
  note(seconds: number): void {
    this.#mean = this.#mean === null ? seconds : (3 * this.#mean + seconds) / 4
  }

  /** One while nothing is known. */
  get jobs(): number {
    if (this.#mean === null) return 1
    return Math.max(1, Math.min(MOST_JOBS, Math.floor(WORK / this.#mean)))
  }
}
