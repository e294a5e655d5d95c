/** A processor that BullMQ runs in a process of its own, as a user of the built package writes it. */
import { defineDomain } from '@scopemask/core'
import { processor } from '@scopemask/core/job'

const jobs = defineDomain({
  name: 'jobs',
  version: 1,
  restrictions: { NO_DISK: 0, NO_NETWORK: 1, NO_SPAWN: 31 },
})

export default processor(jobs, async (context, data, job) => {
  await null
  return [jobs.format(context.mask), data, job.id, process.pid]
})
