/** Trace reader: what the readers of all formats have in common. */
import type { LineSink } from './lines.js'
import type { RecorderNote } from './recorder-note.js'

/** Reads the lines of one recording and passes its events on. */
export interface TraceReader extends LineSink {
  /** The recording has ended: events that were held back are passed on. */
  end(): void
  /** How many lines were read. */
  readonly lineCount: number
  /** How many of them were empty or comments. */
  readonly blank: number
  /** How many events there were that an audit has no use for. */
  readonly ignored: number
  /** How many events the recorder says it lost. */
  readonly lost: number
  /** What the recorder says of the recording. */
  readonly notes: readonly RecorderNote[]
}

/** At most 60 characters, without control characters: how damage is shown. */
export function excerpt(line: string): string {
  const cut = line.length > 60 ? `${line.slice(0, 57)}...` : line
  return cut.replace(/\p{Cc}/gu, '·')
}
