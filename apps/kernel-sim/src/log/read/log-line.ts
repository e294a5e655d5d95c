/** Log line: one line of what a kernel printed, as it printed it, with what the transport of the log said of it. */

export interface LogLine {
  /** Where it stands in the file, counted from 1. Several lines stand at one place where newlines were escaped. */
  readonly line: number
  /** The message, with its indentation. */
  readonly text: string
  /** Seconds since the boot; undefined where the log does not say. */
  readonly time: number | undefined
  /** Who printed it, where the log says so: `T30` a task, `C1` an interrupt on a CPU. Lines of two CPUs are told by it. */
  readonly caller: string | undefined
}
