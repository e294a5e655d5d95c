/** Filter: what becomes of the flags of a request under the scope of the task that makes it. */
import {
  __GFP_DIRECT_RECLAIM,
  __GFP_FS,
  __GFP_IO,
  currentGfpContext,
  type GfpClass,
  gfpClass,
  PF_MEMALLOC,
  type Task,
} from '@scopemask/allocator/gfp'
import type { RequestEvent } from '../trace/event.js'
import { scopeName } from './scope-name.js'

/** A request that went through the filter. */
export interface FilteredRequest {
  readonly event: RequestEvent
  readonly scope: string
  /** The class of the flags that the caller passed. */
  readonly class: GfpClass
  /** The flags in effect; those passed where the recording does not tell the task's. */
  readonly effective: number
}

/** Runs a request through the filter of the task that makes it. */
export function filter(event: RequestEvent, task: Task | undefined): FilteredRequest {
  return {
    event,
    scope: scopeName(task?.mask),
    class: gfpClass(event.gfp),
    effective: task === undefined ? event.gfp : currentGfpContext(task.mask, event.gfp),
  }
}

/**
 * What a request on a worker may do although the scope of the task that delegated to it forbids it: `__GFP_FS`,
 * `__GFP_IO|__GFP_FS`, or nothing. A request that cannot enter direct reclaim does neither.
 */
export function regained({ event, effective }: FilteredRequest, delegator: number): string {
  const mayReclaim = event.gfp & __GFP_DIRECT_RECLAIM && !((event.taskFlags ?? 0) & PF_MEMALLOC)
  if (!mayReclaim) return ''
  const beyond = effective & ~currentGfpContext(delegator, event.gfp)
  const names: string[] = []
  if (beyond & __GFP_IO) names.push('__GFP_IO')
  if (beyond & __GFP_FS) names.push('__GFP_FS')
  return names.join('|')
}
