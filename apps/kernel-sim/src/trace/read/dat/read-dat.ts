/**
 * Read dat: a trace.dat of trace-cmd, from its bytes to events. The CPUs of all buffers are merged by time; memory does not grow
 * with the length of the recording.
 */
import { probedBy, withoutProbes } from '../../attribute/probe-functions.js'
import type { TraceEvent } from '../../event.js'
import { type KernelVersion, kernelOfRelease } from '../../kernel-version.js'
import { Names } from '../../names.js'
import { Stack } from '../../stack.js'
import { ByteTable, fromText } from '../byte-table.js'
import type { Damage } from '../damage.js'
import { HeldEvents } from '../held-events.js'
import { type Head, newHead } from '../make-event.js'
import type { Level, StackPlace } from '../stack-owner.js'
import { LineCounts } from '../trace-reader.js'
import { type DatContainer, readContainer } from './container.js'
import { CpuStream } from './cpu-stream.js'
import type { Field } from './event-format.js'
import { gfpTranslation } from './flag-names.js'
import type { RandomAccess } from './random-access.js'
import { hexadecimal, type RecordReader, recordReader } from './records.js'
import { Symbols } from './symbols.js'

/** Clocks that count nanoseconds (Documentation/trace/ftrace.rst). */
const NANOSECONDS = new Set(['local', 'global', 'mono', 'mono_raw', 'boot', 'tai', 'perf'])

/** Bits of `common_flags` (include/linux/trace_events.h): what runs on top of the task. */
const HARD_IRQ = 0x08
const SOFT_IRQ = 0x10
const NMI = 0x40

export interface DatOptions {
  readonly file: RandomAccess
  /** What to call it in messages. */
  readonly name: string
  readonly sink: (event: TraceEvent) => void
  readonly damage: Damage
  /** Is called after each piece. */
  readonly progress: () => void
  /** Is told before the first event what the file tells of its kernel. */
  readonly begin: (kernel: KernelVersion) => void
}

/** Reads a recording to its end. @throws InputError when it has no events, DatError when its head is damaged. */
export async function readDat(options: DatOptions): Promise<LineCounts> {
  const container = await readContainer(options.file, options.name)
  options.begin(kernelOfRelease(container.release))
  return await new DatReader(options, container).read()
}

/** A stack as it is in a record. */
interface RecordedStack {
  readonly stack: Stack
  readonly probe: string | undefined
}

/** How records of one kind are read. */
type Reader = RecordReader | 'kernel-stack' | 'nothing'

/** A stream that has records, and where its events wait for their stacks. */
interface Source {
  readonly stream: CpuStream
  /** Stands for its CPU in `HeldEvents`: each buffer has stacks of its own. */
  readonly slot: number
}

class DatReader {
  readonly #options: DatOptions
  readonly #container: DatContainer
  readonly #counts = new LineCounts()
  readonly #held: HeldEvents
  readonly #readers: Reader[] = []
  readonly #eventNames: string[] = []
  readonly #symbols: Symbols
  readonly #names = new Names()
  readonly #commands: ReadonlyMap<number, string>
  readonly #stacks: ByteTable<RecordedStack>
  readonly #common: { readonly flags: Field; readonly pid: Field }
  readonly #head: Head = newHead()
  readonly #place: StackPlace = { cpu: 0, pid: 0, level: 0 }
  /** Where the frames of a stack are in its record. */
  #frames = 16

  constructor(options: DatOptions, container: DatContainer) {
    this.#options = options
    this.#container = container
    this.#held = new HeldEvents(options.sink)
    this.#symbols = new Symbols(container.kallsyms)
    this.#commands = commandNames(container.commands)
    this.#stacks = new ByteTable((bytes, start, end) => this.#stackOf(bytes, start, end))
    const { clock, toNanoseconds } = container
    if (toNanoseconds === undefined && clock !== undefined && !NANOSECONDS.has(clock)) {
      this.#counts.clock = 'ticks'
    }
    this.#common = this.#readFormats()
  }

  async read(): Promise<LineCounts> {
    if (this.#symbols.areHidden) {
      const what =
        'the addresses of functions are hidden in it (kptr_restrict): functions have no names'
      this.#options.damage.add('symbols', 0, what)
    }
    let sources = await this.#open()
    while (sources.length > 0) {
      sources = await this.#refill(sources, this.#merge(sources))
      this.#options.progress()
    }
    this.#held.end()
    return this.#counts
  }

  /** Prepares a reader for each kind of record. Returns where the values that all records have are. */
  #readFormats(): { flags: Field; pid: Field } {
    const { formats, littleEndian } = this.#container
    const printed = formats.find(({ name }) => name === 'mm_page_alloc')
    const anyPrinted = formats.find(({ print }) => print.includes('"GFP_KERNEL"'))
    const meaning = {
      littleEndian,
      symbols: this.#symbols,
      gfp: gfpTranslation((printed ?? anyPrinted)?.print ?? ''),
      texts: new ByteTable(fromText((text) => text)),
      addresses: new ByteTable((bytes, start, end) => addressIn(bytes, start, end, littleEndian)),
    }
    let common = { flags: COMMON_FLAGS, pid: COMMON_PID }
    for (const format of formats) {
      const { id, name, fields } = format
      const flags = fields.get('common_flags')
      const pid = fields.get('common_pid')
      if (flags !== undefined && pid !== undefined) common = { flags, pid }
      this.#eventNames[id] = name
      if (name === 'kernel_stack') {
        this.#frames = fields.get('caller')?.offset ?? this.#frames
        this.#readers[id] = 'kernel-stack'
        continue
      }
      const reader = recordReader(format, meaning) ?? 'nothing'
      this.#readers[id] = typeof reader === 'object' && 'missing' in reader ? 'nothing' : reader
      if (typeof reader === 'object' && 'missing' in reader) {
        this.#options.damage.add('invalid', 0, `${name}: its format has no "${reader.missing}"`)
      }
    }
    return common
  }

  /** The streams of all buffers, at their first records. */
  async #open(): Promise<Source[]> {
    const { container, file, damage } = { container: this.#container, ...this.#options }
    // The clock of the time of day is far above what a double holds exactly.
    const base = this.#container.clock === 'tai' ? TAI_BASE : 0n
    const sources: Source[] = []
    for (const buffer of container.buffers) {
      for (const pages of buffer.cpus) {
        const slot = sources.length
        const watcher = {
          damage,
          lost: this.#counts.lost,
          onLoss: () => this.#held.forget(slot),
          records: () => this.#counts.lines,
        }
        const { pageSize } = buffer
        const stream = new CpuStream({ file, container, pages, pageSize, base, watcher })
        sources.push({ stream, slot })
      }
    }
    return await this.#refill(sources, undefined)
  }

  /** Loads more for the stream that has come to the end of its pages; for all, at first. Returns those that go on. */
  async #refill(sources: readonly Source[], empty: Source | undefined): Promise<Source[]> {
    const left: Source[] = []
    for (const source of sources) {
      if (empty !== undefined && source !== empty) left.push(source)
      else if (await hasMore(source.stream)) left.push(source)
    }
    return left
  }

  /** Takes records in the order of their times until a stream needs more pages. Returns that stream. */
  #merge(sources: readonly Source[]): Source {
    for (;;) {
      let first = sources[0] as Source
      let limit = Number.POSITIVE_INFINITY
      for (let i = 1; i < sources.length; i++) {
        const source = sources[i] as Source
        if (source.stream.time < first.stream.time) {
          limit = first.stream.time
          first = source
        } else if (source.stream.time < limit) limit = source.stream.time
      }
      const { stream } = first
      do {
        this.#record(first)
        if (!stream.advance()) return first
      } while (stream.time < limit)
    }
  }

  #record({ stream, slot }: Source): void {
    const { view, start, length } = stream
    const { littleEndian } = this.#container
    const { flags, pid } = this.#common
    this.#counts.lines++
    if (length < SHORTEST) {
      this.#options.damage.add('invalid', this.#counts.lines, 'a record without a head')
      return
    }
    const id = view.getUint16(start, littleEndian)
    const reader = this.#readers[id]
    const place = this.#place
    const commonFlags = view.getUint8(start + flags.offset)
    place.cpu = slot
    place.pid = view.getInt32(start + pid.offset, littleEndian)
    place.level = levelOf(commonFlags)
    if (typeof reader === 'object') this.#event(reader, stream, id)
    else if (reader === 'kernel-stack') {
      const end = start + length
      const { stack, probe } = this.#stacks.get(view, start + this.#frames, end)
      if (!this.#held.stack(place, stack, probe)) this.#counts.strayStacks++
    } else if (reader === 'nothing') {
      this.#counts.ignore(this.#eventNames[id] ?? '')
      this.#held.add(place, { name: this.#eventNames[id] ?? '', event: undefined, settled: true })
    } else {
      this.#options.damage.add(
        'unknown-event',
        this.#counts.lines,
        `the file has no format of event ${id}`,
      )
    }
  }

  #event(
    { read, shortest }: RecordReader,
    { view, start, length, time, cpu }: CpuStream,
    id: number,
  ): void {
    const place = this.#place
    const head = this.#head
    const { toNanoseconds } = this.#container
    head.line = this.#counts.lines
    head.time =
      toNanoseconds === undefined ? time : (time * toNanoseconds.mult) / 2 ** toNanoseconds.shift
    head.cpu = cpu
    head.pid = place.pid
    head.comm = this.#commands.get(place.pid) ?? (place.pid === 0 ? '<idle>' : '<...>')
    head.interrupt = place.level !== 0
    const name = this.#eventNames[id] ?? ''
    const event = length < shortest ? undefined : read(view, start, head)
    if (event === undefined) {
      this.#options.damage.add('invalid', head.line, `${name}: ${length} bytes are too few`)
    }
    this.#held.add(place, { name, event, settled: event === undefined })
  }

  /** Return addresses, innermost first. */
  #stackOf(bytes: DataView, start: number, end: number): RecordedStack {
    const frames: string[] = []
    const { littleEndian, layout } = this.#container
    const { longSize } = layout
    for (let at = start; at + longSize <= end; at += longSize) {
      const [high, low] = halves(bytes, at, longSize, littleEndian)
      if (low === 0xffffffff && (high === 0xffffffff || longSize === 4)) break
      const place = this.#symbols.at(high, low)
      frames.push(place === undefined ? hexadecimal(high, low) : `${place.name}+${place.offset}`)
    }
    return { stack: new Stack(withoutProbes(frames), false, this.#names), probe: probedBy(frames) }
  }
}

/** The head of a record in every kernel, where no format says otherwise. */
const COMMON_FLAGS: Field = { offset: 2, size: 1, signed: false, elsewhere: undefined }
const COMMON_PID: Field = { offset: 4, size: 4, signed: true, elsewhere: undefined }
const SHORTEST = 8

/** The year 2001 in nanoseconds: 292 years from there on are exact to 2 us, and a recording of days to the nanosecond. */
const TAI_BASE = 1_000_000_000_000_000_000n

async function hasMore(stream: CpuStream): Promise<boolean> {
  while (!stream.advance()) if (!(await stream.load())) return false
  return true
}

function levelOf(flags: number): Level {
  if (flags & NMI) return 3
  if (flags & HARD_IRQ) return 2
  return flags & SOFT_IRQ ? 1 : 0
}

function halves(
  bytes: DataView,
  at: number,
  longSize: number,
  littleEndian: boolean,
): [high: number, low: number] {
  if (longSize === 4) return [0, bytes.getUint32(at, littleEndian)]
  const first = bytes.getUint32(at, littleEndian)
  const second = bytes.getUint32(at + 4, littleEndian)
  return littleEndian ? [second, first] : [first, second]
}

function addressIn(bytes: DataView, start: number, end: number, littleEndian: boolean): string {
  return hexadecimal(...halves(bytes, start, end - start, littleEndian))
}

/** Lines `PID NAME`, where a name may have blanks. */
function commandNames(text: string): ReadonlyMap<number, string> {
  const commands = new Map<number, string>()
  for (const line of text.split('\n')) {
    const [, pid, name] = /^(\d+) (.*)$/.exec(line) ?? []
    if (pid !== undefined && name !== undefined) commands.set(Number(pid), name)
  }
  return commands
}
