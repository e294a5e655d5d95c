/**
 * Intervention: a small change to the kernel as it is built, as data: a restriction at one place, a mask that travels with one
 * item, a rescuer, a queue for one item alone. The scenario stays as it is.
 *
 * Tasks, items, queues and locks are named by their `kin` in the machine, and allocations by the procedures on the stack. A
 * kernel that is built again has the same numbers, with interventions or without: what an intervention adds is made last.
 */
import {
  __GFP_FS,
  __GFP_IO,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  type TaskFlags,
} from '@scopemask/allocator'
import type { Row } from '@scopemask/checker/machine'

/** `NOFS` takes away `__GFP_FS`, `NOIO` takes away `__GFP_IO` too. */
export type Restriction = 'NOFS' | 'NOIO'

/** Where a restriction can be put. */
export type ScopePlace =
  /**
   * Every allocation with this stack: the `kin` of its procedures, from the task's or the work function's own to the one that
   * allocates.
   */
  | { readonly kind: 'allocation'; readonly path: readonly number[] }
  /** While an item is worked on. */
  | { readonly kind: 'work'; readonly work: number }
  /** While a lock is held by a task, or by a work function. @see Documentation/core-api/gfp_mask-from-fs-io.rst */
  | { readonly kind: 'section'; readonly holder: number; readonly lock: number }
  /** All that a task does. */
  | { readonly kind: 'task'; readonly task: number }

export type Intervention =
  | (ScopePlace & { readonly restriction: Restriction })
  /** What is in force for whoever queues the item is in force while it is worked on. */
  | { readonly kind: 'convey'; readonly work: number }
  /** WQ_MEM_RECLAIM for a queue. */
  | { readonly kind: 'rescuer'; readonly queue: number }
  /** A queue for one item alone, with WQ_MEM_RECLAIM or without. */
  | { readonly kind: 'own-queue'; readonly work: number; readonly memReclaim: boolean }

/** What holds for a task in a state, as far as interventions are about it. */
export interface Situation {
  readonly task: number
  /** The item that it works on; null when it is at none. */
  readonly work: number | null
  /** The locks that it holds. */
  readonly locks: readonly number[]
}

/** Tells what holds for a task in a state. */
export type SituationOf = (row: Row, task: number) => Situation

const FLAGS = { NOFS: PF_MEMALLOC_NOFS, NOIO: PF_MEMALLOC_NOIO } as const
const TAKES = { NOFS: __GFP_FS, NOIO: __GFP_FS | __GFP_IO } as const

/** The interventions of one kernel. */
export class Interventions {
  readonly #scopes: readonly (ScopePlace & { readonly restriction: Restriction })[]
  readonly #allocations = new Map<string, Restriction>()
  readonly #conveyed = new Set<number>()
  readonly #rescued = new Set<number>()
  readonly #ownQueues = new Map<number, { readonly memReclaim: boolean }>()

  constructor(all: readonly Intervention[]) {
    const scopes: (ScopePlace & { readonly restriction: Restriction })[] = []
    for (const each of all) {
      if (each.kind === 'allocation') this.#allocations.set(each.path.join(), each.restriction)
      else if (each.kind === 'convey') this.#conveyed.add(each.work)
      else if (each.kind === 'rescuer') this.#rescued.add(each.queue)
      else if (each.kind === 'own-queue') this.#ownQueues.set(each.work, each)
      else scopes.push(each)
    }
    this.#scopes = scopes
  }

  /** Returns true if any opens a scope. */
  get haveScopes(): boolean {
    return this.#scopes.length > 0
  }

  /** Returns true if any changes an allocation. */
  get haveAllocations(): boolean {
    return this.#allocations.size > 0
  }

  /** The flags that scopes set for a task in this situation. */
  flags(situation: Situation): TaskFlags {
    let flags = 0
    for (const scope of this.#scopes) {
      if (holds(scope, situation)) flags |= FLAGS[scope.restriction]
    }
    return flags as TaskFlags
  }

  /** What is left of a request by an allocation with this stack: see {@link ScopePlace}. */
  gfp(gfp: number, path: readonly number[]): number {
    const restriction = this.#allocations.get(path.join())
    return restriction === undefined ? gfp : gfp & ~TAKES[restriction]
  }

  /** Returns true if an item takes along what is in force for whoever queues it. */
  conveys(work: number): boolean {
    return this.#conveyed.has(work)
  }

  rescues(queue: number): boolean {
    return this.#rescued.has(queue)
  }

  /** The queue that an item has for itself, or undefined. */
  ownQueue(work: number): { readonly memReclaim: boolean } | undefined {
    return this.#ownQueues.get(work)
  }
}

/** Returns true if a scope is open for a task in this situation. */
function holds(scope: ScopePlace, { task, work, locks }: Situation): boolean {
  switch (scope.kind) {
    case 'work':
      return scope.work === work
    case 'section':
      return scope.holder === (work ?? task) && locks.includes(scope.lock)
    case 'task':
      return scope.task === task
    case 'allocation':
      return false
  }
}
