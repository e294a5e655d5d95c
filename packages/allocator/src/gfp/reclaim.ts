/** What a request lets reclaim do, and how lockdep sees it (mm/page_alloc.c, mm/vmscan.c, include/linux/sched/mm.h, 6.1). */
import { PF_LOCAL_THROTTLE, PF_MEMALLOC } from '../task/flags.js'
import { currentGfpContext } from './context.js'
import { __GFP_DIRECT_RECLAIM, __GFP_FS, __GFP_IO, __GFP_NORETRY } from './flags.js'
import type { GfpLayout } from './layout.js'
import { gfpflagsAllowBlocking } from './predicates.js'

/** Returns true if lockdep takes a request for one that may enter reclaim (__need_reclaim). */
export function needReclaim(layout: GfpLayout, taskFlags: number, gfp: number): boolean {
  return (
    (gfp & __GFP_DIRECT_RECLAIM) !== 0 &&
    (taskFlags & PF_MEMALLOC) === 0 &&
    (gfp & layout.flags.__GFP_NOLOCKDEP) === 0
  )
}

/** The maps that lockdep sees a request take: pseudo-locks that stand for what reclaim may do. */
export interface FsReclaim {
  /** The filesystem may be entered. Held until fs_reclaim_release. */
  readonly fsReclaim: boolean
  /** MMU notifiers may be called (with CONFIG_MMU_NOTIFIER). Taken and released at once. */
  readonly mmuNotifier: boolean
}

/** What fs_reclaim_acquire takes for a request, and fs_reclaim_release gives back. A scope counts here too. */
export function fsReclaimAcquire(layout: GfpLayout, taskFlags: number, gfp: number): FsReclaim {
  const effective = currentGfpContext(taskFlags, gfp)
  const needed = needReclaim(layout, taskFlags, effective)
  return { fsReclaim: needed && (effective & __GFP_FS) !== 0, mmuNotifier: needed }
}

/** Returns true if fs_reclaim_release gives the map of fs_reclaim back for a request: as fs_reclaim_acquire has taken it. */
export function fsReclaimRelease(layout: GfpLayout, taskFlags: number, gfp: number): boolean {
  const effective = currentGfpContext(taskFlags, gfp)
  return needReclaim(layout, taskFlags, effective) && (effective & __GFP_FS) !== 0
}

/** What {@link mightAlloc} marks. */
export interface MightAlloc extends FsReclaim {
  /** The place must be one that may sleep (checked with CONFIG_DEBUG_ATOMIC_SLEEP). No scope changes that. */
  readonly mightSleep: boolean
}

/** What a place that may make a request is checked for, whether it makes it or not (might_alloc). */
export function mightAlloc(layout: GfpLayout, taskFlags: number, gfp: number): MightAlloc {
  const { fsReclaim, mmuNotifier } = fsReclaimAcquire(layout, taskFlags, gfp)
  return { fsReclaim, mmuNotifier, mightSleep: gfpflagsAllowBlocking(gfp) }
}

/**
 * Returns true if reclaim may write a folio back through its filesystem (may_enter_fs). For swap cache `__GFP_IO` is enough.
 *
 * @param gfp of the reclaim (scan_control.gfp_mask)
 * @param swapFsOps true if the swap area is a file that its filesystem writes itself (SWP_FS_OPS)
 */
export function mayEnterFs(gfp: number, swapcache: boolean, swapFsOps: boolean): boolean {
  if ((gfp & __GFP_FS) !== 0) return true
  return swapcache && (gfp & __GFP_IO) !== 0 && !swapFsOps
}

/** Returns true if reclaim may throttle the task against congestion (current_may_throttle). */
export function currentMayThrottle(taskFlags: number): boolean {
  return (taskFlags & PF_LOCAL_THROTTLE) === 0
}

/** Returns for how many jiffies a caller sleeps before it tries a failed allocation again (memalloc_retry_wait). */
export function memallocRetryWait(taskFlags: number, gfp: number, hz = 250): number {
  const effective = currentGfpContext(taskFlags, gfp)
  return gfpflagsAllowBlocking(effective) && (effective & __GFP_NORETRY) === 0
    ? 1
    : Math.floor(hz / 50)
}
