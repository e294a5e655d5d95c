/**
 * Alloc flags: what a request's flags mean to the page allocator (mm/internal.h and mm/page_alloc.c, 6.1.192): which
 * watermark it has to leave and which reserves it may use.
 */
import { PF_MEMALLOC } from '../task/flags.js'
import { inInterrupt, inServingSoftirq, inTask } from '../task/preempt.js'
import {
  __GFP_DIRECT_RECLAIM,
  __GFP_HIGH,
  __GFP_KSWAPD_RECLAIM,
  __GFP_MEMALLOC,
  __GFP_NOMEMALLOC,
} from './flags.js'
import { gfpMigratetype, MIGRATE_MOVABLE } from './migratetype.js'

/** The min watermark must hold. */
export const ALLOC_WMARK_MIN = 0x0
/** The low watermark must hold: what the fast path asks for. */
export const ALLOC_WMARK_LOW = 0x1
/** The high watermark must hold. */
export const ALLOC_WMARK_HIGH = 0x2
/** The bits that choose a watermark. */
export const ALLOC_WMARK_MASK = 0x3
/** No watermark has to hold: all reserves may be used. */
export const ALLOC_NO_WATERMARKS = 0x4
/** The victim of the OOM killer may use half of the reserve (with CONFIG_MMU). */
export const ALLOC_OOM = 0x8
/** The request cannot sleep, so it may use some of the reserve (ALLOC_HARDER before 6.3). */
export const ALLOC_NON_BLOCK = 0x10
/** The same bit as `__GFP_HIGH`. */
export const ALLOC_MIN_RESERVE = 0x20
/** Only nodes of the task's cpuset. */
export const ALLOC_CPUSET = 0x40
/** Pages of CMA areas may be taken. */
export const ALLOC_CMA = 0x80
/** Rather another zone than a pageblock of another migratetype. */
export const ALLOC_NOFRAGMENT = 0x100
/** A high-order request that may use the pageblocks reserved for such. */
export const ALLOC_HIGHATOMIC = 0x200
/** The same bit as `__GFP_KSWAPD_RECLAIM`. */
export const ALLOC_KSWAPD = 0x800
/** Whatever goes below the min watermark. */
export const ALLOC_RESERVES = ALLOC_OOM | ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC

/** Tasks with a priority below it are real-time (include/linux/sched/prio.h). */
const MAX_RT_PRIO = 100

/** Adds ALLOC_CMA where movable pages may come from CMA areas (gfp_to_alloc_flags_cma). */
export function gfpToAllocFlagsCma(gfp: number, allocFlags: number, cma: boolean): number {
  return cma && gfpMigratetype(gfp) === MIGRATE_MOVABLE ? allocFlags | ALLOC_CMA : allocFlags
}

/**
 * The alloc flags of the slow path (gfp_to_alloc_flags).
 *
 * @param order of the request, in powers of two of pages
 * @param prio of the task: below 100 is real-time
 * @param preemptCount see preempt.ts
 * @param cma true if CONFIG_CMA is on
 */
export function gfpToAllocFlags(
  gfp: number,
  order: number,
  prio: number,
  preemptCount: number,
  cma = false,
): number {
  let flags = ALLOC_WMARK_MIN | ALLOC_CPUSET | (gfp & (__GFP_HIGH | __GFP_KSWAPD_RECLAIM))
  if ((gfp & __GFP_DIRECT_RECLAIM) === 0) {
    if ((gfp & __GFP_NOMEMALLOC) === 0) {
      flags |= ALLOC_NON_BLOCK
      if (order > 0 && (flags & ALLOC_MIN_RESERVE) !== 0) flags |= ALLOC_HIGHATOMIC
    }
    // An atomic request rather crosses its cpuset than fails.
    if ((flags & ALLOC_MIN_RESERVE) !== 0) flags &= ~ALLOC_CPUSET
  } else if (prio < MAX_RT_PRIO && inTask(preemptCount)) flags |= ALLOC_MIN_RESERVE
  return gfpToAllocFlagsCma(gfp, flags, cma)
}

/**
 * Which reserves a request may use, whatever the watermarks say (__gfp_pfmemalloc_flags): 0,
 * ALLOC_NO_WATERMARKS or ALLOC_OOM.
 */
export function gfpPfmemallocFlags(
  gfp: number,
  taskFlags: number,
  preemptCount: number,
  oomVictim: boolean,
): number {
  if ((gfp & __GFP_NOMEMALLOC) !== 0) return 0
  if ((gfp & __GFP_MEMALLOC) !== 0) return ALLOC_NO_WATERMARKS
  const memalloc = (taskFlags & PF_MEMALLOC) !== 0
  if (inServingSoftirq(preemptCount) && memalloc) return ALLOC_NO_WATERMARKS
  if (inInterrupt(preemptCount)) return 0
  if (memalloc) return ALLOC_NO_WATERMARKS
  return oomVictim ? ALLOC_OOM : 0
}

/** Returns true if a request may use reserves that other requests must leave (gfp_pfmemalloc_allowed). */
export function gfpPfmemallocAllowed(
  gfp: number,
  taskFlags: number,
  preemptCount: number,
  oomVictim: boolean,
): boolean {
  return gfpPfmemallocFlags(gfp, taskFlags, preemptCount, oomVictim) !== 0
}

/**
 * The flags that keep a request from fragmenting other migratetypes' pageblocks while a lower zone could serve it
 * (alloc_flags_nofragment).
 *
 * @param preferred the index of the preferred zone, -1 for none
 * @param populated a bit per zone index: the zone has pages
 * @param dma32 the index of ZONE_DMA32, -1 without one: then there is nothing to keep whole
 */
export function allocFlagsNofragment(
  gfp: number,
  preferred: number,
  onlineNodes: number,
  populated: number,
  dma32 = 1,
): number {
  const flags = gfp & __GFP_KSWAPD_RECLAIM
  // ZONE_NORMAL is right above.
  if (dma32 < 0 || preferred !== dma32 + 1) return flags
  if (onlineNodes > 1 && (populated & (1 << dma32)) === 0) return flags
  return flags | ALLOC_NOFRAGMENT
}
