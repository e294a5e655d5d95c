/**
 * Job: payloads for job queues (BullMQ and others that store jobs as JSON), so that a job runs under the
 * restrictions of whoever queued it, in another process and perhaps days later.
 * @module job
 */
import type { Context } from '../context.js'
import { contextFrom } from '../convey.js'
import type { Domain } from '../domain.js'
import type { RunResult } from '../outcome.js'
import { type Envelope, open } from './envelope.js'
import { outgoing, type RemotePolicy } from './outgoing.js'

export type { Envelope } from './envelope.js'
export type { RemotePolicy } from './outgoing.js'

/** A job's payload with what the policy conveys from the context at this moment: `queue.add('mail', payload(...))`. */
export function payload<N extends string, T>(
  context: Context<N>,
  policy: RemotePolicy,
  data: T,
): Envelope<T> {
  return { scopemask: outgoing(context, policy, 'job'), data }
}

/** What a queue gives to a processor, as far as this file has to know it. */
export interface Job {
  /** What {@link payload} made, after the queue has stored it as JSON and read it again. */
  readonly data: unknown
}

/**
 * A processor of jobs that {@link payload} made. Each job runs in a context of its own, the current one,
 * in a scope of what was conveyed. More that the queue passes to its processors is passed on.
 *
 * ```ts
 * new Worker('mail', processor(jobs, (context, data, job) => send(data)))
 * ```
 * It throws a DecodeError, which fails the job, for any other payload.
 */
export function processor<N extends string, J extends Job, A extends unknown[], R>(
  domain: Domain<N>,
  fn: (context: Context<N>, data: unknown, job: J, ...more: A) => R,
): (job: J, ...more: A) => RunResult<R> {
  return (job, ...more) => {
    const { conveyance, data } = open(domain, job.data)
    return contextFrom(domain, conveyance).call((context: Context<N>) =>
      fn(context, data, job, ...more),
    )
  }
}
