/** A task for a pool's thread, as a user of the built package writes it. */
import { current, defineDomain } from '@scopemask/core'
import { poolTask } from '@scopemask/core/pool'

const jobs = defineDomain({
  name: 'jobs',
  version: 1,
  restrictions: { NO_DISK: 0, NO_NETWORK: 1, NO_SPAWN: 31 },
})

export default poolTask(jobs, async (context, data) => {
  await null
  context.forbid(jobs.flags.NO_SPAWN)
  return [jobs.format(context.mask), data]
})

export const now = poolTask(jobs, () => jobs.format(current(jobs).mask))
