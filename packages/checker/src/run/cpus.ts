/**
 * CPUs: live tasks that share processors. A number that a task yields is processor time; the task can be taken off its CPU where it
 * yields, not in between, as kernel code can at its resched points. Who runs when, and for how long, is said by a scheduler.
 */
import type { Clock } from './clock.js'
import { Earliest } from './earliest.js'
import { type LiveSteps, WAIT } from './live.js'

/** Where a task is. */
export enum TaskState {
  /** It waits to be woken. */
  WAITING = 0,
  /** It is on the queue of its CPU. */
  RUNNABLE = 1,
  /** It has a CPU. */
  RUNNING = 2,
  /** Its generator has returned. */
  DONE = 3,
}

/** A task that needs processor time. */
export class CpuTask {
  /** What it is called in errors and reports. */
  readonly name: string
  /** Where it is now. */
  state = TaskState.WAITING
  /** Where it runs, or ran last. */
  cpu = 0
  /** Where it may run, by CPU (its affinity); null for everywhere. It is set before the task is started. */
  allowed: readonly boolean[] | null = null
  /** Processor time that it has had. */
  cpuTime = 0
  /** How often it has been taken off its CPU, though it could go on. */
  preempted = 0
  /** The scheduler's: it goes before all that are not. */
  realtime = false
  /** The scheduler's: how much it has had, by its weight. */
  vruntime = 0
  /** The scheduler's: when it was put on its CPU. */
  since = 0
  /** What its next step is given. */
  answer = 0
  /** What it waits for, by numbers of whoever runs it: it says so before it yields WAIT. 0 once it is woken. */
  reason = 0
  /** Its code: it yields how much processor time it takes, in the unit of the clock, or WAIT. */
  steps: Pick<LiveSteps, 'next'>

  constructor(name: string, steps: Pick<LiveSteps, 'next'>) {
    this.name = name
    this.steps = steps
  }
}

/** Who runs when. Queues are the scheduler's; a running task is on none. */
export interface Scheduler {
  /** A task has become runnable, or is put back. `woken`: it has waited. */
  enqueue(task: CpuTask, woken: boolean): void
  /**
   * Takes the next task off the queue of a CPU; null when it is empty.
   * @param by the CPU that will run it, which a task has to be allowed on: see {@link mayRunOn}. By default the queue's own, where all are
   */
  pick(cpu: number, by?: number): CpuTask | null
  /** The tasks on the queue of a CPU. */
  queued(cpu: number): number
  /** A task has run for so long. */
  charge(task: CpuTask, time: number): void
  /** Returns true if a task that was woken takes the CPU from the running one. */
  preempts(woken: CpuTask, running: CpuTask): boolean
  /** At each tick while others wait: returns true if the running task has had its share. */
  expired(running: CpuTask, now: number): boolean
}

/** Is told what becomes of tasks: for accounting. It changes nothing. */
export interface CpuObserver {
  /** A task that waited is runnable from now on, on the queue of a CPU; it was on `task.cpu` before. Its reason is still there. */
  woken(task: CpuTask, cpu: number): void
  /** The task that ran waits from now on, for its reason, or is done. */
  slept(task: CpuTask): void
  /** A CPU goes to another task, or to none. */
  switched(cpu: number, task: CpuTask | null): void
  /** A runnable task goes from `task.cpu` to the queue of another CPU. */
  moved(task: CpuTask, cpu: number): void
}

/** Returns true if the affinity of a task has a CPU. */
export function mayRunOn({ allowed }: CpuTask, cpu: number): boolean {
  return allowed === null || allowed[cpu] === true
}

interface Cpu {
  readonly index: number
  running: CpuTask | null
  /** Up to when it has been charged. */
  charged: number
  needResched: boolean
  ticking: boolean
  idle: number
}

/** Processors, the tasks that share them, and what they were used for. */
export class Cpus {
  /** The time that they run in. */
  readonly clock: Clock
  /** The time between two ticks, in the unit of the clock. */
  readonly tick: number
  readonly #scheduler: Scheduler
  readonly #cpus: readonly Cpu[]
  /** By CPU: which others are near. */
  readonly #domains: readonly number[]
  /** By CPU: when what its running task does is over. */
  readonly #ends: Earliest
  readonly #tasks: CpuTask[] = []
  /** Tasks on queues, in all. */
  #queued = 0
  /** The CPU whose task does a step; null between steps. */
  #current: Cpu | null = null
  /** While it does: when another CPU is due, and up to when {@link run} goes. */
  #others = Number.POSITIVE_INFINITY
  #until = 0
  readonly #onTick = (index: number): void => this.#ticks(this.#cpus[index] as Cpu)
  /** How often a CPU has gone from one task to another. */
  switches = 0
  /** Steps of tasks. */
  steps = 0
  /** Is told what happens on the processors; null while nobody watches. */
  observer: CpuObserver | null = null

  /**
   * CPUs of one domain share a cache: a task that wakes stays among them, and a CPU that would be idle helps them first. By default all are of one.
   * @param tick the time between two ticks, at multiples of which running tasks are looked at
   */
  constructor(
    clock: Clock,
    scheduler: Scheduler,
    {
      cpus,
      tick,
      domains = new Array<number>(cpus).fill(0),
    }: { readonly cpus: number; readonly tick: number; readonly domains?: readonly number[] },
  ) {
    this.clock = clock
    this.tick = tick
    this.#scheduler = scheduler
    this.#ends = new Earliest(cpus)
    this.#domains = domains
    this.#cpus = Array.from({ length: cpus }, (_, index) => ({
      index,
      running: null,
      charged: 0,
      needResched: false,
      ticking: false,
      idle: 0,
    }))
  }

  /** How many there are. */
  get count(): number {
    return this.#cpus.length
  }

  /** The tasks that were started, in that order; those that have ended are among them. */
  get tasks(): readonly CpuTask[] {
    return this.#tasks
  }

  /** The task that runs on a CPU. */
  running(cpu: number): CpuTask | null {
    return this.#cpus[cpu]?.running ?? null
  }

  /**
   * Starts a task: it is runnable now, on an idle CPU if there is one.
   * @throws RangeError for a task that may run nowhere
   */
  start(task: CpuTask): void {
    if (!this.#cpus.some(({ index }) => mayRunOn(task, index))) {
      throw new RangeError(`${task.name} may run on none of the CPUs 0 to ${this.count - 1}`)
    }
    this.#tasks.push(task)
    this.#wakeOn(task, 0, this.#placeOfNew(task))
  }

  /**
   * Makes a task that waits runnable.
   * @returns false when it does not wait: nothing has changed.
   */
  wake(task: CpuTask, answer = 0): boolean {
    if (task.state !== TaskState.WAITING) return false
    this.#wakeOn(task, answer, this.#place(task))
    return true
  }

  #wakeOn(task: CpuTask, answer: number, cpu: Cpu): void {
    task.answer = answer
    task.state = TaskState.RUNNABLE
    this.#charge(cpu)
    this.observer?.woken(task, cpu.index)
    task.reason = 0
    task.cpu = cpu.index
    this.#scheduler.enqueue(task, true)
    this.#queued++
    if (cpu.running === null) {
      // It starts when whatever is happening now has happened.
      const ends = this.#ends
      if (ends.at(cpu.index) > this.clock.now) ends.set(cpu.index, this.clock.now)
      this.#others = this.clock.now
      return
    }
    if (this.#scheduler.preempts(task, cpu.running)) cpu.needResched = true
    this.#tickSoon(cpu)
  }

  /**
   * Lets time pass for the task that does a step, as if it had yielded it, where nothing else can happen meanwhile: no event, no other
   * CPU, nobody who is to have this one. A yield goes through all generators that a task is in; this does not.
   * @returns false where something can happen, or no step is under way: nothing has changed, and the task yields the time
   */
  passes(time: number): boolean {
    const { clock } = this
    const cpu = this.#current
    const end = clock.now + time
    if (cpu === null || cpu.needResched || !(end < this.#others)) return false
    if (!(end < clock.next) || end > this.#until || !(time >= 0)) return false
    clock.now = end
    this.steps++
    return true
  }

  /** Runs until a time. Returns false when nothing can happen any more: no task runs and no event is to come. */
  run(until: number): boolean {
    const { clock } = this
    const cpus = this.#cpus
    const ends = this.#ends
    this.#until = until
    for (;;) {
      const end = ends.time
      const event = clock.next
      if (event <= end) {
        if (event > until) break
        clock.step()
      } else {
        if (end > until) break
        clock.now = end
        const first = ends.first()
        this.#others = ends.others
        this.#advance(cpus[first] as Cpu)
      }
    }
    const alive = clock.pending > 0 || ends.time !== Number.POSITIVE_INFINITY
    if (alive && clock.now < until) clock.now = until
    return alive
  }

  /** The processor time that a task has had up to now, with what it is having. */
  timeOf(task: CpuTask): number {
    const cpu = this.#cpus[task.cpu] as Cpu
    return task.cpuTime + (cpu.running === task ? this.clock.now - cpu.charged : 0)
  }

  /** What a CPU has not been used for, in all. */
  idleTime(cpu: number): number {
    const each = this.#cpus[cpu]
    if (each === undefined) throw new RangeError(`CPUs are 0 to ${this.#cpus.length - 1}`)
    return each.idle + (each.running === null ? this.clock.now - each.charged : 0)
  }

  /** What a task did is over: it, or another, goes on. */
  #advance(cpu: Cpu): void {
    if (cpu.running === null || cpu.needResched) this.#reschedule(cpu)
    const task = cpu.running
    if (task === null) return
    this.steps++
    const { answer } = task
    task.answer = 0
    this.#current = cpu
    const step = task.steps.next(answer)
    this.#current = null
    if (step.done !== true && step.value >= 0) {
      this.#ends.set(cpu.index, this.clock.now + step.value)
      return
    }
    this.#charge(cpu)
    if (step.done === true) task.state = TaskState.DONE
    else if (step.value === WAIT) task.state = TaskState.WAITING
    else throw new RangeError(`${task.name} yields a duration or WAIT, not ${step.value}`)
    this.observer?.slept(task)
    cpu.running = null
    this.#reschedule(cpu)
  }

  #reschedule(cpu: Cpu): void {
    this.#charge(cpu)
    cpu.needResched = false
    const before = cpu.running
    if (before !== null) {
      before.state = TaskState.RUNNABLE
      this.#scheduler.enqueue(before, false)
      this.#queued++
    }
    const next = this.#queued === 0 ? null : (this.#scheduler.pick(cpu.index) ?? this.#steal(cpu))
    if (next !== null) this.#queued--
    cpu.running = next
    this.observer?.switched(cpu.index, next)
    if (next === null) {
      this.#ends.set(cpu.index, Number.POSITIVE_INFINITY)
      return
    }
    if (next !== before) {
      this.switches++
      if (before !== null) before.preempted++
      next.since = this.clock.now
    }
    next.state = TaskState.RUNNING
    next.cpu = cpu.index
    this.#ends.set(cpu.index, this.clock.now)
    this.#tickSoon(cpu)
  }

  #charge(cpu: Cpu): void {
    const time = this.clock.now - cpu.charged
    cpu.charged = this.clock.now
    if (time === 0) return
    if (cpu.running === null) {
      cpu.idle += time
      return
    }
    cpu.running.cpuTime += time
    this.#scheduler.charge(cpu.running, time)
  }

  /** The CPU for a task that wakes: its own if that is idle, another idle one that is near, else its own. */
  #place(task: CpuTask): Cpu {
    const own = this.#cpus[task.cpu] as Cpu
    if (this.#cpus.length === 1 || this.#isIdle(own)) return own
    const domain = this.#domains[own.index]
    const near = this.#cpus.find(
      (cpu) =>
        this.#domains[cpu.index] === domain && this.#isIdle(cpu) && mayRunOn(task, cpu.index),
    )
    return near ?? own
  }

  /** The CPU for a new task: the first one if that is idle, another idle one anywhere, else the first one that it may run on. */
  #placeOfNew(task: CpuTask): Cpu {
    const may = this.#cpus.filter(({ index }) => mayRunOn(task, index))
    return may.find((cpu) => this.#isIdle(cpu)) ?? (may[0] as Cpu)
  }

  #isIdle(cpu: Cpu): boolean {
    return cpu.running === null && this.#scheduler.queued(cpu.index) === 0
  }

  /** A CPU that would be idle takes a task from the one with the most, of those that are near if they have any. */
  #steal(cpu: Cpu): CpuTask | null {
    let from = -1
    let most = 0
    let isNear = false
    const domain = this.#domains[cpu.index]
    for (let other = 0; other < this.#cpus.length; other++) {
      const queued = this.#scheduler.queued(other)
      const near = this.#domains[other] === domain
      if (queued === 0 || (isNear && !near) || (queued <= most && near === isNear)) continue
      most = queued
      isNear = near
      from = other
    }
    if (from < 0) return null
    return this.#stealFrom(cpu, from) ?? this.#stealAnywhere(cpu)
  }

  #stealFrom(cpu: Cpu, other: number): CpuTask | null {
    const task = this.#scheduler.pick(other, cpu.index)
    if (task === null) return null
    this.observer?.moved(task, cpu.index)
    task.cpu = cpu.index
    this.#scheduler.enqueue(task, false)
    return this.#scheduler.pick(cpu.index)
  }

  /** The one with the most has none that may run here: the others are asked in their order. */
  #stealAnywhere(cpu: Cpu): CpuTask | null {
    for (let other = 0; other < this.#cpus.length; other++) {
      const task = this.#scheduler.queued(other) > 0 ? this.#stealFrom(cpu, other) : null
      if (task !== null) return task
    }
    return null
  }

  /** Ticks matter only while somebody waits for a CPU that is taken. */
  #tickSoon(cpu: Cpu): void {
    if (cpu.ticking || cpu.running === null || this.#scheduler.queued(cpu.index) === 0) return
    cpu.ticking = true
    const { tick, clock } = this
    clock.at((Math.floor(clock.now / tick) + 1) * tick, this.#onTick, cpu.index)
  }

  #ticks(cpu: Cpu): void {
    cpu.ticking = false
    if (cpu.running === null || this.#scheduler.queued(cpu.index) === 0) return
    this.#charge(cpu)
    if (this.#scheduler.expired(cpu.running, this.clock.now)) cpu.needResched = true
    this.#kickIdle()
    this.#tickSoon(cpu)
  }

  /** While some wait, CPUs that are idle look for work at each tick (nohz_balancer_kick): they are far, or not all may run there. */
  #kickIdle(): void {
    for (const cpu of this.#cpus) {
      if (!this.#isIdle(cpu)) continue
      this.#ends.set(cpu.index, Math.min(this.#ends.at(cpu.index), this.clock.now))
    }
  }
}
