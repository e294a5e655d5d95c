/** Mutex: one task at a time. Taking it twice blocks for ever, as in the kernel. */

import type { Field, Machine, MachineObject, Row } from '@scopemask/checker/machine'
import { BLOCKED, Misuse, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { TaskStates } from '../task/task-state.js'

const LOCK = 1
const TRYLOCK = 2
const UNLOCK = 4

/** A mutex (struct mutex): who locked it unlocks it; who waits sleeps. */
export class Mutex {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  /** Who waits for it sleeps. */
  readonly isSpinlock = false
  readonly #owner: Field
  readonly #tasks: TaskStates
  readonly #class: string
  readonly #locks: Operation[] = []
  readonly #trylock: Operation
  readonly #unlock: Operation

  constructor(machine: Machine, tasks: TaskStates, name: string, lockClass = name) {
    this.#tasks = tasks
    this.#class = lockClass
    tasks.addLock(this)
    this.object = machine.object(name)
    this.#owner = machine.reference(this.object, 'owner')
    this.#trylock = new KernelOperation({
      name: 'mutex_trylock',
      object: this.object,
      access: TRYLOCK,
      results: ['taken by another', 'taken'],
      effect: {
        kind: 'acquire',
        lock: this.object,
        class: lockClass,
        mode: 'write',
        trylock: true,
      },
      attempt: (row, task) => (this.#take(row, task) ? 1 : 0),
    })
    this.#unlock = new KernelOperation({
      name: 'mutex_unlock',
      object: this.object,
      access: UNLOCK,
      // While it is held others can only fail to take it; that they notice by a trylock alone.
      conflicts: TRYLOCK,
      wakes: true,
      effect: { kind: 'release', lock: this.object, class: lockClass },
      attempt: (row, task) => {
        if (this.#owner.get(row) !== tasks.reference(task)) {
          throw new Misuse(`${tasks.name(task)} unlocks mutex ${name}, which it does not hold`)
        }
        this.#owner.set(row, 0)
        tasks.released(row, task, name)
        return 0
      },
    })
  }

  /**
   * Waits until the mutex is free and takes it.
   * @param subclass tells lockdep that another mutex of the class may be held (`mutex_lock_nested`).
   */
  *lock(subclass = 0): Steps<void> {
    yield* (this.#locks[subclass] ??= this.#lockOperation(subclass))
  }

  /** Takes it if it is free, and says whether it was. */
  *trylock(): Steps<boolean> {
    return (yield* this.#trylock) === 1
  }

  /** @throws Misuse when the task does not hold it. */
  *unlock(): Steps<void> {
    yield* this.#unlock
  }

  /** Returns true if the task holds it in this state. */
  isHeldBy(row: Row, task: number): boolean {
    return this.#owner.get(row) === this.#tasks.reference(task)
  }

  #lockOperation(subclass: number): Operation {
    return new KernelOperation({
      name: subclass === 0 ? 'mutex_lock' : 'mutex_lock_nested',
      object: this.object,
      ...(subclass > 0 ? { operands: [subclass] } : {}),
      access: LOCK,
      effect: { kind: 'acquire', lock: this.object, class: this.#class, mode: 'write', subclass },
      attempt: (row, task) => {
        this.#tasks.mightSleep(row, task, 'mutex_lock', this.object)
        return this.#take(row, task) ? 0 : BLOCKED
      },
      wait: (row) => ({
        what: `mutex ${this.object}`,
        tasks: this.#tasks.referred(this.#owner.get(row)),
      }),
    })
  }

  #take(row: Row, task: number): boolean {
    if (this.#owner.get(row) !== 0) return false
    this.#owner.set(row, this.#tasks.reference(task))
    this.#tasks.acquired(row, task)
    return true
  }
}
