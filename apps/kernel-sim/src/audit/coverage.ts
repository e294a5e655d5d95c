/** Coverage: whether a scope says already what a request passes explicitly. */
import { PF_MEMALLOC, PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO } from '@scopemask/allocator/gfp'
import type { RequestEvent } from '../trace/event.js'

/**
 * `covered`: in a scope that restricts at least as much. `memalloc`: outside of one, by a PF_MEMALLOC task, which cannot enter
 * direct reclaim. `interrupt`: on top of a task, whose scope does not count. `unknown`: the recording does not tell.
 */
export type Coverage = 'covered' | 'memalloc' | 'uncovered' | 'interrupt' | 'unknown'

/** @param gfpClass `NOFS` or `NOIO`: what the request passes. */
export function coverageOf(
  { taskFlags, flagsFrom, interrupt }: RequestEvent,
  gfpClass: string,
): Coverage {
  if (interrupt) return 'interrupt'
  const scopes = gfpClass === 'NOIO' ? PF_MEMALLOC_NOIO : PF_MEMALLOC_NOIO | PF_MEMALLOC_NOFS
  if (taskFlags !== undefined && (taskFlags & scopes) !== 0) return 'covered'
  // A function on the stack tells of the scope that it holds, and of no other.
  if (taskFlags === undefined || flagsFrom === undefined || flagsFrom === 'stack') return 'unknown'
  return taskFlags & PF_MEMALLOC ? 'memalloc' : 'uncovered'
}
