/**
 * Node reclaims: reclaims of a node for its own sake (zone_reclaim_mode), before a request goes on to another node. The page allocator does them within a
 * search of its free lists, at once; the time that they take passes for the task after that search.
 */
import { __GFP_FS, __GFP_IO, type NodeReclaimed } from '@scopemask/allocator'

export class NodeReclaims {
  /** How many there were, and how many pages they freed. */
  count = 0
  reclaimed = 0
  /** Those that freed nothing. */
  zeroProgress = 0
  /** Those of requests that may not enter the filesystem but may do I/O, and of those that may do neither. */
  nofs = 0
  noio = 0
  /** The time of some has not passed yet. */
  untold = false
  #untold = { rounds: 0, reclaimed: 0 }

  /** Notes one. */
  add({ gfp, reclaimed, rounds }: NodeReclaimed): void {
    this.count++
    this.reclaimed += reclaimed
    if (reclaimed === 0) this.zeroProgress++
    if ((gfp & __GFP_IO) === 0) this.noio++
    else if ((gfp & __GFP_FS) === 0) this.nofs++
    this.untold = true
    this.#untold.rounds += rounds
    this.#untold.reclaimed += reclaimed
  }

  /** What has been done since this was last asked: time has to pass for it. */
  take(): { readonly rounds: number; readonly reclaimed: number } {
    const untold = this.#untold
    this.#untold = { rounds: 0, reclaimed: 0 }
    this.untold = false
    return untold
  }
}
