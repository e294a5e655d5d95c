/** Situations: what holds for tasks and items in a state, as facts, for whoever studies one. */
import type { Machine, MachineObject, Row, Task } from '@scopemask/checker/machine'
import type { Situation } from './intervention.js'
import type { Memory } from './memory/memory.js'
import type { Current } from './task/current.js'
import type { Process } from './task/process.js'
import type { Waits } from './task/waits.js'
import type { Item, Workqueues } from './work/workqueues.js'

/** A lock that is held by a task until the task drops it. */
interface HeldLock {
  readonly object: MachineObject
  isHeldBy(row: Row, task: number): boolean
}

/** Whom situations ask. */
interface SituationsOptions {
  readonly machine: Machine
  readonly memory: Memory
  readonly current: Current
  readonly waits: Waits
  readonly workqueues: Workqueues
}

export class Situations {
  readonly #machine: Machine
  readonly #current: Current
  readonly #waits: Waits
  readonly #workqueues: Workqueues
  readonly memory: Pick<Memory, 'isCounted' | 'isMonotone' | 'dependsOn'>
  readonly #locks: HeldLock[] = []
  readonly #processes: Process[] = []
  readonly #servants = new Set<number>()
  readonly #rescuers = new Set<number>()

  constructor({ machine, memory, current, waits, workqueues }: SituationsOptions) {
    this.#machine = machine
    this.memory = memory
    this.#current = current
    this.#waits = waits
    this.#workqueues = workqueues
  }

  addLock(lock: HeldLock): void {
    this.#locks.push(lock)
  }

  addProcess(process: Process): void {
    this.#processes.push(process)
  }

  /** Says that a thread works for everybody: kswapd, kthreadd, a worker. */
  servesAll(task: Task): void {
    this.#servants.add(task.index)
  }

  addRescuer(task: Task): void {
    this.#rescuers.add(task.index)
  }

  isRescuer(task: number): boolean {
    return this.#rescuers.has(task)
  }

  /** The locks that tasks hold, and the tasks that do not work for everybody. */
  get locks(): MachineObject[] {
    return this.#locks.map(({ object }) => object)
  }

  get tasks(): Task[] {
    return this.#machine.tasks.filter(({ index }) => !this.#servants.has(index))
  }

  get works(): readonly MachineObject[] {
    return this.#workqueues.works
  }

  get queuesWithoutRescuer(): readonly MachineObject[] {
    return this.#workqueues.queuesWithoutRescuer
  }

  /** What holds for a task. */
  of(row: Row, task: number): Situation {
    const locks: number[] = []
    for (const lock of this.#locks) if (lock.isHeldBy(row, task)) locks.push(lock.object.kin)
    return {
      task: this.#machine.tasks[task]?.kin ?? -1,
      work: this.#workqueues.running(row, task)?.object.kin ?? null,
      locks,
    }
  }

  /** Returns true if a thread works for everybody, so that nobody would restrict all that it does. */
  serves(task: number): boolean {
    return this.#servants.has(task)
  }

  /** Returns true if any restriction is in force for a task. */
  isRestricted(row: Row, task: number): boolean {
    return this.#current.isRestricted(row, task)
  }

  /** Where all items are. */
  items(row: Row): readonly Item[] {
    return this.#workqueues.items(row)
  }

  /** The tasks whose restrictions hold for a task while they wait for it: under inherit-on-wait. */
  waitersOf(row: Row, task: number): readonly number[] {
    return this.#waits.waitersOf(row, task)
  }

  /** The processes that were forked and have not begun yet, by the number of their task. */
  forked(row: Row): number[] {
    return this.#processes.filter((each) => each.isStarted(row)).map(({ task }) => task.index)
  }
}
