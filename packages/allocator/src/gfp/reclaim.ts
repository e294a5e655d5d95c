/** What a request lets reclaim do, and how lockdep sees it (mm/page_alloc.c, mm/vmscan.c, include/linux/sched/mm.h, 6.1). */
import { PF_LOCAL_THROTTLE, PF_MEMALLOC } from '../task/flags.js'
import { currentGfpContext } from './context.js'
import { __GFP_DIRECT_RECLAIM, __GFP_FS, __GFP_IO, __GFP_NORETRY } from './flags.js'
import type { GfpLayout } from './layout.js'
import { gfpflagsAllowBlocking } from './predicates.js'

/** Whether lockdep takes a request as one that may enter reclaim (__need_reclaim). */
export function needReclaim(layout: GfpLayout, taskFlags: number, gfp: number): boolean {
  return (
    (gfp & __GFP_DIRECT_RECLAIM) !== 0 &&
    (taskFlags & PF_MEMALLOC) === 0 &&
    (gfp & layout.nolockdep) === 0
  )
}

/** The maps that lockdep sees a request take: pseudo-locks that stand for what reclaim may do. */
export interface FsReclaim {
  /** The filesystem may be entered. Held until fs_reclaim_release. */
  readonly fsReclaim: boolean
  /** MMU notifiers may be called. Taken and released at once. */
  readonly mmuNotifier: boolean
}

/** What fs_reclaim_acquire takes for a request, and fs_reclaim_release gives back. */
export function fsReclaimAcquire(layout: GfpLayout, taskFlags: number, gfp: number): FsReclaim {
  const effective = currentGfpContext(taskFlags, gfp)
  const needed = needReclaim(layout, taskFlags, effective)
  return { fsReclaim: needed && (effective & __GFP_FS) !== 0, mmuNotifier: needed }
}

/** Whether reclaim may write a folio back through its filesystem (may_enter_fs). */
export function mayEnterFs(gfp: number, swapcache: boolean, swapFsOps: boolean): boolean {
  if ((gfp & __GFP_FS) !== 0) return true
  return swapcache && (gfp & __GFP_IO) !== 0 && !swapFsOps
}

/** Whether reclaim may throttle the task against congestion (current_may_throttle). */
export function currentMayThrottle(taskFlags: number): boolean {
  return (taskFlags & PF_LOCAL_THROTTLE) === 0
}

/** How long a failed allocation that is retried by its caller sleeps, in jiffies (memalloc_retry_wait). */
export function memallocRetryWait(taskFlags: number, gfp: number, hz = 250): number {
  const effective = currentGfpContext(taskFlags, gfp)
  return gfpflagsAllowBlocking(effective) && (effective & __GFP_NORETRY) === 0
    ? 1
    : Math.floor(hz / 50)
}
