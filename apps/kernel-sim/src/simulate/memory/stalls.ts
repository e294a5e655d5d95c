/** Stalls: the direct reclaims of tasks (mm_vmscan_direct_reclaim_begin and _end), in constant memory. */
import { __GFP_FS, __GFP_IO } from '@scopemask/allocator'
import { Histogram } from '../measure/histogram.js'

export interface Stall {
  readonly task: string
  /** As the request asks for memory, filtered by the scopes of its task. */
  readonly gfp: number
  /** ns. */
  readonly time: number
  /** Pages. */
  readonly reclaimed: number
}

/** A quantile of times is off by 0.4 % at most, and numbers of pages below 256 are told apart. */
const PER_OCTAVE = 128

export class Stalls {
  /** ns. */
  readonly times = new Histogram(PER_OCTAVE)
  /** Pages: a quantile, rounded down, is exact below 256. */
  readonly reclaimed = new Histogram(PER_OCTAVE)
  zeroProgress = 0
  /** Those of requests that may enter the filesystem, and of those that may not but may do I/O. */
  fs = 0
  nofs = 0
  /** By task. */
  readonly byTask = new Map<string, number>()

  /** Is told of each when it is over. */
  onStall: ((stall: Stall) => void) | null = null

  get count(): number {
    return this.times.count
  }

  /** Notes one. */
  add(stall: Stall): void {
    const { task, gfp, time, reclaimed } = stall
    this.onStall?.(stall)
    this.times.add(time)
    this.reclaimed.add(reclaimed)
    if (reclaimed === 0) this.zeroProgress++
    if ((gfp & __GFP_FS) !== 0) this.fs++
    else if ((gfp & __GFP_IO) !== 0) this.nofs++
    this.byTask.set(task, (this.byTask.get(task) ?? 0) + 1)
  }
}
