/**
 * Transaction: an object that a NOFS scope belongs to (fs/xfs/xfs_trans.c). The scope moves with it from the task
 * that reserves it to the worker that commits it: cleared here, set there, exactly once.
 */
import { PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { Misuse } from '../machine/errors.js'
import type { Machine } from '../machine/machine.js'
import { Operation, type Steps } from '../machine/operation.js'
import type { Scopes } from './scopes.js'

export class Transaction {
  readonly #scopes: Scopes
  readonly #set: Operation
  readonly #clear: Operation

  constructor(machine: Machine, scopes: Scopes, name: string) {
    this.#scopes = scopes
    const object = machine.object(name)
    const open = machine.field(object, 'scope is open')
    this.#set = new Operation({
      name: 'xfs_trans_set_context',
      object,
      attempt: (row) => {
        if (open.get(row) === 1)
          throw new Misuse(`the scope of transaction ${name} is opened twice`)
        open.set(row, 1)
        return 0
      },
    })
    this.#clear = new Operation({
      name: 'xfs_trans_clear_context',
      object,
      attempt: (row) => {
        if (open.get(row) === 0)
          throw new Misuse(`the scope of transaction ${name} is closed twice`)
        open.set(row, 0)
        return 0
      },
    })
  }

  /** Runs a section with the transaction's scope on the running task, if the policy has scopes. */
  *inContext<R>(section: () => Steps<R>): Steps<R> {
    yield* this.#set
    const result = yield* this.#scopes.section(PF_MEMALLOC_NOFS, section)
    yield* this.#clear
    return result
  }
}
