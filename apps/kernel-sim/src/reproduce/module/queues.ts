/** Queues: what the queues and pools of a scenario are on a machine with one processor. */
import type { MachineObject } from '@scopemask/checker/machine'
import type { WorkerPool } from '../../kernel/work/worker-pool.js'
import type { Workqueue } from '../../kernel/work/workqueue.js'
import { actorId } from './c-names.js'
import type { Draft } from './draft.js'
import { Refused } from './refused.js'

/** A queue, as far as it matters on a real kernel. */
export interface QueueFacts {
  readonly flags: readonly string[]
  /** How many items may be under way; 0 for no limit. */
  readonly limit: number
  /** True if its workers are those of a processor. */
  readonly isBound: boolean
  readonly holds: boolean
}

/** @throws Refused for a queue that a machine with one processor cannot have. */
export function queueFacts(draft: Draft, object: MachineObject): QueueFacts {
  const { workRegistry } = draft.subject.kernel
  const queue = workRegistry.queueAt(object.reference)
  if (queue === undefined) throw new Refused(`${object}`, 'it is no queue')
  if (queue.cpus.length > 1)
    throw new Refused(
      `${object}`,
      `a queue with a part for each of ${queue.cpus.length} processors: the machine has one`,
    )
  const { workers, creates = false } = queue.pool.options
  const isExhausted = creates || workers === 0
  const isBound = isExhausted || queue.cpus.length === 1
  const maxActive = Number.isFinite(queue.maxActive) ? queue.maxActive : 0
  const isBounded = workers !== undefined && !isExhausted
  if (isBounded && servedBy(queue.pool, workRegistry.queues) > 1) {
    throw new Refused(
      `${queue.pool.object}`,
      'a pool of a fixed size that serves several queues: pools of a kernel make workers',
    )
  }
  if (creates && workers !== 1) {
    throw new Refused(
      `${queue.pool.object}`,
      `a pool with ${workers} idle workers: only the last idle one can be told`,
    )
  }
  const limit = isBounded ? Math.min(workers, maxActive || workers) : maxActive
  return {
    flags: [...(isBound ? [] : ['WQ_UNBOUND']), ...(queue.memReclaim ? ['WQ_MEM_RECLAIM'] : [])],
    limit,
    isBound,
    // Who leaves a place leaves a worker too, which an exhausted pool must not have.
    holds: !(isExhausted && limit > 0) && !isFlushed(draft, object),
  }
}

/** Returns true if somebody waits for all of a queue, and so would wait for whoever holds its places. */
function isFlushed({ operations }: Draft, queue: MachineObject): boolean {
  const kinds = ['start_flush_workqueue', 'drain_workqueue']
  return operations.some(({ kind, object }) => object === queue && kinds.includes(kind))
}

/** Makes pools without idle workers. */
export function exhaustedPools({ subject, cast }: Draft): string[] {
  const { pools, queues } = subject.kernel.workRegistry
  const bare = pools.filter(
    (pool) => (pool.options.creates || pool.options.workers === 0) && servedBy(pool, queues) > 0,
  )
  const [pool, another] = bare
  if (pool === undefined) return []
  if (another !== undefined) {
    throw new Refused(
      `${another.object}`,
      `a second pool without idle workers beside ${pool.object}: the machine has one processor`,
    )
  }
  const kthreadd = cast.actors.find(({ is }) => is === 'kthreadd')
  if (kthreadd === undefined) throw new Refused(`${pool.object}`, 'nobody makes workers for it')
  const leavesOne = pool.options.workers !== 0
  return [
    `ksim_exhaust(0, &${actorId(kthreadd)}, ${leavesOne}, schedule ? schedule->tight : true);`,
  ]
}

function servedBy(pool: WorkerPool, queues: readonly Workqueue[]): number {
  return (
    queues.filter(
      (queue) => queue.pool === pool && queue.whole === queue && queue.restricted !== null,
    ).length || queues.filter((queue) => queue.pool === pool && queue.whole === queue).length
  )
}
