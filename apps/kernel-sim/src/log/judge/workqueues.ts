/** What a lockup of a worker pool means: which item keeps the others from running, and which of them others wait for. */
import type { WorkqueueFound } from '../report/report.js'
import { functionsOf } from '../report/stack-lines.js'
import { type Explained, startOf } from './explained.js'
import { FIXES } from './facts/fixes.js'
import { isReclaimFunction } from './facts/reclaim.js'

/** WQ_MEM_RECLAIM (include/linux/workqueue.h). */
const WQ_MEM_RECLAIM = 1 << 3

export function explainWorkqueues(found: WorkqueueFound): Explained {
  const { stuck, queues, pools, stacks, first } = found
  const longest = Math.max(
    0,
    ...stuck.map(({ seconds }) => seconds),
    ...pools.map(({ hung }) => hung),
  )
  const hung = pools.filter(({ hung }) => hung > 0)
  const ids = new Set(hung.map(({ id }) => id))
  // Without the list of pools, a pool is told by the CPUs that the warning names.
  const cpus = new Set(stuck.map(({ pool }) => /cpus=(\S+)/.exec(pool)?.[1]))
  const here = queues.flatMap(({ name, flags, pools: all }) =>
    all
      .filter(({ id, cpus: own }) =>
        ids.size > 0 ? ids.has(id) : cpus.size === 0 || cpus.has(own),
      )
      .map((pool) => ({ queue: name, flags, pool })),
  )
  const hogs = here.flatMap(({ queue, pool }) =>
    pool.inFlight.map((item) => ({ ...item, queue, pool })),
  )
  const waiting = here.flatMap(({ queue, flags, pool }) =>
    pool.pending.map((fn) => ({ fn, queue, rescued: (flags & WQ_MEM_RECLAIM) !== 0, pool })),
  )
  const rescued = [...new Set(waiting.filter((item) => item.rescued).map(({ queue }) => queue))]
  const barriers = waiting.filter(({ fn }) => /BAR\(\d+\)/.test(fn))
  const inReclaim = stacks.some((stack) => functionsOf(stack).some(isReclaimFunction))
  const [hog] = hogs
  return {
    ...startOf(found),
    kind: 'workqueue-lockup',
    verdict:
      hog !== undefined && longest > 0 ? 'starvation' : longest > 0 ? 'waits' : 'cannot-tell',
    confidence: hogs.length === 1 ? 'high' : hogs.length > 1 ? 'medium' : 'low',
    summary:
      longest === 0
        ? `The state of ${queues.length} busy workqueues.`
        : `A worker pool has not got on for ${longest} s${hog === undefined ? '' : `: ${hog.fn} (pid ${hog.pid}) runs, and ${waiting.length} items wait behind it`}.`,
    tasks: hogs.map(({ pid, fn, queue, pool, rescuer }) => ({
      comm: rescuer ? 'rescuer' : 'kworker',
      pid,
      does: `runs ${fn}`,
      work: `${queue}: ${fn}`,
      line: pool.lines[1] ?? pool.lines[0] ?? first,
      stack: stacks[0]?.frames ?? [],
    })),
    locks: [],
    chain: [
      ...waiting.slice(0, 16).map(({ fn, queue, pool }) => ({
        what: `${queue}: ${fn}`,
        how: 'waits for a worker of the pool',
        line: pool.lines[pool.lines.length - 1] ?? first,
        stack: [],
      })),
      ...hogs.map(({ fn, queue, pid, pool }) => ({
        what: `${queue}: ${fn}`,
        how: `runs on worker ${pid}, and keeps the pool`,
        line: pool.lines[1] ?? first,
        stack: stacks[0]?.frames ?? [],
      })),
    ],
    closed: false,
    reasons: [
      ...(hog === undefined
        ? longest > 0
          ? [
              'No item of the pool is listed as running: its worker cannot run, or waits for another worker to be created.',
            ]
          : ['The log shows queues and what waits on them, and no pool that does not get on.']
        : [
            `A pool starts another worker only when one of its workers sleeps. ${hogs.map(({ fn, pid }) => `${fn} (pid ${pid})`).join(', ')} did not sleep for ${longest} s: it loops, or the CPU did not let it run.`,
          ]),
      ...(waiting.length === 0 ? [] : [`Behind it wait ${countsOf(waiting.map(({ fn }) => fn))}.`]),
      ...(rescued.length === 0
        ? []
        : [
            `${rescued.join(', ')} ${rescued.length === 1 ? 'has' : 'have'} a rescuer (WQ_MEM_RECLAIM). It takes over when no worker can be created, not when a CPU is kept busy.`,
          ]),
      ...barriers.map(({ fn }) => `A task flushes: ${fn} is its barrier, and it waits as long.`),
      ...(inReclaim ? ['The stack that is shown is inside of memory reclaim.'] : []),
    ],
    decides:
      stacks.length > 0
        ? []
        : [
            `What ${hog === undefined ? 'the worker' : `pid ${hog.pid}`} does: its stack, which kernels since 6.2 print below the list, or SysRq l.`,
          ],
    fixes: hog === undefined ? [] : [FIXES.moveOutOfPool],
    lines: [
      ...(stuck.length > 0 ? stuck.map(({ line }) => line) : [first]),
      ...hogs.flatMap(({ pool }) => pool.lines),
      ...hung.map(({ line }) => line),
    ],
  }
}

/** `3 times psi_avgs_work, vmstat_update`. */
function countsOf(functions: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const fn of functions) counts.set(fn, (counts.get(fn) ?? 0) + 1)
  return [...counts].map(([fn, count]) => (count === 1 ? fn : `${count} times ${fn}`)).join(', ')
}
