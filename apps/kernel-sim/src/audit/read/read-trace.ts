/** Read trace: the way from a source to events. It does not end at what is damaged, only at what is no recording. */
import type { TraceEvent } from '../trace-event.js'
import { Damage, type DamageCount } from './damage.js'
import { InputError } from './input-error.js'
import { LineSplitter } from './lines.js'
import { NdjsonReader } from './ndjson.js'
import { type Compression, CompressionError, type Source } from './source.js'

/** What was read. */
export interface Reading {
  readonly name: string
  readonly compression: Compression
  /** As stored. */
  readonly bytes: number
  readonly lines: number
  /** How many lines were empty. */
  readonly blank: number
  readonly events: number
  readonly damaged: number
  readonly damage: readonly DamageCount[]
}

/** After so many lines, and after so many bytes, without an event nobody waits for the first one any longer. */
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
  const reader = new NdjsonReader((event) => {
    events++
    sink(event)
  }, damage)
  const lines = new LineSplitter(reader)
  let bytes = 0
  try {
    for await (const chunk of source.chunks()) {
      bytes += chunk.length
      lines.push(chunk)
      progress(source)
      if (events === 0 && (lines.lines > PATIENCE.lines || bytes > PATIENCE.bytes)) break
    }
  } catch (error) {
    if (!(error instanceof CompressionError)) throw error
    damage.add('compression', lines.lines + 1, error.message)
  }
  lines.end()
  if (bytes === 0 && damage.total === 0) throw new InputError(`${source.name} is empty`)
  if (events === 0) throw noRecording(source.name, lines.lines, damage)
  return {
    name: source.name,
    compression: source.compression,
    bytes: source.read,
    lines: lines.lines,
    blank: reader.blank,
    events,
    damaged: damage.total,
    damage: damage.counts(),
  }
}

function noRecording(name: string, lines: number, damage: Damage): InputError {
  const [first] = damage.counts().flatMap(({ samples }) => samples)
  const why = first === undefined ? 'they are empty' : `line ${first.line}: ${first.what}`
  return new InputError(
    `${name} is no recording of kernel-sim: none of its first ${lines} lines is an event (${why})`,
  )
}
