/** Read trace: the way from a source to events. It does not end at what is damaged, only at what is no recording. */

import { InputError } from '../../input-error.js'
import type { TraceEvent } from '../event.js'
import { Damage, type DamageCount } from './damage.js'
import { detect, readerFor, type TraceFormat } from './detect.js'
import { LineSplitter } from './lines.js'
import type { LostEvents, LostOnCpu } from './lost-events.js'
import type { RecorderNote } from './recorder-note.js'
import { type Compression, CompressionError, type Source } from './source.js'
import type { TraceReader } from './trace-reader.js'

/** What was read. */
export interface Reading {
  readonly name: string
  readonly compression: Compression
  readonly format: TraceFormat
  /** As stored. */
  readonly bytes: number
  readonly lines: number
  /** How many lines were empty or comments. */
  readonly blank: number
  readonly events: number
  /** How many events there were that an audit has no use for. */
  readonly ignored: number
  /** How many events the recorder says it lost, as far as it gives numbers. */
  readonly lost: number
  /** At how many places events are missing, and at how many of them without a number. */
  readonly gaps: number
  readonly uncountedGaps: number
  /** The same for each CPU, where the recording tells. */
  readonly lostByCpu: readonly LostOnCpu[]
  /** How many stacks belong to no event: a filter dropped it, or the buffer was full. */
  readonly strayStacks: number
  /** What times are: seconds, or ticks of a clock that has none (x86-tsc, counter). */
  readonly clock: 'seconds' | 'ticks'
  /** What the recorder says of it; of each, where several recordings are joined. */
  readonly recorders: readonly RecorderNote[]
  readonly damaged: number
  readonly damage: readonly DamageCount[]
}

/** A recording that is being read. */
interface Input {
  readonly format: TraceFormat
  /** Whether any line told the format. */
  readonly told: boolean
  readonly reader: TraceReader
  readonly lines: LineSplitter
}

/** How many bytes at the beginning are looked at to tell the format: first, and at most. */
const BEGINNING = { first: 1 << 16, most: 1 << 21 }

/** After so many lines, or after so many bytes, without an event nobody waits for the first one any longer. */
const PATIENCE = { lines: 10_000, bytes: 1 << 26 }

/**
 * Reads a recording to its end and passes its events on, in order. Memory does not grow with its length.
 *
 * @param progress is called after each piece, a few times per megabyte.
 * @throws InputError when it cannot be read, is empty, or has no event.
 */
export async function readTrace(
  source: Source,
  sink: (event: TraceEvent) => void,
  progress: (source: Source) => void = () => {},
): Promise<Reading> {
  const damage = new Damage()
  let events = 0
  const count = (event: TraceEvent): void => {
    events++
    sink(event)
  }
  let bytes = 0
  const beginning: Buffer[] = []
  let look = BEGINNING.first
  let input: Input | undefined
  try {
    for await (const chunk of source.chunks()) {
      bytes += chunk.length
      if (input !== undefined) input.lines.push(chunk)
      else {
        beginning.push(Buffer.from(chunk))
        if (bytes >= look) {
          input = begin(beginning, count, damage, bytes < BEGINNING.most)
          look = bytes * 2
        }
      }
      progress(source)
      if (events === 0 && isHopeless(bytes, input)) break
    }
  } catch (error) {
    if (!(error instanceof CompressionError)) throw error
    input ??= begin(beginning, count, damage, false)
    damage.add('compression', input.reader.counts.lines + 1, error.message)
  }
  const { format, reader, lines } = input ?? begin(beginning, count, damage, false)
  lines.end()
  reader.end()
  if (bytes === 0 && damage.total === 0) throw new InputError(`${source.name} is empty`)
  if (events === 0) throw noRecording(source.name, reader.counts.lines, damage)
  return {
    name: source.name,
    compression: source.compression,
    format,
    bytes: source.read,
    lines: reader.counts.lines,
    blank: reader.counts.blank,
    events,
    ignored: reader.counts.ignored,
    ...lossOf(reader.counts.lost),
    strayStacks: reader.counts.strayStacks,
    clock: reader.counts.clock,
    recorders: reader.notes,
    damaged: damage.total,
    damage: damage.counts(),
  }
}

function lossOf(lost: LostEvents): Pick<Reading, 'lost' | 'gaps' | 'uncountedGaps' | 'lostByCpu'> {
  const { events, gaps, uncounted } = lost
  return { lost: events, gaps, uncountedGaps: uncounted, lostByCpu: lost.byCpu() }
}

/**
 * Reads what came until the format could be told. Where it cannot, undefined is returned if there is `more` to come;
 * else it is taken for NDJSON, which says what is wrong.
 */
function begin(
  beginning: readonly Buffer[],
  sink: (event: TraceEvent) => void,
  damage: Damage,
  more: false,
): Input
function begin(
  beginning: readonly Buffer[],
  sink: (event: TraceEvent) => void,
  damage: Damage,
  more: boolean,
): Input | undefined
function begin(
  beginning: readonly Buffer[],
  sink: (event: TraceEvent) => void,
  damage: Damage,
  more: boolean,
): Input | undefined {
  const first = Buffer.concat(beginning)
  const format = detect(first.toString('latin1'))
  if (format === undefined && more) return undefined
  const reader = readerFor(format ?? 'ndjson', sink, damage)
  const lines = new LineSplitter(reader)
  // What has no line of any format has no event: a part of it will do to say why.
  lines.push(format === undefined ? first.subarray(0, BEGINNING.first) : first)
  return { format: format ?? 'ndjson', told: format !== undefined, reader, lines }
}

function isHopeless(bytes: number, input: Input | undefined): boolean {
  return (
    input?.told === false ||
    bytes > PATIENCE.bytes ||
    (input?.reader.counts.lines ?? 0) > PATIENCE.lines
  )
}

function noRecording(name: string, lines: number, damage: Damage): InputError {
  const [first] = damage.counts().flatMap(({ samples }) => samples)
  const why = first === undefined ? 'they are empty' : `line ${first.line}: ${first.what}`
  return new InputError(
    `${name} is no recording of kernel-sim: none of its first ${lines} lines is an event (${why})`,
  )
}
