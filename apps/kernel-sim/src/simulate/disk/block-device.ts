/** Block device: what a filesystem reads from and writes to: a disk, or something that is put on one. */
import type { CpuTask, LiveSteps } from '@scopemask/checker/live'

/** Reads or writes bytes; `done` is called when that is over. */
export interface BlockRequest {
  readonly write: boolean
  readonly bytes: number
  readonly done: () => void
}

export interface BlockDevice {
  /** The largest request, in pages. */
  readonly maxPages: number
  /** Submits a request, and waits until it is accepted. */
  submit(task: CpuTask, request: BlockRequest): LiveSteps
}
