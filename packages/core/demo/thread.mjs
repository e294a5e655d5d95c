/** A thread of the demonstration: decodes what was conveyed with a job, and works on it under that. */
import { runAdopted } from '@scopemask/core/delegation'
import { unwrap } from '@scopemask/core/message-port'
import { domain, work } from './jobs.mjs'
import { outcome, serve } from './thread-pool.mjs'
import { Workers } from './workers.mjs'

const workers = new Workers()

serve(async (message, signal) => {
  const { conveyance, data: job } = unwrap(domain, message)
  const reply = await outcome((saw) =>
    workers.serve(({ own, context }) =>
      runAdopted(context, conveyance, (section) =>
        work(job, () => saw(job.mask | own, section.mask), signal),
      ),
    ),
  )
  return { ...reply, left: workers.left }
})
