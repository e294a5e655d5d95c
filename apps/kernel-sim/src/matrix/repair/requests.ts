/** Requests: with what each allocation of a model enters reclaim, by its stack, as far as a search has seen. */
import { __GFP_FS, __GFP_IO } from '@scopemask/allocator'
import type { Program } from '@scopemask/checker/search'
import { ALLOCATION, pathOf, RECLAIM } from '../../kernel/role.js'

/** One allocation. */
export interface Requests {
  readonly path: readonly number[]
  /** The tasks that make them, by number. */
  readonly tasks: Set<number>
  /** Says if some request enters reclaim with the flag, and if some does without. */
  withFs: boolean
  withoutFs: boolean
  withIo: boolean
  withoutIo: boolean
}

/** The allocations of all tasks, by path. */
export function requestsOf(programs: readonly Program[]): Map<string, Requests> {
  const found = new Map<string, Requests>()
  for (const [task, program] of programs.entries()) {
    for (let position = 0; position < program.size; position++) {
      const frames = program.stack(position).map(({ node }) => node.automaton)
      const reclaim = frames.findIndex(({ procedure }) => procedure.role === RECLAIM)
      const callers = frames.slice(reclaim + 1).map(({ procedure }) => procedure)
      const at = callers.findIndex(({ role }) => role === ALLOCATION)
      if (reclaim < 0 || at < 0) continue
      const path = pathOf(callers.slice(at + 1))
      const requests = found.get(path.join()) ?? {
        path,
        tasks: new Set(),
        withFs: false,
        withoutFs: false,
        withIo: false,
        withoutIo: false,
      }
      found.set(path.join(), requests)
      requests.tasks.add(task)
      const gfp = Number(frames[reclaim]?.args[0])
      if ((gfp & __GFP_FS) !== 0) requests.withFs = true
      else requests.withoutFs = true
      if ((gfp & __GFP_IO) !== 0) requests.withIo = true
      else requests.withoutIo = true
    }
  }
  return found
}
