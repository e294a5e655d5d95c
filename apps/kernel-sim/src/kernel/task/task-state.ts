/**
 * Task state: what the kernel keeps of every task besides where it is: how many locks it holds and whether it may sleep.
 * It is used to tell misuse: returning with a lock held, sleeping under a spinlock.
 */

import type { Field, Machine, MachineObject, Row, Task } from '@scopemask/checker/machine'
import { Misuse } from '@scopemask/checker/machine'

export class TaskStates {
  readonly #machine: Machine
  readonly #held: Field[] = []
  readonly #atomic: Field[] = []

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** Gives a new task its fields. */
  add(task: Task): void {
    this.#held[task.index] = this.#machine.field(task, 'locks held')
    this.#atomic[task.index] = this.#machine.field(task, 'spinlocks held')
  }

  /** A reference to the task with this number, for a field. */
  reference(task: number): number {
    return (this.#machine.tasks[task] as Task).id + 1
  }

  /** The number of the task that a field refers to, as a list of none or one. */
  referred(reference: number): readonly number[] {
    const object = this.#machine.objects[reference - 1]
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
      throw new Misuse(`${this.name(task)} sleeps under a spinlock: ${operation}(${object})`)
    }
  }

  /** Whether the task holds a spinlock. */
  isAtomic(row: Row, task: number): boolean {
    return this.#atomic[task]?.get(row) !== 0
  }

  /** @throws Misuse when the task holds a lock as it returns. */
  checkReturn(row: Row, task: number): void {
    if (this.#held[task]?.get(row) !== 0) {
      throw new Misuse(`${this.name(task)} returns with a lock held`)
    }
  }
}

function change(field: Field | undefined, row: Row, by: number): void {
  field?.set(row, field.get(row) + by)
}
