/** Gfp: the flags of the kernel that is modelled: Linux 6.18, configured with lockdep, so that `__GFP_NOLOCKDEP` has a bit. */
import {
  __GFP_FS,
  __GFP_HIGH,
  __GFP_KSWAPD_RECLAIM,
  gfpLayout,
  needReclaim,
} from '@scopemask/allocator'

export const LAYOUT = gfpLayout('6.18', { lockdep: true })

/** Must not sleep, and may use reserves; wakes kswapd (include/linux/gfp_types.h). */
export const GFP_ATOMIC = __GFP_HIGH | __GFP_KSWAPD_RECLAIM
/** Must not sleep; wakes kswapd. */
export const GFP_NOWAIT = __GFP_KSWAPD_RECLAIM

/** For allocations of which lockdep would warn for nothing: they do not count as ones that may enter the filesystem. */
export const __GFP_NOLOCKDEP = LAYOUT.flags.__GFP_NOLOCKDEP

/** Returns true if lockdep takes a request, filtered already, as one that enters the filesystem (fs_reclaim_acquire). */
export function takesFsReclaim(effective: number): boolean {
  return needReclaim(LAYOUT, 0, effective) && (effective & __GFP_FS) !== 0
}
