/**
 * Reductions: how many states a machine has, and how many of them the search has to visit with each reduction. It goes
 * on after the first deadlock, so that the counts are those of everything that can be reached.
 */
import type { Machine } from '../machine/machine.js'
import type { Limits } from './limits.js'
import { Search } from './search.js'

/** States visited; null where a limit stopped the search. */
export interface Reductions {
  /** With all reductions. */
  readonly both: number | null
  /** With symmetry alone. */
  readonly withoutPartialOrder: number | null
  /** With partial order alone. */
  readonly withoutSymmetry: number | null
  /** Every state that can be reached. */
  readonly neither: number | null
}

/**
 * Counts the states that a search visits, with each of the reductions and without.
 * @param build makes the machine anew: each search learns its own positions.
 */
export function reductionsOf(build: () => Machine, limits: Limits = {}): Reductions {
  const states = (partialOrder: boolean, symmetry: boolean): number | null => {
    const options = { ...limits, partialOrder, symmetry, allDeadlocks: true, livelocks: false }
    const { bound, states } = new Search(build(), options).run()
    return bound === null ? states : null
  }
  return {
    both: states(true, true),
    withoutPartialOrder: states(false, true),
    withoutSymmetry: states(true, false),
    neither: states(false, false),
  }
}
