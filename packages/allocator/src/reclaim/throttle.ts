/** Throttle: when a task that reclaims has to wait for others to make progress (mm/vmscan.c, 6.1). */
import { __GFP_FS } from '../gfp/flags.js'
import { mayEnterFs } from '../gfp/reclaim.js'
import { gfpZoneIndex, ZONE_NORMAL } from '../gfp/zone.js'
import { PF, PF_KSWAPD } from '../task/flags.js'

/** How often kswapd may fail before it is given up on, and reclaimers are not held back for it. */
export const MAX_RECLAIM_RETRIES = 16

/** Why reclaim waits (enum vmscan_throttle_state). */
export type ThrottleReason = 'writeback' | 'isolated' | 'noprogress' | 'congested'

/**
 * How long a reclaimer waits, in jiffies; null for not at all (reclaim_throttle). Kernel threads other than kswapd do not: others
 * may wait for them.
 *
 * @param skipNoprogress skip_throttle_noprogress(): kswapd has given up, or enough pages are in writeback
 */
export function reclaimThrottle(
  taskFlags: number,
  reason: ThrottleReason,
  skipNoprogress: boolean,
  hz = 250,
): number | null {
  const worker = PF.flags.KTHREAD | PF.flags.IO_WORKER
  if ((taskFlags & PF_KSWAPD) === 0 && (taskFlags & worker) !== 0) return null
  switch (reason) {
    case 'writeback':
      return Math.floor(hz / 10)
    case 'isolated':
      return Math.floor(hz / 50)
    case 'congested':
    case 'noprogress':
      return skipNoprogress ? null : 1
  }
}

/** A zone as far as throttling asks. */
export interface ReclaimZone {
  /** Its index. */
  readonly index: number
  /** Pages. */
  readonly free: number
  /** Its min watermark, pages. */
  readonly min: number
  /** Pages that could be reclaimed. */
  readonly reclaimable: number
}

/**
 * Returns true if a node has enough left of its reserves that direct reclaim may go on (allow_direct_reclaim): more
 * than half of the min watermarks of the zones that reclaim can help.
 */
export function allowDirectReclaim(zones: readonly ReclaimZone[], kswapdFailures: number): boolean {
  if (kswapdFailures >= MAX_RECLAIM_RETRIES) return true
  let reserve = 0
  let free = 0
  for (const zone of zones) {
    // The kernel itself has no reserve in those above.
    if (zone.index > ZONE_NORMAL || zone.reclaimable === 0) continue
    reserve += zone.min
    free += zone.free
  }
  return reserve === 0 || free > Math.floor(reserve / 2)
}

/** How a reclaimer waits until kswapd has restored the reserves. */
export interface DirectReclaimWait {
  /** kswapd is woken first. */
  readonly wakeKswapd: true
  /** A reclaimer that may not enter the filesystem may hold what kswapd needs: it waits this many jiffies at most. Null for ever. */
  readonly timeout: number | null
}

/**
 * Returns how a task has to wait before it may reclaim; null when it need not (throttle_direct_reclaim). After the wait
 * {@link givesUpReclaim} says whether to go on.
 */
export function throttleDirectReclaim(
  gfp: number,
  taskFlags: number,
  fatalSignal: boolean,
  zones: readonly ReclaimZone[],
  kswapdFailures: number,
  hz = 250,
): DirectReclaimWait | null {
  if ((taskFlags & PF.flags.KTHREAD) !== 0 || fatalSignal) return null
  const highest = Math.min(gfpZoneIndex(gfp), ZONE_NORMAL)
  if (!zones.some(({ index }) => index <= highest)) return null
  if (allowDirectReclaim(zones, kswapdFailures)) return null
  return { wakeKswapd: true, timeout: (gfp & __GFP_FS) === 0 ? hz : null }
}

/** Returns true if a task that has waited gives reclaim up: it is about to die (the end of throttle_direct_reclaim). */
export function givesUpReclaim(wait: DirectReclaimWait | null, fatalSignal: boolean): boolean {
  return wait !== null && fatalSignal
}

/** What reclaim does with a page that is under writeback. */
export type WritebackCase =
  /** kswapd meets pages that it has seen before: writeback is too slow, activate them and take note. */
  | 'immediate'
  /** Mark the page for reclaim when it is clean, and go on. */
  | 'mark'
  /** Wait for the writeback. */
  | 'wait'

/** A page under writeback. */
export interface WritebackPage {
  /** The page is in the swap cache. */
  readonly swapcache: boolean
  /** Swap through a filesystem. */
  readonly swapFsOps: boolean
  /** Reclaim has met it before. */
  readonly reclaim: boolean
}

/**
 * What reclaim does with it (shrink_folio_list).
 *
 * @param kswapd true if kswapd reclaims
 * @param writebackFlag true if the node has been marked as full of writeback
 * @param sane writeback_throttling_sane(): writers are throttled, so nobody has to wait here
 */
export function writebackCase(
  gfp: number,
  page: WritebackPage,
  kswapd: boolean,
  writebackFlag: boolean,
  sane: boolean,
): WritebackCase {
  if (kswapd && page.reclaim && writebackFlag) return 'immediate'
  const may = mayEnterFs(gfp, page.swapcache, page.swapFsOps)
  return sane || !page.reclaim || !may ? 'mark' : 'wait'
}
