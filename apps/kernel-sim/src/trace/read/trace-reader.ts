/** Trace reader: what the readers of all formats have in common. */
import type { LineSink } from './lines.js'
import { LostEvents } from './lost-events.js'
import type { RecorderNote } from './recorder-note.js'

/** So many names of events that nobody has a use for are kept: to say what a recording has that has nothing else. */
const NAMES = 4

/** What a reader counts, beside events. */
export class LineCounts {
  /** How many lines were read. */
  lines = 0
  /** How many of them were empty or comments. */
  blank = 0
  /** How many events there were that an audit has no use for, and the first names of them. */
  ignored = 0
  readonly ignoredNames: string[] = []
  /** What the recorder says it lost. */
  readonly lost = new LostEvents()
  /** How many stacks belong to no event of the recording: their events were filtered away, or lost. */
  strayStacks = 0
  /** What its times are: seconds, kept in nanoseconds, or ticks of a clock that has no seconds (x86-tsc, counter). */
  clock: 'seconds' | 'ticks' = 'seconds'

  /** Counts an event that an audit has no use for. */
  ignore(name: string): void {
    this.ignored++
    if (this.ignoredNames.length < NAMES && !this.ignoredNames.includes(name)) {
      this.ignoredNames.push(name)
    }
  }
}

/** Reads the lines of one recording and passes its events on. */
export interface TraceReader extends LineSink {
  /** The recording has ended: events that were held back are passed on. */
  end(): void
  readonly counts: Readonly<LineCounts>
  /** What the recorder says of the recording. */
  readonly notes: readonly RecorderNote[]
}

/** At most 60 characters, without control characters: how damage is shown. */
export function excerpt(line: string): string {
  const cut = line.length > 60 ? `${line.slice(0, 57)}...` : line
  return cut.replace(/\p{Cc}/gu, '·')
}
