/** Accounting: what becomes of tasks goes to pressure stall information, and what they wait for to their delays. */
import type { Clock, CpuObserver, CpuTask } from '@scopemask/checker/live'
import { Task } from '../task.js'
import type { Psi } from './psi.js'

export class Accounting implements CpuObserver {
  readonly #clock: Clock
  readonly #psi: Psi
  /** By CPU: who runs there. */
  readonly #running: (CpuTask | null)[]

  constructor(clock: Clock, psi: Psi, cpus: number) {
    this.#clock = clock
    this.#psi = psi
    this.#running = new Array<CpuTask | null>(cpus).fill(null)
  }

  woken(task: CpuTask, cpu: number): void {
    this.#psi.woken(task, cpu)
    if (!(task instanceof Task)) return
    task.delays.waited(task.reason, this.#since(task))
  }

  slept(task: CpuTask): void {
    this.#psi.slept(task)
    this.#running[task.cpu] = null
    if (task instanceof Task) task.stateSince = this.#clock.now
  }

  switched(cpu: number, task: CpuTask | null): void {
    this.#psi.switched(cpu, task)
    const before = this.#running[cpu]
    if (before === task) return
    this.#running[cpu] = task
    if (before instanceof Task) before.stateSince = this.#clock.now
    if (task instanceof Task) task.delays.delayed(this.#since(task))
  }

  moved(task: CpuTask, cpu: number): void {
    this.#psi.moved(task, cpu)
  }

  /** For how long a task was what it is no more. */
  #since(task: Task): number {
    const { now } = this.#clock
    const time = now - task.stateSince
    task.stateSince = now
    return time
  }
}
