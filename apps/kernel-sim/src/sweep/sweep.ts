/** Sweep: the jobs of a plan, and what has become of them so far. */
import type { Job, Result } from './job.js'

export interface Sweep {
  /** The name of the plan's file. */
  readonly plan: string
  readonly jobs: readonly Job[]
  /** By job. There may be results of jobs that an earlier version of the plan had. */
  readonly results: ReadonlyMap<string, Result>
}

/** The jobs that have no result yet. */
export function outstanding({ jobs, results }: Sweep): Job[] {
  return jobs.filter(({ id }) => !results.has(id))
}
