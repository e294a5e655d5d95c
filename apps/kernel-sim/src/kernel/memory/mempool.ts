/**
 * Mempool: elements kept for those who must not fail (mm/mempool.c). An allocation first tries without reclaim, then
 * takes an element of the reserve, then sleeps until one is given back.
 */
import { __GFP_DIRECT_RECLAIM, __GFP_IO } from '@scopemask/allocator'
import type { Machine } from '@scopemask/checker/machine'
import { BLOCKED, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { TaskStates } from '../task/task-state.js'
import type { Memory } from './memory.js'

export class Mempool {
  readonly #memory: Memory
  readonly #take: Operation
  readonly #give: Operation

  constructor(machine: Machine, tasks: TaskStates, memory: Memory, name: string, elements: number) {
    this.#memory = memory
    const object = machine.object(name)
    const left = machine.field(object, 'elements', elements)
    this.#take = new KernelOperation({
      name: 'mempool_alloc',
      object,
      wait: () => ({ what: `an element of mempool ${name}` }),
      attempt: (row, task) => {
        tasks.mightSleep(row, task, 'mempool_alloc', object)
        if (left.get(row) === 0) return BLOCKED
        left.set(row, left.get(row) - 1)
        return 0
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
  }

  /** @returns whether the element is one of the reserve, for `free`. */
  *alloc(gfp: number): Steps<boolean> {
    if (yield* this.#memory.allocPages(gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_IO))) return false
    yield* this.#take
    return true
  }

  /** @param reserved what `alloc` returned. */
  *free(reserved: boolean): Steps<void> {
    if (reserved) yield* this.#give
  }
}
