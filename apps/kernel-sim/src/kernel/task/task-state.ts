/**
 * Task state: what the kernel keeps of every task besides where it is: how many locks it holds, whether it may sleep, and whether
 * it is about to. Misuse is told by it: returning with a lock held, sleeping under a spinlock.
 */

import type { Field, Machine, MachineObject, Row, Task } from '@scopemask/checker/machine'
import { Misuse } from '@scopemask/checker/machine'
import type { InterruptKind } from '../operation.js'

/** A lock that is held by a task until the task drops it. */
export interface HeldLock {
  readonly object: MachineObject
  /** True if who holds it must not sleep. */
  readonly isSpinlock: boolean
  isHeldBy(row: Row, task: number): boolean
}

export class TaskStates {
  readonly #machine: Machine
  readonly #locks: HeldLock[] = []
  /** TASK_UNINTERRUPTIBLE: from `prepare_to_wait` until somebody wakes the task. */
  readonly #asleep: Field[] = []
  readonly #held: Field[] = []
  readonly #spinlocks: Field[] = []
  /** How often each task has turned softirqs off, and all interrupts. */
  readonly #bhOff: Field[] = []
  readonly #irqOff: Field[] = []
  /** The threads that stand for interrupts. */
  readonly #interrupts = new Map<number, InterruptKind>()

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** Gives a new task its fields. */
  add(task: Task): void {
    this.#held[task.index] = this.#machine.field(task, 'locks held')
    this.#spinlocks[task.index] = this.#machine.field(task, 'spinlocks held')
    this.#bhOff[task.index] = this.#machine.field(task, 'softirqs off')
    this.#irqOff[task.index] = this.#machine.field(task, 'interrupts off')
    this.#asleep[task.index] = this.#machine.field(task, 'asleep')
  }

  /** Makes a lock known, so that it can be named. */
  addLock(lock: HeldLock): void {
    this.#locks.push(lock)
  }

  isAsleep(row: Row, task: number): boolean {
    return this.#asleep[task]?.get(row) === 1
  }

  setAsleep(row: Row, task: number, asleep: boolean): void {
    this.#asleep[task]?.set(row, asleep ? 1 : 0)
  }

  /** A reference to the task with this number, for a field. */
  reference(task: number): number {
    return (this.#machine.tasks[task] as Task).reference
  }

  /** The number of the task that a field refers to, as a list of none or one. */
  referred(reference: number): readonly number[] {
    const object = this.#machine.referred(reference)
    return object ? [(object as Task).index] : []
  }

  name(task: number): string {
    return `${this.#machine.tasks[task]}`
  }

  acquired(row: Row, task: number): void {
    change(this.#held[task], row, 1)
  }

  /** @throws Misuse when the task holds no lock. */
  released(row: Row, task: number, what: string): void {
    const held = this.#held[task]
    if (held?.get(row) === 0)
      throw new Misuse(`${this.name(task)} releases ${what}, and holds no lock`)
    change(held, row, -1)
  }

  /** @param disables which interrupts are off from here on. */
  spinlockTaken(row: Row, task: number, disables: InterruptKind | null): void {
    change(this.#spinlocks[task], row, 1)
    if (disables !== null) change(this.#off(disables)[task], row, 1)
  }

  /**
   * @param disables which interrupts were off since the lock was taken.
   * @returns true if they are on again.
   */
  spinlockGiven(row: Row, task: number, disables: InterruptKind | null): boolean {
    change(this.#spinlocks[task], row, -1)
    if (disables === null) return false
    const off = this.#off(disables)[task]
    change(off, row, -1)
    return off?.get(row) === 0
  }

  holdsSpinlock(row: Row, task: number): boolean {
    return this.#spinlocks[task]?.get(row) !== 0
  }

  /** Says that a thread stands for an interrupt. */
  runsInInterrupt(task: Task, kind: InterruptKind): void {
    this.#interrupts.set(task.index, kind)
  }

  /** What kind of interrupt a task stands for; null for one that is a task. */
  interruptOf(task: number): InterruptKind | null {
    return this.#interrupts.get(task) ?? null
  }

  get haveInterrupts(): boolean {
    return this.#interrupts.size > 0
  }

  /** Returns true if an interrupt can come on top of a task, as far as that is not in one and has not turned it off. */
  canBeHitBy(row: Row, task: number, kind: InterruptKind | null): boolean {
    const own = this.interruptOf(task)
    if (own === 'HARDIRQ' || this.#irqOff[task]?.get(row) !== 0) return false
    return kind === 'HARDIRQ' || (own === null && this.#bhOff[task]?.get(row) === 0)
  }

  /** @throws Misuse under a spinlock: the kernel's "BUG: sleeping function called from invalid context". */
  mightSleep(row: Row, task: number, operation: string, object: MachineObject): void {
    if (this.isAtomic(row, task)) {
      const where = this.atomicContext(row, task)
      throw new Misuse(`${this.name(task)} sleeps ${where}: ${operation}(${object})`)
    }
  }

  /** Why a task must not sleep, in words. */
  atomicContext(row: Row, task: number): string {
    return this.holdsSpinlock(row, task) ? 'under a spinlock' : 'in an interrupt'
  }

  /** Returns true if the task holds a spinlock or runs in an interrupt. */
  isAtomic(row: Row, task: number): boolean {
    return this.holdsSpinlock(row, task) || this.#interrupts.has(task)
  }

  #off(kind: InterruptKind): readonly Field[] {
    return kind === 'SOFTIRQ' ? this.#bhOff : this.#irqOff
  }

  /** @param from what it returns from, if that is not all that it does. @throws Misuse when the task holds a lock as it returns. */
  checkReturn(row: Row, task: number, from?: MachineObject): void {
    if (this.#held[task]?.get(row) === 0) return
    const held = this.#locks.filter((lock) => lock.isHeldBy(row, task))
    const where = from === undefined ? '' : ` from work ${from}`
    const locks = held.map(({ object }) => object).join(' and ')
    throw new Misuse(
      `${this.name(task)} returns${where} and still holds ${locks}: every way out has to unlock`,
    )
  }
}

function change(field: Field | undefined, row: Row, by: number): void {
  field?.set(row, field.get(row) + by)
}
