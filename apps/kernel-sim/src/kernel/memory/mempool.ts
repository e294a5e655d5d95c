/**
 * Mempool: elements kept for those who must not fail (mm/mempool.c, mempool_alloc, Linux 6.12). An allocation first tries without
 * reclaim, then takes an element of the reserve, then tries with all that the caller's gfp allows, and only then sleeps until an
 * element is given back. The time-out of that sleep, five seconds since 2.6.18 "as a workaround", is left out: who counts on
 * it has no guarantee.
 */
import { __GFP_DIRECT_RECLAIM, __GFP_IO, __GFP_NORETRY } from '@scopemask/allocator'
import type { Machine, MachineObject } from '@scopemask/checker/machine'
import { BLOCKED, Misuse, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { TaskStates } from '../task/task-state.js'
import type { Memory } from './memory.js'

/** Where an element comes from. */
const FRESH = 1
const RESERVED = 2
const NONE = 3

/** Elements that are set aside (mempool_t), so that a request that may sleep never fails. */
export class Mempool {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  readonly #take: Operation
  readonly #wait: Operation
  readonly #give: Operation
  readonly #alloc: (gfp: number) => Steps<number>

  constructor(machine: Machine, tasks: TaskStates, memory: Memory, name: string, elements: number) {
    if (!Number.isInteger(elements) || elements < 1) {
      throw new Misuse(`mempool ${name} keeps ${elements} elements: give a whole number from 1`)
    }
    const object = machine.object(name)
    this.object = object
    const left = machine.field(object, 'elements', elements)
    this.#take = new KernelOperation({
      name: 'remove_element',
      object,
      results: ['none is left', 'taken'],
      attempt: (row) => {
        const count = left.get(row)
        if (count > 0) left.set(row, count - 1)
        return count > 0 ? 1 : 0
      },
    })
    this.#wait = new KernelOperation({
      name: 'io_schedule',
      object,
      wait: () => ({ what: `an element of mempool ${object}` }),
      attempt: (row, task) => {
        tasks.mightSleep(row, task, 'mempool_alloc', object)
        return left.get(row) === 0 ? BLOCKED : 0
      },
    })
    this.#give = new KernelOperation({
      name: 'mempool_free',
      object,
      wakes: true,
      attempt: (row) => {
        left.set(row, left.get(row) + 1)
        return 0
      },
    })
    const pool = this
    this.#alloc = machine.procedure(
      'mempool_alloc',
      function* (gfp: number): Steps<number | undefined> {
        const first = gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_IO)
        if (yield* memory.allocPages(first | __GFP_NORETRY)) return FRESH
        if ((yield* pool.#take) === 1) return RESERVED
        if (first !== gfp && (yield* memory.allocPages(gfp | __GFP_NORETRY))) return FRESH
        if ((gfp & __GFP_DIRECT_RECLAIM) === 0) return NONE
        yield* pool.#wait
        return undefined
      },
      { loop: true },
    ) as (gfp: number) => Steps<number>
  }

  /**
   * Allocates an element.
   * @returns true if it is one of the reserve, for `free`; null when there is none, which happens only to requests that must not
   * sleep.
   */
  *alloc(gfp: number): Steps<boolean | null> {
    const from = yield* this.#alloc(gfp)
    return from === NONE ? null : from === RESERVED
  }

  /**
   * Gives an element back (mempool_free).
   * @param reserved what `alloc` returned.
   */
  *free(reserved: boolean | null): Steps<void> {
    if (reserved === true) yield* this.#give
  }
}
