/** Lines fact: the lines of source that the frames of a report came from, as part of the report. */
import type { SourceLine } from '../../trace/symbolize/source-line.js'

/** What is known of the frames. */
export interface LinesFact {
  /** The binaries that have any of them. */
  readonly binaries: readonly string[]
  /** Distinct frames, and how many of them have a line. */
  readonly frames: number
  readonly located: number
  /** Frames of functions that no binary has, and of functions of which there are several. */
  readonly missing: number
  readonly ambiguous: number
  /** Frames that are not in the function that they name. */
  readonly contradicting: number
  /** The lines of each frame: the innermost inlined function first, the function on the stack last. */
  readonly lines: Readonly<Record<string, readonly SourceLine[]>>
}
