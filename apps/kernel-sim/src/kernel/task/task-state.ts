/**
 * Task state: what the kernel keeps of every task besides where it is: how many locks it holds, whether it may sleep, and whether
 * it is about to. Misuse is told by it: returning with a lock held, sleeping under a spinlock.
 */

import type { Field, Machine, MachineObject, Row, Task } from '@scopemask/checker/machine'
import { Misuse } from '@scopemask/checker/machine'

/** A lock that is held by a task until the task drops it. */
export interface HeldLock {
  readonly object: MachineObject
  /** Whether who holds it must not sleep. */
  readonly isSpinlock: boolean
  isHeldBy(row: Row, task: number): boolean
}

export class TaskStates {
  readonly #machine: Machine
  readonly #locks: HeldLock[] = []
  /** TASK_UNINTERRUPTIBLE: from `prepare_to_wait` until somebody wakes the task. */
  readonly #asleep: Field[] = []
  readonly #held: Field[] = []
  readonly #atomic: Field[] = []

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** Gives a new task its fields. */
  add(task: Task): void {
    this.#held[task.index] = this.#machine.field(task, 'locks held')
    this.#atomic[task.index] = this.#machine.field(task, 'spinlocks held')
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

  enterAtomic(row: Row, task: number): void {
    change(this.#atomic[task], row, 1)
  }

  leaveAtomic(row: Row, task: number): void {
    change(this.#atomic[task], row, -1)
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
    const spins = this.#locks.some((lock) => lock.isSpinlock && lock.isHeldBy(row, task))
    return spins ? 'under a spinlock' : 'in an interrupt'
  }

  /** Whether the task holds a spinlock or runs in an interrupt. */
  isAtomic(row: Row, task: number): boolean {
    return this.#atomic[task]?.get(row) !== 0
  }

  /** @param from what it returns from, if that is not all that it does. @throws Misuse when the task holds a lock as it returns. */
  checkReturn(row: Row, task: number, from?: MachineObject): void {
    if (this.#held[task]?.get(row) === 0) return
    const held = this.#locks.filter((lock) => lock.isHeldBy(row, task))
    const where = from === undefined ? '' : ` from work ${from}`
    const locks = held.map(({ object }) => object).join(' and ')
    throw new Misuse(`${this.name(task)} returns${where} and still holds ${locks}`)
  }
}

function change(field: Field | undefined, row: Row, by: number): void {
  field?.set(row, field.get(row) + by)
}
