/** Pools of workers that do not get on, and the state of all of them (kernel/workqueue.c, wq_watchdog_timer_fn, show_all_workqueues). */
import type { LogLine } from '../../read/log-line.js'
import { reporterOf } from '../block.js'
import type { WorkerPoolState, WorkqueueState } from '../report.js'
import type { ReportKind } from '../report-kind.js'
import { stacksIn } from '../stack-lines.js'

const LOCKUP = /^BUG: workqueue lockup - pool (.+?) stuck for (\d+)s!/
const SHOWING = /^Showing (?:busy workqueues and worker pools|all workqueues)/
const QUEUE = /^workqueue (.+): flags=0x([\da-f]+)/
const PWQ =
  /^\s+pwq (\d+): cpus=(\S+)(?: node=\d+)?(?: flags=0x[\da-f]+)? nice=(-?\d+) active=(\d+)(?:\/(\d+))?/
const POOL =
  /^pool (\d+): cpus=(\S+)(?: node=\d+)?(?: flags=0x[\da-f]+)? nice=-?\d+ hung=(\d+)s workers=(\d+)(?: manager: (\d+))?/

export const workqueueKind: ReportKind = {
  begins: new RegExp(`${LOCKUP.source}|${SHOWING.source}`),
  has: /^workqueue .+: flags=|^\s+pwq \d+:|^\s+(?:in-flight|pending|inactive|delayed):|^pool \d+:|^Showing (?:backtraces|busy)|^\s*(?:delayed by|, )/,
  goesOn: (lines, { text }) =>
    SHOWING.test(text)
      ? !lines.some((line) => SHOWING.test(line.text))
      : !lines.some((line) => SHOWING.test(line.text)),
  longest: 4000,
  parse({ lines, interleaved, overlong }) {
    const stuck = lines.flatMap(({ text, line }) => {
      const match = LOCKUP.exec(text)
      return match ? [{ pool: match[1] ?? '', seconds: Number(match[2]), line }] : []
    })
    const pools = lines.flatMap(({ text, line }) => {
      const match = POOL.exec(text)
      if (match === null) return []
      const [, id = '', cpus = '', hung, workers, manager] = match
      return [
        {
          id,
          cpus,
          hung: Number(hung),
          workers: Number(workers),
          manager: manager === undefined ? undefined : Number(manager),
          line,
        },
      ]
    })
    const queues = queuesIn(lines)
    return {
      found: 'workqueue',
      first: lines[0]?.line ?? 0,
      last: lines.at(-1)?.line ?? 0,
      time: lines[0]?.time,
      reporter: reporterOf(lines),
      missing: [
        ...(queues.length === 0 ? ['the state of the workqueues'] : []),
        ...(pools.length === 0 ? ['the list of pools'] : []),
        ...(overlong ? ['the rest, which is too long'] : []),
      ],
      interleaved,
      stuck,
      queues,
      pools,
      stacks: stacksIn(lines),
    }
  },
}

function queuesIn(lines: readonly LogLine[]): WorkqueueState[] {
  const queues: { name: string; flags: number; pools: WorkerPoolState[] }[] = []
  for (const { text, line } of lines) {
    const queue = QUEUE.exec(text)
    if (queue !== null) {
      queues.push({ name: queue[1] ?? '', flags: Number.parseInt(queue[2] ?? '0', 16), pools: [] })
      continue
    }
    const pools = queues.at(-1)?.pools
    const pwq = PWQ.exec(text)
    if (pwq !== null) {
      const [, id = '', cpus = '', nice, active, maxActive] = pwq
      pools?.push({
        id,
        cpus,
        nice: Number(nice),
        active: Number(active),
        maxActive: Number(maxActive ?? 0),
        inFlight: [],
        pending: [],
        lines: [line],
      })
      continue
    }
    const list = /^\s+(in-flight|pending|inactive|delayed): (.*)$/.exec(text)
    const pool = pools?.at(-1)
    if (list === null || pool === undefined) continue
    const items = (list[2] ?? '').split(/, ?/).filter((item) => item !== '')
    pools?.splice(-1, 1, {
      ...pool,
      lines: [...pool.lines, line],
      ...(list[1] === 'in-flight'
        ? { inFlight: [...pool.inFlight, ...items.flatMap(workerOf)] }
        : { pending: [...pool.pending, ...items.map(functionOf)] }),
    })
  }
  return queues
}

/** `3760137:psi_avgs_work`, `123(RESCUER):fn`, with what it carries behind. */
function workerOf(item: string): { pid: number; fn: string; rescuer: boolean }[] {
  const match = /^(\d+)(\(RESCUER\))?:(\S+)/.exec(item)
  if (match === null) return []
  return [{ pid: Number(match[1]), fn: match[3] ?? '', rescuer: match[2] !== undefined }]
}

/** `lru_add_drain_per_cpu BAR(60)`: the barrier is for the task that waits. */
function functionOf(item: string): string {
  return item.trim()
}
