/**
 * Partial order: which steps need not be interleaved with those of other tasks.
 *
 * A step is a *left mover* when it never blocks and, whenever another task's step a can come directly before it, doing
 * it first and a then is possible too and leads to the same state. Then it may be done together with the step of the same task
 * that comes before it, and states in which others move in between need not be visited (Lipton 1975).
 *
 * Why nothing is lost:
 * - Deadlocks. In a deadlocked state no task is at a left mover, since those never block. Take any execution that ends
 *   there. Each left mover in it can be moved to the left, over steps of others, to the step before it of its own task; the
 *   execution that results is one that the search takes, and it ends in the same state.
 * - Livelocks. Likewise, every state of the full graph leads, by finishing the left movers that are due, to a state
 *   of the reduced graph, and what that one can reach the former can reach; so the tasks can come to an end from
 *   the one if and only if they can from the other. Chains stop where a loop starts over, so none is endless.
 * - Operations. The same argument finds every operation that some execution performs: a search that assumed too much
 *   comes to the operation that refutes it (see below).
 *
 * - Suspension. A left mover of a task on top of which another one has begun to run is done before that begins: it commutes with
 *   the steps of the one on top as with those of any other. If that one never comes to its end, the task below is stuck with the
 *   left mover done instead of before it. So a step that the one on top may wait for, such as the unlocking of what it needs,
 *   must not be a left mover of a task that can be suspended; that is for whoever makes the operation to see to.
 *
 * Which steps are left movers? Those that work on nothing but their own task (reading its flags, choosing an
 * outcome): they commute with everything. And those on a shared object, say the unlocking of a mutex, as long as no other
 * task does to that object what does not commute with it, say a trylock. Operations name what they do
 * (`access`) and what they do not commute with (`conflicts`). Tasks are unfolded lazily, so what they will do to an
 * object is not known at first: it is assumed that they do nothing, and when one of them comes to an operation that
 * refutes an assumption which was relied upon, the search starts over, knowing better.
 */
import type { Operation } from '../machine/operation.js'

/** An assumption was refuted: start over. */
export class Refuted extends Error {
  constructor(operation: Operation) {
    super(`${operation} does not commute with what was taken for a left mover`)
    this.name = 'Refuted'
  }
}

export class LeftMovers {
  /** What some task is known to do, by the object's kin. */
  readonly #seen: number[] = []
  /** What was assumed that nobody does. */
  readonly #assumed: number[] = []

  /** Notes what a task can come to. @throws Refuted when it was assumed that none does that. */
  note(operation: Operation): void {
    const { object, access } = operation
    if (object === null) return
    this.#seen[object.kin] = (this.#seen[object.kin] ?? 0) | access
    if (((this.#assumed[object.kin] ?? 0) & access) !== 0) throw new Refuted(operation)
  }

  /** Takes back all assumptions; what was seen stays. */
  forget(): void {
    this.#assumed.length = 0
  }

  /** True if the operation is a left mover, as far as is known; if so that is relied upon from now on. */
  includes({ object, conflicts }: Operation): boolean {
    if (conflicts === 0) return true
    if (object === null || conflicts === -1) return false
    if (((this.#seen[object.kin] ?? 0) & conflicts) !== 0) return false
    this.#assumed[object.kin] = (this.#assumed[object.kin] ?? 0) | conflicts
    return true
  }
}
