/**
 * The filter: a request seen through the scope of the task that makes it. This is the one place where a scope
 * takes effect; the page allocator, slab and reclaim all ask it.
 */
import { PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO, PF_MEMALLOC_PIN } from '../task/flags.js'
import { __GFP_FS, __GFP_IO, __GFP_MOVABLE } from './flags.js'

/** Any scope at all: most requests come without, and pay one test. */
const SCOPES = PF_MEMALLOC_NOIO | PF_MEMALLOC_NOFS | PF_MEMALLOC_PIN

/**
 * What is left of a request in a task with these flags, `task.mask` (include/linux/sched/mm.h, current_gfp_context,
 * 6.1 and 6.18): NOIO takes `__GFP_IO` and `__GFP_FS`, NOFS takes `__GFP_FS`, PIN takes `__GFP_MOVABLE`. It never adds
 * a flag. These bits are the same in every layout, so it needs none.
 */
export function currentGfpContext(taskFlags: number, gfp: number): number {
  return (taskFlags & SCOPES) === 0 ? gfp >>> 0 : restricted(taskFlags, gfp)
}

function restricted(taskFlags: number, gfp: number): number {
  let flags = gfp
  if ((taskFlags & PF_MEMALLOC_NOIO) !== 0) flags &= ~(__GFP_IO | __GFP_FS)
  else if ((taskFlags & PF_MEMALLOC_NOFS) !== 0) flags &= ~__GFP_FS
  if ((taskFlags & PF_MEMALLOC_PIN) !== 0) flags &= ~__GFP_MOVABLE
  return flags >>> 0
}
