/**
 * PSI: pressure stall information (kernel/sched/psi.c, 6.1.192): for how long some tasks, or all that could do something, were kept from
 * it by the lack of CPUs, of memory, or of I/O.
 *
 * Each CPU counts its tasks by what they are at; what follows from the counts is a set of states, and the time in each is summed up. The
 * CPUs' times are added up by how much they were in use (collect_percpu_times), and averaged every 2 s (calc_avgs).
 */
import type { Clock, CpuObserver, CpuTask } from '@scopemask/checker/live'
import { Task } from '../task.js'
import { HZ, JIFFY } from '../time.js'
import { isIoWait } from './wait-reason.js'

export type PressureResource = 'cpu' | 'memory' | 'io'

/** A line of a file in /proc/pressure. */
export interface PressureLine {
  /** Per cent of the time, averaged over 10, 60 and 300 s: two decimals, cut off as the kernel prints them. */
  readonly avg10: number
  readonly avg60: number
  readonly avg300: number
  /** ns. */
  readonly total: number
}

export interface Pressure {
  /** Some task was kept from going on. */
  readonly some: PressureLine
  /** All tasks were that could do something. Of the CPU that is 0 for a whole system, by definition. */
  readonly full: PressureLine
}

/** What tasks are at (enum psi_task_count), by CPU. */
const IOWAIT = 0
const MEMSTALL = 1
const RUNNING = 2
const MEMSTALL_RUNNING = 3
const COUNTS = 4

/** enum psi_states. */
export enum PsiState {
  IO_SOME = 0,
  IO_FULL = 1,
  MEM_SOME = 2,
  MEM_FULL = 3,
  CPU_SOME = 4,
  CPU_FULL = 5,
  NONIDLE = 6,
}
const STATES = 7

const SOME: Readonly<Record<PressureResource, PsiState>> = {
  cpu: PsiState.CPU_SOME,
  memory: PsiState.MEM_SOME,
  io: PsiState.IO_SOME,
}

/** psi_period: PSI_FREQ is 2 * HZ + 1 jiffies. */
const PERIOD = (2 * HZ + 1) * JIFFY
/** Fixed point of averages, and e^(-2 s / 10, 60 and 300 s) in it (EXP_10s, EXP_60s, EXP_300s). */
const FIXED_BITS = 11
const FIXED_1 = 1 << FIXED_BITS
const DECAY = [1677, 1981, 2034] as const

/** The times of all CPUs as one reader of them knows them: what has been added since it last looked is weighed by the CPUs' use. */
class Totals {
  readonly total = new Float64Array(STATES)
  readonly #seen: Float64Array
  readonly #deltas = new Float64Array(STATES)
  /** ns in which the use of a CPU is counted: a jiffy in the kernel, 1 where nothing may be lost. */
  readonly #unit: number

  constructor(cpus: number, unit: number) {
    this.#seen = new Float64Array(cpus * STATES)
    this.#unit = unit
  }

  /** collect_percpu_times. */
  collect(times: Float64Array): void {
    const deltas = this.#deltas.fill(0)
    let inUse = 0
    for (let at = 0; at < times.length; at += STATES) {
      const nonidle = at + PsiState.NONIDLE
      const weight = Math.floor(
        ((times[nonidle] as number) - (this.#seen[nonidle] as number)) / this.#unit,
      )
      inUse += weight
      for (let state = 0; state < PsiState.NONIDLE; state++) {
        const delta = (times[at + state] as number) - (this.#seen[at + state] as number)
        deltas[state] = (deltas[state] as number) + delta * weight
      }
    }
    this.#seen.set(times)
    for (let state = 0; state < PsiState.NONIDLE; state++) {
      const time = Math.floor((deltas[state] as number) / Math.max(inUse, 1))
      this.total[state] = (this.total[state] as number) + time
    }
  }
}

export class Psi implements CpuObserver {
  readonly #clock: Clock
  readonly #counts: Int32Array
  /** By CPU: who runs there. */
  readonly #running: (CpuTask | null)[]
  /** By CPU: 1 when the task that ran has gone to sleep, and no other runs yet. */
  readonly #asleep: Uint8Array
  /** By CPU: the states that it is in, as bits, and since when. */
  readonly #states: Uint8Array
  readonly #since: Float64Array
  /** By CPU and state, ns. */
  readonly #times: Float64Array
  readonly #cpus: number
  /** What averages and totals of /proc/pressure are made of, and the same without their rounding. */
  readonly #kernel: Totals
  readonly #exact: Totals
  /** By state and span: per cent in fixed point. */
  readonly #averages = new Float64Array(STATES * DECAY.length)
  readonly #averaged = new Float64Array(STATES)
  #lastUpdate = 0
  #nextUpdate = PERIOD

  constructor(clock: Clock, cpus: number) {
    this.#clock = clock
    this.#cpus = cpus
    this.#counts = new Int32Array(cpus * COUNTS)
    this.#running = new Array<CpuTask | null>(cpus).fill(null)
    this.#asleep = new Uint8Array(cpus)
    this.#states = new Uint8Array(cpus)
    this.#since = new Float64Array(cpus)
    this.#times = new Float64Array(cpus * STATES)
    this.#kernel = new Totals(cpus, JIFFY)
    this.#exact = new Totals(cpus, 1)
    this.#averageSoon()
  }

  /**
   * The running task is kept by the lack of memory from now on (psi_memstall_enter).
   * @returns true if it was so before: then leave() is told so, and does nothing
   */
  enter(task: Task): boolean {
    if (task.memstall) return true
    task.memstall = true
    this.#change(task.cpu, MEMSTALL, 1, MEMSTALL_RUNNING, 1)
    return false
  }

  /** It goes on (psi_memstall_leave). */
  leave(task: Task, before: boolean): void {
    if (before) return
    task.memstall = false
    this.#change(task.cpu, MEMSTALL, -1, MEMSTALL_RUNNING, -1)
  }

  woken(task: CpuTask, cpu: number): void {
    if (isIoWait(task.reason)) this.#change(task.cpu, IOWAIT, -1)
    this.#change(cpu, RUNNING, 1)
    if (!(task instanceof Task) || !task.memstall) return
    this.#change(task.cpu, MEMSTALL, -1)
    this.#change(cpu, MEMSTALL, 1, MEMSTALL_RUNNING, 1)
  }

  slept(task: CpuTask): void {
    const { cpu } = task
    this.#record(cpu)
    this.#count(cpu, RUNNING, -1)
    if (isIoWait(task.reason)) this.#count(cpu, IOWAIT, 1)
    if (task instanceof Task && task.memstall) this.#count(cpu, MEMSTALL_RUNNING, -1)
    this.#asleep[cpu] = 1
  }

  /** psi_task_switch: as long as the CPU is in use, and nobody goes to sleep, its states are left as they are. */
  switched(cpu: number, task: CpuTask | null): void {
    const inUse = this.#running[cpu] !== null && task !== null && this.#asleep[cpu] === 0
    this.#record(cpu)
    this.#running[cpu] = task
    this.#asleep[cpu] = 0
    if (!inUse) this.#states[cpu] = this.#statesOf(cpu)
  }

  moved(task: CpuTask, cpu: number): void {
    this.#change(task.cpu, RUNNING, -1)
    this.#change(cpu, RUNNING, 1)
    if (!(task instanceof Task) || !task.memstall) return
    this.#change(task.cpu, MEMSTALL, -1, MEMSTALL_RUNNING, -1)
    this.#change(cpu, MEMSTALL, 1, MEMSTALL_RUNNING, 1)
  }

  /** What the file of a resource in /proc/pressure says now (psi_show). */
  pressure(resource: PressureResource): Pressure {
    this.#collect(this.#kernel)
    if (this.#clock.now >= this.#nextUpdate) this.#average()
    const some = SOME[resource]
    const nobody = { avg10: 0, avg60: 0, avg300: 0, total: 0 }
    return { some: this.#line(some), full: resource === 'cpu' ? nobody : this.#line(some + 1) }
  }

  /** For how long each state has lasted, ns: by PsiState. It is the same array each time. */
  exactTotals(): Float64Array {
    this.#collect(this.#exact)
    return this.#exact.total
  }

  #line(state: PsiState): PressureLine {
    const percent = (span: number): number => {
      const average = this.#averages[state * DECAY.length + span] as number
      const whole = average >> FIXED_BITS
      return whole + (((average & (FIXED_1 - 1)) * 100) >> FIXED_BITS) / 100
    }
    const total = this.#kernel.total[state] as number
    return { avg10: percent(0), avg60: percent(1), avg300: percent(2), total }
  }

  #collect(totals: Totals): void {
    for (let cpu = 0; cpu < this.#cpus; cpu++) this.#record(cpu)
    totals.collect(this.#times)
  }

  /** psi_avgs_work: it is a delayed work, which runs at the jiffy after it is due. */
  #averageSoon(): void {
    const { now } = this.#clock
    const jiffies = Math.floor((this.#nextUpdate - now) / JIFFY) + 1
    this.#clock.at((Math.floor(now / JIFFY) + jiffies) * JIFFY, () => {
      this.#collect(this.#kernel)
      if (this.#clock.now >= this.#nextUpdate) this.#average()
      this.#averageSoon()
    })
  }

  /** update_averages. The kernel stops averaging when nothing runs, and counts what it has missed; here it always goes on. */
  #average(): void {
    const { now } = this.#clock
    const { total } = this.#kernel
    const period = now - this.#lastUpdate
    this.#nextUpdate += PERIOD
    this.#lastUpdate = now
    for (let state = 0; state < PsiState.NONIDLE; state++) {
      const before = this.#averaged[state] as number
      const time = Math.min((total[state] as number) - before, period)
      this.#averaged[state] = before + time
      const percent = Math.floor((time * 100) / period) * FIXED_1
      for (let span = 0; span < DECAY.length; span++) {
        const at = state * DECAY.length + span
        this.#averages[at] = load(this.#averages[at] as number, DECAY[span] as number, percent)
      }
    }
  }

  /** Changes one count of a CPU, or two (psi_group_change). */
  #change(cpu: number, count: number, by: number, other = -1, byOther = 0): void {
    this.#record(cpu)
    this.#count(cpu, count, by)
    if (other >= 0) this.#count(cpu, other, byOther)
    this.#states[cpu] = this.#statesOf(cpu)
  }

  #count(cpu: number, count: number, by: number): void {
    const at = cpu * COUNTS + count
    this.#counts[at] = (this.#counts[at] as number) + by
  }

  /** record_times. */
  #record(cpu: number): void {
    const { now } = this.#clock
    const time = now - (this.#since[cpu] as number)
    if (time === 0) return
    this.#since[cpu] = now
    const states = this.#states[cpu] as number
    if (states === 0) return
    for (let state = 0, at = cpu * STATES; state < STATES; state++, at++) {
      if ((states & (1 << state)) !== 0) this.#times[at] = (this.#times[at] as number) + time
    }
  }

  /**
   * test_state, for all states. Nothing useful runs on a CPU whose task is kept by the lack of memory, whoever else is runnable there:
   * that counts as all (psi_group_change).
   */
  #statesOf(cpu: number): number {
    const at = cpu * COUNTS
    const counts = this.#counts
    const iowait = (counts[at + IOWAIT] as number) > 0
    const memstall = (counts[at + MEMSTALL] as number) > 0
    const running = counts[at + RUNNING] as number
    const current = this.#running[cpu] ?? null
    const onCpu = current === null ? 0 : 1
    const reclaims = current instanceof Task && current.memstall
    let states = 0
    if (iowait) {
      states |= 1 << PsiState.IO_SOME
      if (running === 0) states |= 1 << PsiState.IO_FULL
    }
    if (memstall) {
      states |= 1 << PsiState.MEM_SOME
      if (reclaims || running === counts[at + MEMSTALL_RUNNING]) states |= 1 << PsiState.MEM_FULL
    }
    if (running > onCpu) states |= 1 << PsiState.CPU_SOME
    if (running > 0 && onCpu === 0) states |= 1 << PsiState.CPU_FULL
    if (iowait || memstall || running > 0) states |= 1 << PsiState.NONIDLE
    return states
  }
}

/** calc_load (include/linux/sched/loadavg.h). */
function load(before: number, decay: number, active: number): number {
  const sum = before * decay + active * (FIXED_1 - decay)
  return Math.floor((sum + (active >= before ? FIXED_1 - 1 : 0)) / FIXED_1)
}
