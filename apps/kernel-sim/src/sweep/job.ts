/** Job: one point of a grid, as plain data that can be queued, and what became of it. */
import { createHash } from 'node:crypto'
import type { ParameterValues } from '../kernel/parameters.js'

/** How far a job goes. */
export interface Limits {
  /** States of a search. */
  readonly states: number
  /** Seconds of the clock. A search stops then, and whatever does not is ended. */
  readonly seconds: number
  /** MB for the states of a search. */
  readonly megabytes: number
}

/** What all jobs have. */
interface Point {
  /** The scenario or machine, as the plan names it. */
  readonly subject: string
  /** Its file among {@link files}; null for what comes with kernel-sim. */
  readonly file: string | null
  /** The hash of the files that it is made of: see files.ts. */
  readonly files: string | null
  readonly policy: string
  /** Parameters of a scenario, or fields of a machine by their paths. */
  readonly values: ParameterValues
  readonly limits: Limits
}

/** All interleavings. */
export interface CheckJob extends Point {
  readonly kind: 'check'
}

/** Some executions. */
export interface SampleJob extends Point {
  readonly kind: 'sample'
  readonly seed: number
  readonly executions: number
  readonly strategy: 'pct' | 'random'
}

/** A machine in virtual time. */
export interface SimulateJob extends Point {
  readonly kind: 'simulate'
  readonly seed: number
  /** Virtual seconds; null for those that the machine says. */
  readonly seconds: number | null
}

export type JobSpec = CheckJob | SampleJob | SimulateJob

/** A point with its name: a hash of all that decides what comes out of it. */
export type Job = JobSpec & { readonly id: string }

/** What became of a job: of a check its verdict, of a machine whether its tasks hang; `failed` when there is no result. */
export type Verdict =
  | 'safe'
  | 'deadlock'
  | 'livelock'
  | 'violation'
  | 'bounded'
  | 'inapplicable'
  | 'ran'
  | 'hang'
  | 'failed'

/** What came out of a job. The same job comes to the same, wherever it runs, unless a limit of time or memory ends it. */
export interface Outcome {
  readonly verdict: Verdict
  /** States, steps, transitions; what a machine measured. */
  readonly figures: Readonly<Record<string, number>>
  /** Why, in a sentence. */
  readonly why?: string
  /** Replays it. */
  readonly token?: string
}

/** An outcome with the job that it is of. */
export interface Result extends Outcome {
  readonly id: string
  /** How long the job took, in seconds. It differs from run to run. */
  readonly seconds: number
  /** Where it ran: host and process. */
  readonly by: string
}

/** Names a point. @param version that of kernel-sim, since another one may come to something else */
export function jobOf(spec: JobSpec, version: string): Job {
  const hash = createHash('sha256').update(JSON.stringify([version, spec]))
  return { ...spec, id: hash.digest('hex').slice(0, 20) }
}

/** Returns true if something from elsewhere has the form of a result. */
export function isResult(read: unknown): read is Result {
  if (typeof read !== 'object' || read === null) return false
  const { id, verdict, figures } = read as Partial<Result>
  return (
    typeof id === 'string' &&
    typeof verdict === 'string' &&
    typeof figures === 'object' &&
    figures !== null
  )
}

/** Returns true if something from elsewhere has the form of a job. What its values mean is seen where it is done. */
export function isJob(read: unknown): read is Job {
  if (typeof read !== 'object' || read === null) return false
  const { id, kind, subject, file, files, policy, values, limits } = read as Partial<Job>
  const { states, seconds, megabytes } = limits ?? {}
  return (
    typeof id === 'string' &&
    (kind === 'check' || kind === 'sample' || kind === 'simulate') &&
    typeof subject === 'string' &&
    isTextOrNull(file) &&
    isTextOrNull(files) &&
    typeof policy === 'string' &&
    typeof values === 'object' &&
    values !== null &&
    [states, seconds, megabytes].every((each) => typeof each === 'number' && each > 0)
  )
}

function isTextOrNull(read: unknown): read is string | null {
  return read === null || typeof read === 'string'
}
