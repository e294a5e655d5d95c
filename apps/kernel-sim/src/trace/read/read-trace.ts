/** Read trace: the way from a source to events. It does not end at what is damaged, only at what is no recording. */

import { InputError } from '../../input-error.js'
import type { TraceEvent } from '../event.js'
import { type KernelVersion, kernelOfText, UNKNOWN_KERNEL } from '../kernel-version.js'
import { Damage, type DamageCount } from './damage.js'
import { DAT_MAGIC } from './dat/container.js'
import { DatError } from './dat/dat-error.js'
import { memoryAccess, type RandomAccess } from './dat/random-access.js'
import { readDat } from './dat/read-dat.js'
import { detect, NDJSON, type TextFormat } from './detect.js'
import { LineSplitter } from './lines.js'
import type { LostEvents, LostOnCpu } from './lost-events.js'
import type { RecorderNote } from './recorder-note.js'
import { wayOut } from './refusal.js'
import { type Compression, CompressionError, type Source } from './source.js'
import type { LineCounts, TraceReader } from './trace-reader.js'

/** The formats of recordings: texts, and the file that trace-cmd writes. */
export type TraceFormat = TextFormat | 'trace.dat'

/** What was read. */
export interface Reading {
  /** What the recording is called in the report. */
  readonly name: string
  /** `several` where recordings are joined that differ in it. */
  readonly compression: Compression | 'several'
  /** `several` where recordings are joined that differ in it. */
  readonly format: TraceFormat | 'several'
  /** As stored. */
  readonly bytes: number
  /** Lines; of a trace.dat its records. */
  readonly lines: number
  /** How many lines were empty or comments. */
  readonly blank: number
  /** How many events were read that an audit uses. */
  readonly events: number
  /** How many events there were that an audit has no use for. */
  readonly ignored: number
  /** How many events the recorder says it lost, as far as it gives numbers. */
  readonly lost: number
  /** At how many places events are missing, and at how many of them without a number. */
  readonly gaps: number
  /** At how many of those places nobody knows how many. */
  readonly uncountedGaps: number
  /** The same for each CPU, where the recording tells. */
  readonly lostByCpu: readonly LostOnCpu[]
  /** How many stacks belong to no event: a filter dropped it, or the buffer was full. */
  readonly strayStacks: number
  /** What times are: seconds, or ticks of a clock that has none (x86-tsc, counter). */
  readonly clock: 'seconds' | 'ticks' | 'several'
  /** What the recording tells of the version of its kernel. */
  readonly kernel: KernelVersion
  /** What the recorder says of it; of each, where several recordings are joined. */
  readonly recorders: readonly RecorderNote[]
  /** How many lines or records were damaged. */
  readonly damaged: number
  /** What the damage is, with samples. */
  readonly damage: readonly DamageCount[]
}

/** A recording that is being read. */
interface Input {
  readonly format: TextFormat
  /** True if any line told the format. */
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
 * @param begin is told before the first event what the recording tells of its kernel.
 * @throws InputError when it cannot be read, is empty, or has no event.
 */
export async function readTrace(
  source: Source,
  sink: (event: TraceEvent) => void,
  progress: (source: Source) => void = () => {},
  begin: (kernel: KernelVersion) => void = () => {},
): Promise<Reading> {
  const damage = new Damage()
  let events = 0
  const count = (event: TraceEvent): void => {
    events++
    sink(event)
  }
  const options = { source, sink: count, damage, progress: () => progress(source) }
  let kernel = UNKNOWN_KERNEL
  const told = (version: KernelVersion): void => {
    kernel = version
    begin(version)
  }
  const isDat = await isTraceDat(source)
  if (!isDat) told(kernelOfText((await source.beginning(BEGINNING.first)).toString('latin1')))
  const { format, counts, notes, isEmpty } = isDat
    ? await readBinary(options, told)
    : await readText(options, () => events)
  if (isEmpty && damage.total === 0) throw new InputError(`${source.name} is empty`)
  if (events === 0) throw noRecording({ name: source.name, format, counts, damage })
  return {
    name: source.name,
    compression: source.compression,
    format,
    bytes: source.read,
    lines: counts.lines,
    blank: counts.blank,
    events,
    ignored: counts.ignored,
    ...lossOf(counts.lost),
    strayStacks: counts.strayStacks,
    clock: counts.clock,
    kernel,
    recorders: notes,
    damaged: damage.total,
    damage: damage.counts(),
  }
}

interface ReadOptions {
  readonly source: Source
  readonly sink: (event: TraceEvent) => void
  readonly damage: Damage
  readonly progress: () => void
}

/** What the readers of all formats tell at the end. */
interface Outcome {
  readonly format: TraceFormat
  readonly counts: Readonly<LineCounts>
  readonly notes: readonly RecorderNote[]
  readonly isEmpty: boolean
}

async function isTraceDat(source: Source): Promise<boolean> {
  return (await source.beginning(DAT_MAGIC.length)).toString('latin1') === DAT_MAGIC
}

/** Reads a trace.dat: a file at any place, anything else held whole, since its head says where things are. */
async function readBinary(
  { source, sink, damage, progress }: ReadOptions,
  begin: (kernel: KernelVersion) => void,
): Promise<Outcome> {
  const read = (file: RandomAccess): Promise<LineCounts> =>
    readDat({ file, name: source.name, sink, damage, progress, begin })
  try {
    const counts =
      (await source.randomly(read)) ?? (await read(memoryAccess(await whole(source, damage))))
    return { format: 'trace.dat', counts, notes: [], isEmpty: false }
  } catch (error) {
    if (!(error instanceof DatError)) throw error
    throw new InputError(`${source.name} is a damaged trace.dat: ${error.message}`)
  }
}

async function whole(source: Source, damage: Damage): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of source.chunks()) chunks.push(Buffer.from(chunk))
  } catch (error) {
    if (!(error instanceof CompressionError)) throw error
    damage.add('compression', 0, error.message)
  }
  return Buffer.concat(chunks)
}

async function readText(
  { source, sink, damage, progress }: ReadOptions,
  events: () => number,
): Promise<Outcome> {
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
          input = begin(beginning, sink, damage, bytes < BEGINNING.most)
          look = bytes * 2
        }
      }
      progress()
      if (events() === 0 && isHopeless(bytes, input)) break
    }
  } catch (error) {
    if (!(error instanceof CompressionError)) throw error
    input ??= begin(beginning, sink, damage, false)
    damage.add('compression', input.reader.counts.lines + 1, error.message)
  }
  const { format, reader, lines } = input ?? begin(beginning, sink, damage, false)
  lines.end()
  reader.end()
  return { format, counts: reader.counts, notes: reader.notes, isEmpty: bytes === 0 }
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
  const form = detect(first.toString('latin1'))
  if (form === undefined && more) return undefined
  const { name, open } = form ?? NDJSON
  const reader = open(sink, damage)
  const lines = new LineSplitter(reader)
  // What has no line of any format has no event: a part of it will do to say why.
  lines.push(form === undefined ? first.subarray(0, BEGINNING.first) : first)
  return { format: name, told: form !== undefined, reader, lines }
}

function isHopeless(bytes: number, input: Input | undefined): boolean {
  return (
    input?.told === false ||
    bytes > PATIENCE.bytes ||
    (input?.reader.counts.lines ?? 0) > PATIENCE.lines
  )
}

/** What a text is called that has events of no use. */
const TEXTS: Readonly<Record<TraceFormat, string>> = {
  ndjson: 'a recording of kernel-sim record',
  ftrace: 'a recording of ftrace',
  perf: 'a text of perf script',
  'trace.dat': 'a recording of trace-cmd',
}

function noRecording({
  name,
  format,
  counts,
  damage,
}: Pick<Outcome, 'format' | 'counts'> & {
  readonly name: string
  readonly damage: Damage
}): InputError {
  const { lines, ignored, ignoredNames } = counts
  const samples = damage.counts().flatMap((found) => found.samples)
  const [first] = samples
  const where = first === undefined ? undefined : `line ${first.line}: ${first.what}`
  if (ignored > 0) {
    const more = ignoredNames.length > 3 ? ', ...' : ''
    const wrong = where === undefined ? '' : `; ${where}`
    return new InputError(
      `${name} is ${TEXTS[format]}, but none of its events is one that kernel-sim reads: it has ${ignoredNames.slice(0, 3).join(', ')}${more}${wrong}; record kmem:kmalloc, kmem:kmem_cache_alloc, kmem:mm_page_alloc, workqueue and vmscan`,
    )
  }
  const way = wayOut(samples.map(({ what }) => what))
  const said = where ?? 'they are empty'
  return new InputError(
    `${name} is not a recording that kernel-sim reads: none of its first ${lines} lines is an event (${said})${way === undefined ? '' : `; ${way}`}`,
  )
}
