/** Class: requests by what they may do to get memory, as auditors of call sites sort them. */
import { __GFP_FS, __GFP_IO } from './flags.js'
import { linux6_18 } from './kernels.js'
import type { GfpLayout } from './layout.js'

/**
 * What auditors call a request: `KERNEL` may enter the filesystem, `NOFS` may do I/O, `NOIO` may only
 * reclaim what needs neither, `ATOMIC` (GFP_ATOMIC, GFP_NOWAIT and all else without `__GFP_DIRECT_RECLAIM`) may not
 * even sleep, so that no scope means anything to it.
 */
export type GfpClass = 'KERNEL' | 'NOFS' | 'NOIO' | 'ATOMIC'

/**
 * The class of a request, raw or effective. `__GFP_FS` without `__GFP_IO` is `NOIO`: what the filesystem would write
 * back needs I/O.
 *
 * @param layout the kernel that the number comes from, for one before 5.1, where `__GFP_DIRECT_RECLAIM` is another bit
 */
export function gfpClass(gfp: number, layout: GfpLayout = linux6_18): GfpClass {
  if ((gfp & layout.flags.__GFP_DIRECT_RECLAIM) === 0) return 'ATOMIC'
  if ((gfp & __GFP_IO) === 0) return 'NOIO'
  return (gfp & __GFP_FS) !== 0 ? 'KERNEL' : 'NOFS'
}
