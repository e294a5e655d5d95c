/**
 * Transaction: an object that a NOFS scope belongs to (fs/xfs/xfs_trans.h, xfs_trans_set_context and its kin). The scope moves
 * with it: from the task that reserves it to the worker that commits it, closed here and opened there, exactly once;
 * and from a transaction that is rolled to the one that follows.
 */
import { PF_MEMALLOC_NOFS, type TaskFlags } from '@scopemask/allocator'
import type { Field, Machine, MachineObject, Row } from '@scopemask/checker/machine'
import { Misuse, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { Scopes } from './scopes.js'
import type { TaskStates } from './task-state.js'

/** A transaction that carries a scope: who takes it over has the scope from then on. */
export class Transaction {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  readonly #tasks: TaskStates
  readonly #scopes: Scopes
  /** The task on which its scope is open. */
  readonly #owner: Field
  /** True if that task was in a NOFS scope before (t_pflags). */
  readonly #nested: Field
  readonly #set: Operation
  readonly #nest: Operation
  readonly #clear: Operation
  readonly #switches = new Map<Transaction, Operation>()

  constructor(machine: Machine, tasks: TaskStates, scopes: Scopes, name: string) {
    this.#tasks = tasks
    this.#scopes = scopes
    const object = machine.object(name)
    this.object = object
    this.#owner = machine.reference(object, 'scope is open on')
    this.#nested = machine.field(object, 'nested')
    this.#set = new KernelOperation({
      name: 'xfs_trans_set_context',
      object,
      attempt: (row, task) => {
        if (this.#owner.get(row) !== 0) throw this.#misuse(row, task, 'opens')
        this.#owner.set(row, tasks.reference(task))
        return 0
      },
    })
    this.#nest = new KernelOperation({
      name: 't_pflags',
      object,
      attempt: (row) => {
        this.#nested.set(row, 1)
        return 0
      },
    })
    this.#clear = new KernelOperation({
      name: 'xfs_trans_clear_context',
      object,
      attempt: (row, task) => {
        if (this.#owner.get(row) !== tasks.reference(task)) throw this.#misuse(row, task, 'closes')
        const nested = this.#nested.get(row)
        this.#owner.set(row, 0)
        this.#nested.set(row, 0)
        return nested
      },
    })
  }

  /** Opens its scope on the running task, if the policy has scopes. @throws Misuse when it is open already. */
  *setContext(): Steps<void> {
    yield* this.#set
    if ((yield* this.#scopes.open(PF_MEMALLOC_NOFS)) !== 0) yield* this.#nest
  }

  /** Closes its scope on the running task, to commit it or to hand it off. @throws Misuse when it is not open there. */
  *clearContext(): Steps<void> {
    const nested = (yield* this.#clear) === 1
    yield* this.#scopes.close(PF_MEMALLOC_NOFS, nested ? PF_MEMALLOC_NOFS : (0 as TaskFlags))
  }

  /**
   * Rolls it: its scope belongs to the next transaction from now on.
   * @throws Misuse when it is not open on the running task, or that of the next one is open.
   */
  *switchContext(next: Transaction): Steps<void> {
    let operation = this.#switches.get(next)
    if (operation === undefined) {
      operation = new KernelOperation({
        name: 'xfs_trans_switch_context',
        object: this.object,
        operands: [next.object],
        attempt: (row, task) => {
          if (this.#owner.get(row) !== this.#tasks.reference(task)) {
            throw this.#misuse(row, task, 'rolls')
          }
          if (next.#owner.get(row) !== 0) throw next.#misuse(row, task, 'opens')
          next.#owner.set(row, this.#owner.get(row))
          next.#nested.set(row, this.#nested.get(row))
          this.#owner.set(row, 0)
          this.#nested.set(row, 0)
          return 0
        },
      })
      this.#switches.set(next, operation)
    }
    yield* operation
  }

  /** Runs a section with its scope open. */
  *inContext<R>(section: () => Steps<R>): Steps<R> {
    yield* this.setContext()
    const result = yield* section()
    yield* this.clearContext()
    return result
  }

  #misuse(row: Row, task: number, does: string): Misuse {
    const owner = this.#tasks.referred(this.#owner.get(row))[0]
    const where = owner === undefined ? 'open nowhere' : `open on ${this.#tasks.name(owner)}`
    return new Misuse(
      `${this.#tasks.name(task)} ${does} the scope of transaction ${this.object}, which is ${where}`,
    )
  }
}
