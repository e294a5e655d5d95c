/** The same for what BullMQ's hook for telemetry conveys. */
import { defineDomain } from '@scopemask/core'
import { contextOf } from '@scopemask/core/bullmq'

const jobs = defineDomain({
  name: 'jobs',
  version: 1,
  restrictions: { NO_DISK: 0, NO_NETWORK: 1, NO_SPAWN: 31 },
})

export default async (job) => [jobs.format(contextOf(jobs, job).mask), job.data]
