/** Restrictions: what a job of a sweep must not do, wherever it runs, as a domain of core. They travel with the job. */
import { type Context, contextFrom, convey, defineDomain, type Mask } from '@scopemask/core'

export const JOBS = defineDomain({
  name: 'kernel-sim-jobs',
  version: 1,
  restrictions: {
    /** It writes no file. */
    READ_ONLY: 0,
    /** It asks nothing of anybody, and listens to nobody. */
    NO_NETWORK: 1,
    /** It starts no process and no thread, loads no native code, and signals no other process. */
    NO_SPAWN: 2,
  },
})

/** The context of a job. */
export type JobContext = Context<'kernel-sim-jobs'>

/** All of them: whoever runs a stranger's code starts from there. */
export const ALL: Mask<'kernel-sim-jobs'> = JOBS.mask('READ_ONLY', 'NO_NETWORK', 'NO_SPAWN')

/** A context with what another one carries, and more. */
export function restrictedBy(
  context: JobContext,
  more: Mask<'kernel-sim-jobs'>,
  name: string,
): JobContext {
  return contextFrom(JOBS, convey(context, 'convey-on-queue'), { name }).fork(more)
}
