/**
 * Semaphore: a number of permits. Any task can give one back, also one that it never took: a semaphore knows no owners.
 * With no permit at first it is a signal that is not lost when it comes early.
 */
import type { Field, Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import type { MachineObject } from '../machine/object.js'
import { BLOCKED, Operation, type Steps } from '../machine/operation.js'
import { WHOLE_NUMBERS } from './domain.js'
import type { Observable } from './observable.js'

/** What the operations do to a semaphore: see reduce/partial-order.ts. */
const ACQUIRE = 1
const TRY_ACQUIRE = 2
const RELEASE = 4

/** It is seen as the number of permits that are there. */
export class Semaphore implements Observable<number> {
  /** What stands for it in the machine: for `build.any`, and for tools. */
  readonly object: MachineObject
  readonly #permits: Field
  readonly #acquire: Operation
  readonly #tryAcquire: Operation
  readonly #release: Operation

  /** @throws Misuse when the number of permits is not a whole number from 0. */
  constructor(machine: Machine, name: string, permits: number) {
    const object = machine.object(name)
    this.object = object
    this.#permits = machine.field(object, 'permits', WHOLE_NUMBERS.encode(permits, object))
    this.#acquire = new Operation({
      name: 'acquire',
      object,
      label: `${object}.acquire()`,
      access: ACQUIRE,
      attempt: (row) => (this.#take(row) ? 0 : BLOCKED),
      wait: () => ({ what: `semaphore ${object}` }),
    })
    this.#tryAcquire = new Operation({
      name: 'tryAcquire',
      object,
      label: `${object}.tryAcquire()`,
      access: TRY_ACQUIRE,
      results: ['false', 'true'],
      attempt: (row) => (this.#take(row) ? 1 : 0),
    })
    this.#release = new Operation({
      name: 'release',
      object,
      label: `${object}.release()`,
      access: RELEASE,
      // It counts, so it commutes with others that release, and with those that wait and go through.
      conflicts: TRY_ACQUIRE,
      wakes: true,
      attempt: (row) => {
        this.#permits.set(row, this.#permits.get(row) + 1)
        return 0
      },
    })
  }

  /** Waits until there is a permit, and takes it. */
  *acquire(): Steps<void> {
    yield* this.#acquire
  }

  /** Takes a permit if there is one, and returns whether there was. */
  *tryAcquire(): Steps<boolean> {
    return (yield* this.#tryAcquire) === 1
  }

  /** Gives a permit back, or one more than there were. */
  *release(): Steps<void> {
    yield* this.#release
  }

  observe(row: Row): number {
    return this.#permits.get(row)
  }

  #take(row: Row): boolean {
    const permits = this.#permits.get(row)
    if (permits === 0) return false
    this.#permits.set(row, permits - 1)
    return true
  }
}
