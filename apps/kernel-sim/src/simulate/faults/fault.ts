/** Fault: what goes wrong with a machine while it runs, and when. Times are ns since the run began. */

/** The disk serves nothing for a while; what it is serving goes on when the stall is over. */
export interface DiskStall {
  readonly type: 'disk-stall'
  readonly at: number
  readonly length: number
}

/** The disk takes so many times as long for everything. */
export interface DiskSlow {
  readonly type: 'disk-slow'
  readonly at: number
  /** Infinity for the rest of the run. */
  readonly length: number
  readonly times: number
}

/** A balloon takes memory away, and gives it back. */
export interface MemoryTaken {
  readonly type: 'memory-taken'
  readonly at: number
  /** Infinity for the rest of the run. */
  readonly length: number
  readonly pages: number
}

export type Fault = DiskStall | DiskSlow | MemoryTaken
