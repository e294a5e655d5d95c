/**
 * CFS: the fair scheduler (kernel/sched/fair.c, 6.1). Who has had the least runs; who has slept is put a little ahead of the others,
 * and takes the CPU at once only if it is a granularity behind the running task.
 *
 * That last rule decides about reclaim: a task that allocates after a long sleep is as far ahead as kswapd is when it wakes kswapd,
 * goes on until the next tick, and reclaims itself meanwhile.
 *
 * Simpler than the kernel: all tasks have the same weight. Real-time tasks (SCHED_FIFO) go before all others.
 */
import { type CpuTask, mayRunOn, type Scheduler } from '@scopemask/checker/live'
import { MS } from '../time.js'

/** On one CPU (sysctl_sched_latency, sysctl_sched_min_granularity, sysctl_sched_wakeup_granularity); more with more CPUs. */
const LATENCY = 6 * MS
const MIN_GRANULARITY = 0.75 * MS
const WAKEUP_GRANULARITY = 1 * MS
/** With more tasks than that, each has the least granularity (sched_nr_latency). */
const NR_LATENCY = 8

interface Queue {
  /** By vruntime, the least first; of equal ones who came first. */
  readonly tasks: CpuTask[]
  /** Real-time ones, in the order in which they came. */
  readonly realtime: CpuTask[]
  /** Grows only. */
  minVruntime: number
  /** It was woken and is to take the CPU (next buddy). */
  next: CpuTask | null
}

export class Cfs implements Scheduler {
  readonly #queues: readonly Queue[]
  /** get_update_sysctl_factor. */
  readonly #factor: number

  constructor(cpus: number) {
    this.#factor = 1 + Math.floor(Math.log2(Math.min(cpus, 8)))
    this.#queues = Array.from({ length: cpus }, () => ({
      tasks: [],
      realtime: [],
      minVruntime: 0,
      next: null,
    }))
  }

  enqueue(task: CpuTask, woken: boolean): void {
    const queue = this.#queue(task.cpu)
    if (task.realtime) {
      queue.realtime.push(task)
      return
    }
    // place_entity: a sleeper gets half of a latency ahead, but keeps what it has had lately.
    if (woken) {
      task.vruntime = Math.max(task.vruntime, queue.minVruntime - (LATENCY * this.#factor) / 2)
    }
    insert(queue.tasks, task)
  }

  pick(cpu: number, by = cpu): CpuTask | null {
    const queue = this.#queue(cpu)
    const { tasks, realtime, next } = queue
    const first = placeOf(realtime, cpu, by)
    if (first >= 0) return realtime.splice(first, 1)[0] ?? null
    const place = placeOf(tasks, cpu, by)
    const left = tasks[place]
    if (left === undefined) return null
    queue.next = null
    const isNext = next !== null && next !== left && next.cpu === cpu && mayRunOn(next, by)
    if (isNext && !this.#preempts(left, next)) {
      const at = tasks.indexOf(next)
      if (at > 0) {
        tasks.splice(at, 1)
        return next
      }
    }
    tasks.splice(place, 1)
    return left
  }

  queued(cpu: number): number {
    const { tasks, realtime } = this.#queue(cpu)
    return tasks.length + realtime.length
  }

  charge(task: CpuTask, time: number): void {
    if (task.realtime) return
    task.vruntime += time
    const queue = this.#queue(task.cpu)
    const [left] = queue.tasks
    const least = left === undefined ? task.vruntime : Math.min(task.vruntime, left.vruntime)
    queue.minVruntime = Math.max(queue.minVruntime, least)
  }

  preempts(woken: CpuTask, running: CpuTask): boolean {
    if (running.realtime) return false
    if (woken.realtime) return true
    if (!this.#preempts(woken, running)) return false
    this.#queue(woken.cpu).next = woken
    return true
  }

  /** check_preempt_tick. */
  expired(running: CpuTask, now: number): boolean {
    if (running.realtime) return false
    const queue = this.#queue(running.cpu)
    const tasks = queue.tasks.length + 1
    const period =
      tasks > NR_LATENCY ? tasks * MIN_GRANULARITY * this.#factor : LATENCY * this.#factor
    const ideal = period / tasks
    const ran = now - running.since
    if (ran > ideal) return true
    if (ran < MIN_GRANULARITY * this.#factor) return false
    const [left] = queue.tasks
    return left !== undefined && running.vruntime - left.vruntime > ideal
  }

  /** wakeup_preempt_entity. */
  #preempts(woken: CpuTask, running: CpuTask): boolean {
    return running.vruntime - woken.vruntime > WAKEUP_GRANULARITY * this.#factor
  }

  #queue(cpu: number): Queue {
    const queue = this.#queues[cpu]
    if (queue === undefined) throw new RangeError(`there is no CPU ${cpu}`)
    return queue
  }
}

/** The place of the first task on a queue that may run on a CPU, -1 for none: on the CPU that the queue is of, all may. */
function placeOf(tasks: readonly CpuTask[], of: number, by: number): number {
  if (of === by) return tasks.length > 0 ? 0 : -1
  return tasks.findIndex((task) => mayRunOn(task, by))
}

/** Puts a task where its vruntime belongs. */
function insert(tasks: CpuTask[], task: CpuTask): void {
  const { vruntime } = task
  let at = tasks.length
  while (at > 0 && (tasks[at - 1] as CpuTask).vruntime > vruntime) at--
  if (at === tasks.length) tasks.push(task)
  else tasks.splice(at, 0, task)
}
