/** Dat file: builds small files as trace-cmd writes them, of machines and with options that no sample here is of. */
import { deflateSync } from 'node:zlib'

export interface DatShape {
  readonly version: 6 | 7
  readonly littleEndian: boolean
  /** Of a long of the kernel. */
  readonly longSize: 4 | 8
  readonly compression: 'none' | 'zlib'
  readonly clock: string
  readonly toNanoseconds?: { readonly mult: number; readonly shift: number }
}

/** A page of one CPU: when it begins, and the bytes of its records. */
export interface DatPage {
  readonly time: bigint
  readonly records: readonly Buffer[]
  /** Events that were lost before it: their number, or true where nobody knows. */
  readonly lost?: number | true
}

const PAGE = 4096

export class DatFile {
  readonly shape: DatShape

  constructor(shape: Partial<DatShape> = {}) {
    this.shape = {
      version: 7,
      littleEndian: true,
      longSize: 8,
      compression: 'none',
      clock: 'local',
      ...shape,
    }
  }

  u16(value: number): Buffer {
    const bytes = Buffer.alloc(2)
    if (this.shape.littleEndian) bytes.writeUInt16LE(value)
    else bytes.writeUInt16BE(value)
    return bytes
  }

  u32(value: number): Buffer {
    const bytes = Buffer.alloc(4)
    if (this.shape.littleEndian) bytes.writeUInt32LE(value >>> 0)
    else bytes.writeUInt32BE(value >>> 0)
    return bytes
  }

  u64(value: bigint): Buffer {
    const bytes = Buffer.alloc(8)
    if (this.shape.littleEndian) bytes.writeBigUInt64LE(value)
    else bytes.writeBigUInt64BE(value)
    return bytes
  }

  long(value: bigint): Buffer {
    return this.shape.longSize === 8 ? this.u64(value) : this.u32(Number(value & 0xffffffffn))
  }

  /** A record with the time since the one before. */
  record(delta: number, data: Buffer): Buffer {
    const padded = Buffer.concat([data, Buffer.alloc(-data.length & 3)])
    const words = padded.length / 4
    return words <= 28
      ? Buffer.concat([this.#head(words, delta), padded])
      : Buffer.concat([this.#head(0, delta), this.u32(data.length + 4), padded])
  }

  timeExtend(delta: bigint): Buffer {
    return Buffer.concat([
      this.#head(30, Number(delta & 0x7ffffffn)),
      this.u32(Number(delta >> 27n)),
    ])
  }

  timeStamp(time: bigint): Buffer {
    const low = Number(time & 0x7ffffffn)
    return Buffer.concat([this.#head(31, low), this.u32(Number((time >> 27n) & 0xffffffffn))])
  }

  padding(bytes: number): Buffer {
    return Buffer.concat([this.#head(29, 1), this.u32(bytes - 4), Buffer.alloc(bytes - 8)])
  }

  /** The data of a kmalloc. */
  kmalloc(fields: { site: bigint; gfp: number; pid?: number; flags?: number }): Buffer {
    const { site, gfp, pid = 42, flags = 0 } = fields
    return Buffer.concat([
      this.#common(KMALLOC, pid, flags),
      this.long(site),
      this.long(0x1000n),
      this.long(8n),
      this.long(8n),
      this.long(BigInt(gfp)),
    ])
  }

  /** The data of a mm_page_alloc of a kernel before 4.1, which has the address of the page in place of its number. */
  oldPageAlloc(fields: { readonly page: bigint; readonly gfp: number }): Buffer {
    const { page, gfp } = fields
    return Buffer.concat([
      this.#common(OLD_PAGE_ALLOC, 42, 0),
      this.long(page),
      ...[3, gfp, 1].map((value) => this.u32(value)),
    ])
  }

  /** The data of a mm_page_alloc_extfrag: orders and migratetypes, of the request and of the block that it got. */
  extfrag(fields: {
    readonly pfn: bigint
    readonly orders: readonly [number, number]
    readonly migratetypes: readonly [number, number]
    readonly changed: boolean
  }): Buffer {
    const { pfn, orders, migratetypes, changed } = fields
    return Buffer.concat([
      this.#common(EXTFRAG, 42, 0),
      this.long(pfn),
      ...[...orders, ...migratetypes, changed ? 1 : 0].map((value) => this.u32(value)),
    ])
  }

  stack(frames: readonly bigint[], pid = 42, flags = 0): Buffer {
    return Buffer.concat([
      this.#common(STACK, pid, flags),
      this.u32(frames.length),
      Buffer.alloc(this.shape.longSize - 4),
      ...frames.map((frame) => this.long(frame)),
    ])
  }

  /** The file, with the pages of each CPU. */
  build(cpus: readonly (readonly DatPage[])[]): Buffer {
    return this.shape.version === 6 ? this.#version6(cpus) : this.#version7(cpus)
  }

  #common(id: number, pid: number, flags: number): Buffer {
    return Buffer.concat([this.u16(id), Buffer.of(flags, 0), this.u32(pid)])
  }

  #head(type: number, delta: number): Buffer {
    return this.u32(this.shape.littleEndian ? type | (delta << 5) : (type << 27) | delta)
  }

  #page({ time, records, lost }: DatPage): Buffer {
    const data = Buffer.concat(records)
    const flags = lost === undefined ? 0 : 2 ** 31 + (lost === true ? 0 : 2 ** 30)
    const count = typeof lost === 'number' ? this.long(BigInt(lost)) : Buffer.alloc(0)
    const page = Buffer.concat([
      this.u64(time),
      this.long(BigInt(data.length + flags)),
      data,
      count,
    ])
    return Buffer.concat([page, Buffer.alloc(PAGE - page.length)])
  }

  #start(): Buffer {
    const { version, littleEndian, longSize } = this.shape
    return Buffer.concat([
      Buffer.from('\x17\x08\x44tracing', 'latin1'),
      Buffer.from(`${version}\0`),
      Buffer.of(littleEndian ? 0 : 1, longSize),
      this.u32(PAGE),
    ])
  }

  #headerInfo(): Buffer {
    const { longSize } = this.shape
    const page =
      '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n' +
      `\tfield: local_t commit;\toffset:8;\tsize:${longSize};\tsigned:1;\n` +
      `\tfield: char data;\toffset:${8 + longSize};\tsize:${PAGE - 8 - longSize};\tsigned:0;\n`
    return Buffer.concat([
      Buffer.from('header_page\0'),
      this.#sized(page),
      Buffer.from('header_event\0'),
      this.#sized('# compressed entry header\n'),
    ])
  }

  #sized(text: string): Buffer {
    return Buffer.concat([this.u64(BigInt(text.length)), Buffer.from(text)])
  }

  #formats(): [ftrace: Buffer, systems: Buffer] {
    const long = this.shape.longSize
    const head =
      'format:\n\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n' +
      '\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n' +
      '\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n' +
      '\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n'
    const field = (declaration: string, offset: number, size: number) =>
      `\tfield:${declaration};\toffset:${offset};\tsize:${size};\tsigned:0;\n`
    const stack =
      `name: kernel_stack\nID: ${STACK}\n${head}${field('int size', 8, 4)}` +
      `${field('unsigned long caller[8]', 8 + long, 8 * long)}\nprint fmt: "\\t=> %ps"\n`
    const names = ['call_site', 'ptr', 'bytes_req', 'bytes_alloc', 'gfp_flags']
    const kmalloc =
      `name: kmalloc\nID: ${KMALLOC}\n${head}` +
      names.map((name, i) => field(`unsigned long ${name}`, 8 + i * long, long)).join('') +
      '\nprint fmt: "gfp_flags=%s", __print_flags(REC->gfp_flags, "|", ' +
      '{(unsigned long)((((gfp_t)((1UL) << (3))|(1UL << (4)))) | ((gfp_t)(1UL << (5)))), "GFP_KERNEL"}, ' +
      '{(unsigned long)(((gfp_t)(1UL << 3))), "__GFP_IO"}, {(unsigned long)((gfp_t)(1UL << 4)), "__GFP_FS"}, ' +
      '{(unsigned long)((gfp_t)(0x20)), "__GFP_DIRECT_RECLAIM"}, {(unsigned long)((gfp_t)(~0xffffffbf)), "__GFP_ZERO"})\n'
    const numbers = [
      'alloc_order',
      'fallback_order',
      'alloc_migratetype',
      'fallback_migratetype',
      'change_ownership',
    ]
    const extfrag =
      `name: mm_page_alloc_extfrag\nID: ${EXTFRAG}\n${head}${field('unsigned long pfn', 8, long)}` +
      numbers.map((name, i) => field(`int ${name}`, 8 + long + 4 * i, 4)).join('') +
      '\nprint fmt: "pfn=0x%lx", REC->pfn\n'
    const oldPageAlloc =
      `name: mm_page_alloc\nID: ${OLD_PAGE_ALLOC}\n${head}${field('struct page * page', 8, long)}` +
      ['order', 'gfp_flags', 'migratetype']
        .map((name, i) => field(`int ${name}`, 8 + long + 4 * i, 4))
        .join('') +
      kmalloc.slice(kmalloc.indexOf('\nprint fmt'))
    const kmem = [
      this.u32(3),
      ...[kmalloc, oldPageAlloc, extfrag].map((format) => this.#sized(format)),
    ]
    return [
      Buffer.concat([this.u32(1), this.#sized(stack)]),
      Buffer.concat([this.u32(1), Buffer.from('kmem\0'), ...kmem]),
    ]
  }

  #kallsyms(): Buffer {
    const at = (address: bigint, name: string, type = 'T') =>
      `${address.toString(16).padStart(2 * this.shape.longSize, '0')} ${type} ${name}\n`
    const text =
      at(BASE + 0x9000n, 'module_fn\t[xfs]', 't') +
      at(0n, 'per_cpu_thing', 'A') +
      at(BASE, 'trace_event_raw_event_kmalloc') +
      at(BASE + 0x1000n, 'kmalloc_trace') +
      at(BASE + 0x2000n, '$x') +
      at(BASE + 0x2000n, 'first_name') +
      at(BASE + 0x2000n, 'alias') +
      at(BASE + 0xa000n, 'last')
    return Buffer.from(text)
  }

  #cmdlines(): Buffer {
    return this.#sized('7 a name\n42 wl test\n')
  }

  #options(): Buffer {
    const { clock, toNanoseconds } = this.shape
    const clocks = Buffer.from(`local global [${clock}]\n`)
    const option = (id: number, data: Buffer) =>
      Buffer.concat([this.u16(id), this.u32(data.length), data])
    const tsc =
      toNanoseconds === undefined
        ? Buffer.alloc(0)
        : option(
            14,
            Buffer.concat([
              this.u32(toNanoseconds.mult),
              this.u32(toNanoseconds.shift),
              this.u64(0n),
            ]),
          )
    return Buffer.concat([option(999, Buffer.from('later')), option(4, clocks), tsc])
  }

  #version6(cpus: readonly (readonly DatPage[])[]): Buffer {
    const [ftrace, systems] = this.#formats()
    const kallsyms = this.#kallsyms()
    const head = Buffer.concat([
      this.#start(),
      this.#headerInfo(),
      ftrace,
      systems,
      this.u32(kallsyms.length),
      kallsyms,
      this.u32(0),
      this.#cmdlines(),
      this.u32(cpus.length),
      Buffer.from('options  \0'),
      this.#options(),
      this.u16(0),
      Buffer.from('flyrecord\0'),
    ])
    const clocks = this.#sized(`local global [${this.shape.clock}]\n`)
    const begin = Math.ceil((head.length + 16 * cpus.length + clocks.length) / PAGE) * PAGE
    const places: Buffer[] = []
    let at = begin
    for (const pages of cpus) {
      places.push(this.u64(BigInt(at)), this.u64(BigInt(pages.length * PAGE)))
      at += pages.length * PAGE
    }
    const all = Buffer.concat([head, ...places, clocks])
    const pages = cpus.flatMap((each) => each.map((page) => this.#page(page)))
    return Buffer.concat([all, Buffer.alloc(begin - all.length), ...pages])
  }

  #version7(cpus: readonly (readonly DatPage[])[]): Buffer {
    const { compression } = this.shape
    const parts: Buffer[] = []
    let at = 0
    const add = (bytes: Buffer): bigint => {
      const offset = at
      parts.push(bytes)
      at += bytes.length
      return BigInt(offset)
    }
    const option = (id: number, data: Buffer) =>
      Buffer.concat([this.u16(id), this.u32(data.length), data])
    add(Buffer.concat([this.#start(), Buffer.from(`${compression}\0`), Buffer.from('1\0')]))
    const first = at
    add(Buffer.alloc(8))
    const [ftrace, systems] = this.#formats()
    const kallsyms = this.#kallsyms()
    const sections: [id: number, data: Buffer][] = [
      [16, this.#headerInfo()],
      [17, ftrace],
      [18, systems],
      [19, Buffer.concat([this.u32(kallsyms.length), kallsyms])],
      [21, this.#cmdlines()],
    ]
    const places = sections.map(([id, data]) => option(id, this.u64(add(this.#section(id, data)))))
    const pages = cpus.map((each, cpu) => {
      const data = Buffer.concat(each.map((page) => this.#page(page)))
      const bytes = compression === 'none' ? data : this.#chunks(data)
      return Buffer.concat([this.u32(cpu), this.u64(add(bytes)), this.u64(BigInt(bytes.length))])
    })
    const buffer = Buffer.concat([
      this.u64(0n),
      Buffer.from('\0local\0'),
      this.u32(PAGE),
      this.u32(cpus.length),
      ...pages,
    ])
    const done = option(0, this.u64(0n))
    const last = add(
      this.#section(0, Buffer.concat([this.#options(), ...places, option(3, buffer), done]), false),
    )
    // The options are in two sections, chained.
    const chain = add(this.#section(0, option(0, this.u64(last)), false))
    const file = Buffer.concat(parts)
    this.u64(chain).copy(file, first)
    return file
  }

  #section(id: number, data: Buffer, packs = true): Buffer {
    if (!packs || this.shape.compression === 'none') {
      const head = [this.u16(id), this.u16(0), this.u32(0), this.u64(BigInt(data.length))]
      return Buffer.concat([...head, data])
    }
    const packed = deflateSync(data)
    const head = [this.u16(id), this.u16(1), this.u32(0), this.u64(BigInt(packed.length + 8))]
    return Buffer.concat([...head, this.u32(packed.length), this.u32(data.length), packed])
  }

  /** Each of two pages. */
  #chunks(data: Buffer): Buffer {
    const chunks: Buffer[] = []
    for (let at = 0; at < data.length; at += 2 * PAGE) {
      const chunk = data.subarray(at, at + 2 * PAGE)
      const packed = deflateSync(chunk)
      chunks.push(this.u32(packed.length), this.u32(chunk.length), packed)
    }
    return Buffer.concat([this.u32(chunks.length / 3), ...chunks])
  }
}

const KMALLOC = 300
const EXTFRAG = 301
const OLD_PAGE_ALLOC = 302
const STACK = 4

/** Where functions are. */
export const BASE = 0xc0100000n
