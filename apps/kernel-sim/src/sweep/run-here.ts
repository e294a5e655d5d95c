/** Run here: does jobs in processes of this machine, one for each slot of a pool. */
import type { Pool } from './cage/pool.js'
import type { Files } from './files.js'
import type { Job, Result } from './job.js'
import type { JobContext } from './restrictions.js'

export interface RunHere {
  readonly pool: Pool
  readonly files: ReadonlyMap<string, Files>
  /** What the jobs may do. */
  readonly context: JobContext
  /** Takes each result as soon as it is there. */
  readonly keep: (result: Result) => void
}

/** Does jobs, and returns when all of them are done. */
export async function runHere(
  jobs: Iterable<Job>,
  { pool, files, context, keep }: RunHere,
): Promise<void> {
  const rest = jobs[Symbol.iterator]()
  const work = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      const job = next.value
      const own = job.files === null ? null : files.get(job.files)
      if (own === undefined) throw new Error(`the files of ${job.subject} are missing`)
      keep(await pool.run(job, own, context))
    }
  }
  await Promise.all(Array.from({ length: pool.room }, work))
}
