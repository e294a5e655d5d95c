/** Wait reason: what a task of the machine waits for, as the number that it says before it yields WAIT (CpuTask.reason). */

export enum WaitReason {
  /** A time, or work: it does not want to run. */
  NONE = 0,
  /** A page that is being read in. */
  READ = 1,
  /** A place in the queue of a disk. */
  QUEUE = 2,
  /** Pages or blocks that are being written. */
  WRITE = 3,
  /** It has dirtied too much (balance_dirty_pages). */
  DIRTY = 4,
  /** A transaction: to be let into one, or to see one committed. */
  JOURNAL = 5,
  /** Reclaim has made it wait (reclaim_throttle, throttle_direct_reclaim). */
  THROTTLE = 6,
  /** Another task, which holds a lock or has work to do first. */
  LOCK = 7,
}

export const WAIT_REASONS = 8

/** Those in which a task sleeps in io_schedule() and counts as waiting for I/O (task->in_iowait). */
const IO =
  (1 << WaitReason.READ) |
  (1 << WaitReason.QUEUE) |
  (1 << WaitReason.WRITE) |
  (1 << WaitReason.DIRTY)

/** Returns true if a task that waits for this counts as waiting for I/O. */
export function isIoWait(reason: number): boolean {
  return (IO & (1 << reason)) !== 0
}
