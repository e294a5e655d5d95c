/**
 * Timeline: who ran where, who waited for what, what the disk did and who reclaimed, slice by slice. It is kept only where somebody
 * wants to see it; it changes nothing. When it is full it keeps what it has: the beginning of a run.
 */
import type { Clock, CpuObserver, CpuTask } from '@scopemask/checker/live'
import type { Stall } from '../memory/stalls.js'
import { WaitReason } from '../sched/wait-reason.js'

/** Times are ns since the run began. */
export interface TimeSlice {
  readonly from: number
  readonly to: number
}

export interface RunSlice extends TimeSlice {
  readonly task: string
  readonly cpu: number
}

export interface WaitSlice extends TimeSlice {
  readonly task: string
  readonly reason: WaitReason
}

export interface DiskSlice extends TimeSlice {
  readonly write: boolean
  readonly bytes: number
}

export interface ReclaimSlice extends TimeSlice {
  readonly task: string
  readonly gfp: number
  /** Pages. */
  readonly reclaimed: number
}

/** Slices of all kinds. */
const MOST = 300_000

export class Timeline implements CpuObserver {
  readonly runs: RunSlice[] = []
  readonly waits: WaitSlice[] = []
  readonly disk: DiskSlice[] = []
  readonly reclaims: ReclaimSlice[] = []
  /** When it was full, ns since the run began; Infinity as long as it is not. */
  fullAt = Number.POSITIVE_INFINITY
  /** How many CPUs there are. */
  readonly cpus: number
  readonly #clock: Clock
  readonly #began: number
  /** Is told the same. */
  readonly #next: CpuObserver | null
  /** By CPU: who runs there, and since when. */
  readonly #running: ({ readonly task: CpuTask; readonly from: number } | null)[]
  readonly #asleep = new Map<CpuTask, number>()
  #diskFree = 0

  /** It begins now. */
  constructor(clock: Clock, cpus: number, next: CpuObserver | null) {
    this.cpus = cpus
    this.#clock = clock
    this.#began = clock.now
    this.#next = next
    this.#running = Array.from({ length: cpus }, () => null)
  }

  woken(task: CpuTask, cpu: number): void {
    this.#next?.woken(task, cpu)
    const from = this.#asleep.get(task)
    this.#asleep.delete(task)
    const reason: WaitReason = task.reason
    if (from !== undefined && reason !== WaitReason.NONE && this.#hasRoom()) {
      this.waits.push({ task: task.name, reason, from, to: this.#now })
    }
  }

  slept(task: CpuTask): void {
    this.#next?.slept(task)
    this.#ends(task.cpu)
    this.#asleep.set(task, this.#now)
  }

  switched(cpu: number, task: CpuTask | null): void {
    this.#next?.switched(cpu, task)
    if (this.#running[cpu]?.task === task) return
    this.#ends(cpu)
    if (task !== null) this.#running[cpu] = { task, from: this.#now }
  }

  moved(task: CpuTask, cpu: number): void {
    this.#next?.moved(task, cpu)
  }

  /** The disk has served a request, which it accepted so long ago. It serves one after the other. */
  served(request: { readonly write: boolean; readonly bytes: number }, latency: number): void {
    const to = this.#now
    const from = Math.max(this.#diskFree, to - latency, 0)
    this.#diskFree = to
    if (this.#hasRoom()) this.disk.push({ ...request, from, to })
  }

  /** A request has reclaimed, and is done with it. */
  reclaimed({ task, gfp, time, reclaimed }: Stall): void {
    const to = this.#now
    if (this.#hasRoom()) {
      this.reclaims.push({ task, gfp, reclaimed, from: Math.max(0, to - time), to })
    }
  }

  get #now(): number {
    return this.#clock.now - this.#began
  }

  #ends(cpu: number): void {
    const before = this.#running[cpu]
    this.#running[cpu] = null
    if (before == null || before.from === this.#now || !this.#hasRoom()) return
    this.runs.push({ task: before.task.name, cpu, from: before.from, to: this.#now })
  }

  #hasRoom(): boolean {
    if (this.fullAt < Number.POSITIVE_INFINITY) return false
    const slices = this.runs.length + this.waits.length + this.disk.length + this.reclaims.length
    if (slices < MOST) return true
    this.fullAt = this.#now
    return false
  }
}
