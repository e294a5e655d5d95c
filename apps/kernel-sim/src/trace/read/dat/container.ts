/**
 * Container: what a trace.dat says before its events: versions 6 (one piece, not compressed) and 7 (sections, compressed or
 * not) of trace-cmd. Facts from trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5).
 */
import { InputError } from '../../../input-error.js'
import { ByteReader } from './byte-reader.js'
import { DatError } from './dat-error.js'
import { type DatCompression, type Decompress, decompressor } from './decompress.js'
import { type EventFormat, eventFormat, fieldsOf } from './event-format.js'
import type { RandomAccess } from './random-access.js'

/** The pages of one CPU: where they are in the file, packed in chunks or as they are. */
export interface CpuPages {
  readonly cpu: number
  readonly offset: number
  readonly size: number
}

/** A buffer: the top one, or that of an instance. */
export interface DatBuffer {
  /** Empty for the top one. */
  readonly name: string
  readonly pageSize: number
  readonly cpus: readonly CpuPages[]
}

/** How a page begins. */
export interface PageLayout {
  /** Of a page; more than that of the machine where sub-buffers are larger (since 6.8). */
  readonly pageSize: number
  /** Of a long of the kernel, in bytes: that is how much `commit` takes. */
  readonly longSize: number
  /** Where the data begin. */
  readonly dataOffset: number
}

export interface DatContainer {
  readonly littleEndian: boolean
  readonly layout: PageLayout
  readonly formats: readonly EventFormat[]
  readonly kallsyms: string
  /** Lines `PID NAME`. */
  readonly commands: string
  /** Of the kernel, `6.18.0`; empty where the file does not say. */
  readonly release: string
  /** The clock of its times, `local` and the like; undefined where the file does not say. */
  readonly clock: string | undefined
  /** How ticks become nanoseconds: `(ticks * mult) >> shift`. */
  readonly toNanoseconds: { readonly mult: number; readonly shift: number } | undefined
  readonly buffers: readonly DatBuffer[]
  readonly compression: DatCompression
  readonly decompress: Decompress
}

/** How a trace.dat begins. */
export const DAT_MAGIC = '\x17\x08\x44tracing'

/** Options of a file (include/trace-cmd/trace-cmd.h, TRACECMD_OPTION_*). */
const OPTION = {
  DONE: 0,
  BUFFER: 3,
  TRACECLOCK: 4,
  UNAME: 5,
  TSC2NSEC: 14,
  HEADER_INFO: 16,
  FTRACE_EVENTS: 17,
  EVENT_FORMATS: 18,
  KALLSYMS: 19,
  CMDLINES: 21,
  BUFFER_TEXT: 22,
} as const

const COMPRESSED = 1

/** No machine has more, and no file more buffers, chained sections, or a longer head. */
const LIMIT = { cpus: 1 << 16, buffers: 1 << 12, sections: 1 << 12, head: 1 << 29 }

const NOT_PAGES =
  'has text instead of events (trace-cmd latency format): give that, trace-cmd report | kernel-sim audit -'

/** Reads the head of a file. @throws DatError when it is damaged, InputError when there are no events in it. */
export async function readContainer(file: RandomAccess, name: string): Promise<DatContainer> {
  const start = await file.read(0, 1 << 12)
  const first = new ByteReader(start, true, DAT_MAGIC.length)
  const version = first.cString()
  const littleEndian = first.u8() === 0
  const head = new ByteReader(start, littleEndian, first.at)
  head.u8()
  const pageSize = head.u32()
  if (version === '6') return await readVersion6(file, name, head, pageSize)
  if (version === '7') return await new Version7(file, name, littleEndian, pageSize).read(head)
  throw new InputError(
    `${name} is a trace.dat of version ${version}, which is not known: give its text, trace-cmd report | kernel-sim audit -`,
  )
}

/** What both versions find on their way. */
abstract class Version {
  protected readonly file: RandomAccess
  protected readonly name: string
  protected readonly littleEndian: boolean
  protected readonly pageSize: number
  protected readonly buffers: DatBuffer[] = []
  protected formats: EventFormat[] = []
  protected kallsyms = ''
  protected commands = ''
  #layout: PageLayout = { pageSize: 4096, longSize: 8, dataOffset: 16 }
  #clock: string | undefined
  #release = ''
  #toNanoseconds: DatContainer['toNanoseconds']

  constructor(file: RandomAccess, name: string, littleEndian: boolean, pageSize: number) {
    this.file = file
    this.name = name
    this.littleEndian = littleEndian
    this.pageSize = pageSize
  }

  protected get layout(): PageLayout {
    return this.#layout
  }

  protected container(compression: DatCompression, decompress: Decompress): DatContainer {
    return {
      littleEndian: this.littleEndian,
      layout: this.#layout,
      formats: this.formats,
      kallsyms: this.kallsyms,
      commands: this.commands,
      release: this.#release,
      clock: this.#clock,
      toNanoseconds: this.#toNanoseconds,
      buffers: this.buffers,
      compression,
      decompress,
    }
  }

  /** `header_page` and `header_event`. */
  protected headerInfo(reader: ByteReader): void {
    if (reader.cString() !== 'header_page') throw new DatError('its head has no header_page')
    const fields = fieldsOf(reader.text(reader.u64()))
    const longSize = fields.get('commit')?.size ?? 8
    const dataOffset = fields.get('data')?.offset ?? 8 + longSize
    const pageSize = dataOffset + (fields.get('data')?.size ?? this.pageSize - dataOffset)
    this.#layout = { pageSize, longSize, dataOffset }
    if (reader.cString() !== 'header_event') throw new DatError('its head has no header_event')
    reader.bytes(reader.u64())
  }

  /** A count, and so many formats. */
  protected formatTexts(reader: ByteReader): void {
    for (let left = reader.u32(); left > 0; left--) {
      const format = eventFormat(reader.text(reader.u64()))
      if (format !== undefined) this.formats.push(format)
    }
  }

  protected systems(reader: ByteReader): void {
    for (let left = reader.u32(); left > 0; left--) {
      reader.cString()
      this.formatTexts(reader)
    }
  }

  /** @param clocks the text of `trace_clock`: all that there are, the one in use in brackets. */
  protected setClock(clocks: string): void {
    this.#clock = /\[(\S+)\]/.exec(clocks)?.[1]
  }

  /** @param uname `Linux HOST RELEASE MACHINE`. */
  protected setUname(uname: string): void {
    this.#release = uname.split(' ')[2] ?? ''
  }

  protected tsc2nsec(reader: ByteReader): void {
    this.#toNanoseconds = { mult: reader.u32(), shift: reader.u32() }
  }

  protected noPages(): InputError {
    return new InputError(`${this.name} ${NOT_PAGES}`)
  }
}

/** How much of a file of version 6 is read first: how long its head is, only its end tells. */
const FIRST = 1 << 24

async function readVersion6(
  file: RandomAccess,
  name: string,
  { littleEndian, at }: ByteReader,
  pageSize: number,
): Promise<DatContainer> {
  for (let length = FIRST; ; length *= 4) {
    const bytes = await file.read(0, length)
    try {
      return await new Version6(file, name, littleEndian, pageSize).read(bytes, at)
    } catch (thrown) {
      const isAll = bytes.length === file.size || length >= LIMIT.head
      if (!(thrown instanceof DatError) || isAll) throw thrown
    }
  }
}

/** Everything in one order, then the pages. */
class Version6 extends Version {
  async read(bytes: Uint8Array, at: number): Promise<DatContainer> {
    const reader = new ByteReader(bytes, this.littleEndian, at)
    this.headerInfo(reader)
    this.formatTexts(reader)
    this.systems(reader)
    this.kallsyms = reader.text(reader.u32())
    reader.bytes(reader.u32())
    this.commands = reader.text(reader.u64())
    const cpus = reader.u32()
    if (cpus > LIMIT.cpus) throw new DatError('it claims an impossible number of CPUs')
    const instances: { name: string; offset: number }[] = []
    let hasClock = false
    for (let kind = reader.text(10); kind !== 'flyrecord\0'; kind = reader.text(10)) {
      if (kind !== 'options  \0') throw this.noPages()
      hasClock = this.#options(reader, instances) || hasClock
    }
    const { pageSize } = this.layout
    this.buffers.push({ name: '', pageSize, cpus: pagesOf(reader, cpus) })
    if (hasClock && reader.left >= 8) this.setClock(reader.text(reader.u64()))
    for (const { name, offset } of instances) {
      const section = new ByteReader(
        await this.file.read(offset, 10 + 16 * cpus),
        this.littleEndian,
      )
      if (section.text(10) !== 'flyrecord\0') throw this.noPages()
      this.buffers.push({ name, pageSize, cpus: pagesOf(section, cpus) })
    }
    return this.container('none', await decompressor('none'))
  }

  /** Returns true if the text of the clock follows the pages. */
  #options(reader: ByteReader, instances: { name: string; offset: number }[]): boolean {
    let hasClock = false
    for (let id = reader.u16(); id !== OPTION.DONE; id = reader.u16()) {
      const option = new ByteReader(reader.bytes(reader.u32()), this.littleEndian)
      if (id === OPTION.BUFFER && instances.length < LIMIT.buffers) {
        instances.push({ offset: option.u64(), name: option.cString() })
      } else if (id === OPTION.TRACECLOCK) hasClock = true
      else if (id === OPTION.UNAME) this.setUname(option.text(option.left))
      else if (id === OPTION.TSC2NSEC) this.tsc2nsec(option)
    }
    return hasClock
  }
}

function pagesOf(reader: ByteReader, cpus: number): CpuPages[] {
  return Array.from({ length: cpus }, (_, cpu) => ({
    cpu,
    offset: reader.u64(),
    size: reader.u64(),
  })).filter(({ size }) => size > 0)
}

/** Sections, each compressed or not; those with options say where the others are. */
class Version7 extends Version {
  async read(head: ByteReader): Promise<DatContainer> {
    const compression = head.cString()
    head.cString()
    if (compression !== 'zstd' && compression !== 'zlib' && compression !== 'none') {
      throw new InputError(
        `${this.name} is compressed with ${compression || 'nothing that is known'}: give its text, trace-cmd report | kernel-sim audit -`,
      )
    }
    const decompress = await decompressor(compression)
    let next = head.u64()
    for (let sections = 0; next !== 0; sections++) {
      if (sections === LIMIT.sections) throw new DatError('its options have no end')
      next = await this.#options(await this.#section(next, decompress), decompress)
    }
    return this.container(compression, decompress)
  }

  /** Returns where the next section of options is; 0 where there is none. */
  async #options(reader: ByteReader, decompress: Decompress): Promise<number> {
    while (reader.left > 0) {
      const id = reader.u16()
      const option = new ByteReader(reader.bytes(reader.u32()), this.littleEndian)
      if (id === OPTION.DONE) return option.u64()
      if (id === OPTION.BUFFER) this.#buffer(option)
      else if (id === OPTION.BUFFER_TEXT) throw this.noPages()
      else if (id === OPTION.TRACECLOCK) this.setClock(option.text(option.left))
      else if (id === OPTION.UNAME) this.setUname(option.text(option.left))
      else if (id === OPTION.TSC2NSEC) this.tsc2nsec(option)
      else if (id >= OPTION.HEADER_INFO && id <= OPTION.CMDLINES) {
        this.#content(id, await this.#section(option.u64(), decompress))
      }
    }
    return 0
  }

  #content(id: number, reader: ByteReader): void {
    if (id === OPTION.HEADER_INFO) this.headerInfo(reader)
    else if (id === OPTION.FTRACE_EVENTS) this.formatTexts(reader)
    else if (id === OPTION.EVENT_FORMATS) this.systems(reader)
    else if (id === OPTION.KALLSYMS) this.kallsyms = reader.text(reader.u32())
    else if (id === OPTION.CMDLINES) this.commands = reader.text(reader.u64())
  }

  #buffer(option: ByteReader): void {
    if (this.buffers.length === LIMIT.buffers) throw new DatError('it claims too many buffers')
    option.u64()
    const name = option.cString()
    // The clock of the buffer: trace-cmd 3.1 writes a wrong one for instances.
    option.cString()
    const pageSize = option.u32()
    const count = option.u32()
    if (count > LIMIT.cpus) throw new DatError('it claims an impossible number of CPUs')
    const cpus = Array.from({ length: count }, () => ({
      cpu: option.u32(),
      offset: option.u64(),
      size: option.u64(),
    })).filter(({ size }) => size > 0)
    this.buffers.push({ name, pageSize, cpus })
  }

  async #section(offset: number, decompress: Decompress): Promise<ByteReader> {
    const head = new ByteReader(await this.file.read(offset, 24), this.littleEndian)
    head.u16()
    const isCompressed = (head.u16() & COMPRESSED) !== 0
    head.u32()
    const size = head.u64()
    if (size > LIMIT.head) throw new DatError('a section of it claims an impossible size')
    if (!isCompressed) {
      return new ByteReader(await this.file.read(offset + head.at, size), this.littleEndian)
    }
    const packed = head.u32()
    const unpacked = head.u32()
    const data = await this.file.read(offset + head.at, packed)
    if (data.length < packed) throw new DatError('it ends before its end')
    return new ByteReader(await decompress(data, unpacked), this.littleEndian)
  }
}
