/** Keep: something that a scenario has to do still when somebody has repaired it. It is looked for among the deeds of its tasks. */
import type { Deed } from '@scopemask/kernel-sim/workbench'

export interface Keep {
  /** What is kept, in words. */
  readonly says: string
  /** The procedures that a task has to be in, in any order: its own, a work function, a shrinker. */
  readonly within: readonly string[]
  /** What it does there, by the kernel's name, such as `might_alloc`. */
  readonly does: string
  /** The object that it does it to. By default any. */
  readonly on?: string
  /** A lock that it holds then. By default none need be held. */
  readonly holding?: string
}

/** Returns true if something of the kind is done. */
export function isKept(keep: Keep, deeds: readonly Deed[]): boolean {
  return deeds.some(
    ({ stack, does, on, holding }) =>
      keep.within.every((name) => stack.includes(name)) &&
      keep.does === does &&
      (keep.on === undefined || keep.on === on) &&
      (keep.holding === undefined || holding.includes(keep.holding)),
  )
}
