/** Sleepers: on what each task sleeps until another one wakes it. A task that was woken stays awake, whoever sleeps next. */
import type { Field, Row } from '../machine/layout.js'
import type { Machine, Task } from '../machine/machine.js'
import type { MachineObject } from '../machine/object.js'

export class Sleepers {
  readonly #machine: Machine
  /** By number of task. */
  readonly #fields: Field[] = []

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** Gives a new task its field. */
  add(task: Task): void {
    this.#fields[task.index] = this.#machine.reference(task, 'sleeps on')
  }

  /** How many tasks there are. */
  get tasks(): number {
    return this.#fields.length
  }

  sleep(row: Row, task: number, object: MachineObject): void {
    this.#fields[task]?.set(row, object.reference)
  }

  wake(row: Row, task: number): void {
    this.#fields[task]?.set(row, 0)
  }

  sleepsOn(row: Row, task: number, object: MachineObject): boolean {
    return this.#fields[task]?.get(row) === object.reference
  }

  /** How many tasks sleep on an object. */
  count(row: Row, object: MachineObject): number {
    let count = 0
    for (const field of this.#fields) if (field.get(row) === object.reference) count++
    return count
  }
}
