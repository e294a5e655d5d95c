/**
 * Mutex: one task at a time holds it. A task that locks it twice waits for itself for ever. A task has to unlock it before it
 * comes to its end.
 */
import { Misuse } from '../machine/errors.js'
import type { Field, Row } from '../machine/layout.js'
import type { Machine, Task } from '../machine/machine.js'
import type { MachineObject } from '../machine/object.js'
import { BLOCKED, Operation, type Steps } from '../machine/operation.js'
import type { Observable } from './observable.js'

/** What the operations do to a mutex: see reduce/partial-order.ts. */
const LOCK = 1
const TRY_LOCK = 2
const UNLOCK = 4

/** It is seen as whether it is locked. */
export class Mutex implements Observable<boolean> {
  /** What stands for it in the machine: for `build.any`, and for tools. */
  readonly object: MachineObject
  readonly #machine: Machine
  readonly #owner: Field
  readonly #lock: Operation
  readonly #tryLock: Operation
  readonly #unlock: Operation

  constructor(machine: Machine, name: string) {
    const object = machine.object(name)
    this.object = object
    this.#machine = machine
    this.#owner = machine.reference(object, 'owner')
    this.#lock = new Operation({
      name: 'lock',
      object,
      label: `${object}.lock()`,
      access: LOCK,
      attempt: (row, task) => (this.take(row, task) ? 0 : BLOCKED),
      wait: (row) => ({ what: `mutex ${object}`, tasks: this.#holders(row) }),
    })
    this.#tryLock = new Operation({
      name: 'tryLock',
      object,
      label: `${object}.tryLock()`,
      access: TRY_LOCK,
      results: ['false', 'true'],
      attempt: (row, task) => (this.take(row, task) ? 1 : 0),
    })
    this.#unlock = new Operation({
      name: 'unlock',
      object,
      label: `${object}.unlock()`,
      access: UNLOCK,
      // While it is held, others can only fail to take it, and they notice that by trying alone.
      conflicts: TRY_LOCK,
      wakes: true,
      attempt: (row, task) => {
        this.drop(row, task)
        return 0
      },
    })
  }

  /** Waits until no other task holds it, and takes it. */
  *lock(): Steps<void> {
    yield* this.#lock
  }

  /** Takes it if no task holds it, and returns whether that was so. */
  *tryLock(): Steps<boolean> {
    return (yield* this.#tryLock) === 1
  }

  /** Gives it back. @throws Misuse when the task does not hold it. */
  *unlock(): Steps<void> {
    yield* this.#unlock
  }

  /** Takes it for a task if it is free, as a part of an operation. */
  take(row: Row, task: number): boolean {
    if (this.#owner.get(row) !== 0) return false
    this.#owner.set(row, (this.#machine.tasks[task] as Task).reference)
    return true
  }

  /** Gives it back for a task, as a part of an operation. @throws Misuse when the task does not hold it. */
  drop(row: Row, task: number): void {
    if (!this.isHeldBy(row, task)) {
      throw new Misuse(
        `${this.#machine.tasks[task]} unlocks mutex ${this.object}, which it does not hold`,
      )
    }
    this.#owner.set(row, 0)
  }

  /** Returns true if the task holds it. */
  isHeldBy(row: Row, task: number): boolean {
    return this.#owner.get(row) === this.#machine.tasks[task]?.reference
  }

  /** @throws Misuse when the task holds it as it comes to its end. */
  checkReturn(row: Row, task: number): void {
    if (this.isHeldBy(row, task)) {
      throw new Misuse(`${this.#machine.tasks[task]} returns with mutex ${this.object} locked`)
    }
  }

  observe(row: Row): boolean {
    return this.#owner.get(row) !== 0
  }

  /** The number of the task that holds it, as a list of none or one. */
  #holders(row: Row): number[] {
    const owner = this.#machine.referred(this.#owner.get(row))
    return owner === undefined ? [] : [(owner as Task).index]
  }
}
