/** Run here: does jobs in processes of this machine, one for each slot of a pool. */
import { BatchSize, stackOf, takeBatch } from './batch.js'
import type { Pool } from './cage/pool.js'
import type { Files } from './files.js'
import type { Job, Result } from './job.js'
import type { JobContext } from './restrictions.js'

export interface RunHere {
  readonly pool: Pick<Pool, 'slots' | 'run'>
  readonly files: ReadonlyMap<string, Files>
  /** What the jobs may do. */
  readonly context: JobContext
  /** Takes each result as soon as it is there. */
  readonly keep: (result: Result) => void
}

/** Does jobs, and returns when all of them are done. @throws Error when no process for jobs can be started */
export async function runHere(
  jobs: readonly Job[],
  { pool, files, context, keep }: RunHere,
): Promise<void> {
  const waiting = stackOf(jobs)
  const size = new BatchSize()
  let running = 0
  let failure: { readonly thrown: unknown } | null = null
  /** Says that there may be something to begin. */
  let wake = (): void => {}
  const begin = async (): Promise<void> => {
    const batch = takeBatch(waiting, size.jobs)
    const { files: hash, subject } = batch[0] as Job
    const own = hash === null ? null : files.get(hash)
    if (own === undefined) throw new Error(`the files of ${subject} are missing`)
    const events = {
      onResult(result: Result) {
        size.note(result.seconds)
        keep(result)
      },
      onLeft(left: readonly Job[]) {
        waiting.push(...stackOf(left))
        wake()
      },
    }
    await pool.run({ jobs: batch, files: own, context }, events)
  }
  while (failure === null && (waiting.length > 0 || running > 0)) {
    if (waiting.length > 0 && running < pool.slots) {
      running++
      begin()
        .catch((thrown: unknown) => {
          failure ??= { thrown }
        })
        .finally(() => {
          running--
          wake()
        })
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  if (failure !== null) throw (failure as { readonly thrown: unknown }).thrown
}
