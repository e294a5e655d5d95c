/**
 * Role: what a procedure is to the kernel. By it an allocation, reclaim or the function of a work item is found on the stack
 * of a task, whatever its name.
 */
import type { MachineObject, ProcedureLike } from '@scopemask/checker/machine'
import type { StackFrame } from '@scopemask/checker/search'

/** The page allocator; its argument is the gfp asked for. */
export const ALLOCATION = Symbol('allocation')
/** Direct reclaim; its argument is what is left of the gfp. */
export const RECLAIM = Symbol('reclaim')

/** A shrinker, as reclaim calls it. */
export class ShrinkerScan {
  /** @param needs what a request must allow for it to be called. */
  constructor(readonly needs: number) {}
}

/** The function of a work item. */
export class WorkFunction {
  constructor(readonly work: MachineObject) {}
}

/**
 * The path of an allocation: the `kin` of each procedure, from that of the task or the work function to the one that
 * allocates. It is the same whichever worker runs the item.
 * @param callers the stack of the one that allocates, innermost first.
 */
export function pathOf(callers: readonly ProcedureLike[]): number[] {
  const work = callers.findIndex(({ role }) => role instanceof WorkFunction)
  const own = work < 0 ? callers : callers.slice(0, work + 1)
  return own.map(({ kin }) => kin).reverse()
}

/** The role of a frame on a stack. */
export function roleOf({ node }: StackFrame): unknown {
  return node.automaton.procedure.role
}
