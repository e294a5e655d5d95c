/**
 * ELF symbols: the functions of a kernel binary by name, from its symbol table (System V ABI, chapter 4; Linux's
 * include/uapi/linux/elf.h). Only that is read: a vmlinux with debug information has half a gigabyte besides. Addresses are bigints,
 * since those of a kernel do not fit a double.
 */
import type { RandomAccess } from '../read/dat/random-access.js'

/** A symbol of a function. */
export interface ElfSymbol {
  /** Its address; in a module, which is not linked yet, from the beginning of its section. */
  readonly value: bigint
  /** In bytes; 0 where the table does not tell. */
  readonly size: number
}

export interface ElfSymbols {
  /** Several functions may have one name: they are static, in different files. */
  readonly functions: ReadonlyMap<string, readonly ElfSymbol[]>
  /** True if there is debug information that leads to lines. */
  readonly hasLines: boolean
}

/** A file is not what it should be. Its message completes "FILE ...". */
export class ElfError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ElfError'
  }
}

/** Types of sections and symbols. */
const SHT_SYMTAB = 2
const STT_NOTYPE = 0
const STT_FUNC = 2

/** No kernel has as many sections, or as large a table. */
const MOST_SECTIONS = 1 << 20
const LARGEST_TABLE = 1 << 30

interface Section {
  readonly name: number
  readonly type: number
  readonly offset: number
  readonly size: number
  readonly link: number
}

/** Reads numbers as the file has them: of 32 or 64 bits, with the low or the high byte first. */
class Reader {
  readonly #view: DataView
  readonly #little: boolean
  readonly is64: boolean

  constructor(bytes: Uint8Array, is64: boolean, little: boolean) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#little = little
    this.is64 = is64
  }

  byte(at: number): number {
    return this.#view.getUint8(at)
  }

  half(at: number): number {
    return this.#view.getUint16(at, this.#little)
  }

  word(at: number): number {
    return this.#view.getUint32(at, this.#little)
  }

  /** An address. */
  address(at: number): bigint {
    return this.is64 ? this.#view.getBigUint64(at, this.#little) : BigInt(this.word(at))
  }
}

/**
 * Reads the symbols of the functions that are wanted.
 * @throws ElfError when it is no ELF file, is cut, or has no symbol table.
 */
export async function elfSymbols(
  file: RandomAccess,
  wanted: ReadonlySet<string>,
): Promise<ElfSymbols> {
  const ident = await file.read(0, 64)
  if (Buffer.from(ident).toString('latin1', 0, 4) !== '\x7fELF') {
    throw new ElfError('is not an ELF file: give the vmlinux that the kernel image was made of')
  }
  const shape = { is64: ident[4] === 2, little: ident[5] === 1 }
  const read = async (offset: number, length: number) => {
    const bytes = length <= LARGEST_TABLE ? await file.read(offset, length) : new Uint8Array()
    if (bytes.length < length) throw new ElfError('is cut: it ends before its sections do')
    return { bytes, reader: new Reader(bytes, shape.is64, shape.little) }
  }
  const sections = await sectionsOf(read)
  const names = sections.list[sections.names]
  const hasLines = names !== undefined && (await hasDebugLines(sections.list, names, read))
  const table = sections.list.find(({ type }) => type === SHT_SYMTAB)
  const strings = table === undefined ? undefined : sections.list[table.link]
  if (table === undefined || strings === undefined) {
    throw new ElfError('has no symbol table: it is stripped')
  }
  const { reader } = await read(table.offset, table.size)
  const { bytes } = await read(strings.offset, strings.size)
  return { functions: functionsIn(reader, table.size, Buffer.from(bytes), wanted), hasLines }
}

type Read = (offset: number, length: number) => Promise<{ bytes: Uint8Array; reader: Reader }>

async function sectionsOf(read: Read): Promise<{ list: Section[]; names: number }> {
  const { reader: head } = await read(0, 52)
  const { is64 } = head
  const { reader } = await read(0, is64 ? 64 : 52)
  const table = Number(reader.address(is64 ? 40 : 32))
  const size = reader.half(is64 ? 58 : 46)
  let count = reader.half(is64 ? 60 : 48)
  let names = reader.half(is64 ? 62 : 50)
  if (table === 0 || size < (is64 ? 64 : 40)) throw new ElfError('has no sections')
  const { reader: first } = await read(table, size)
  // What does not fit the head stands in the first section.
  if (count === 0) count = Number(first.address(is64 ? 32 : 20))
  if (names === 0xffff) names = first.word(is64 ? 40 : 24)
  if (count > MOST_SECTIONS) throw new ElfError('is damaged: it has too many sections')
  const { reader: all } = await read(table, size * count)
  const list = Array.from({ length: count }, (_, i): Section => {
    const at = i * size
    return {
      name: all.word(at),
      type: all.word(at + 4),
      offset: Number(all.address(at + (is64 ? 24 : 16))),
      size: Number(all.address(at + (is64 ? 32 : 20))),
      link: all.word(at + (is64 ? 40 : 24)),
    }
  })
  return { list, names }
}

async function hasDebugLines(
  sections: readonly Section[],
  names: Section,
  read: Read,
): Promise<boolean> {
  const { bytes } = await read(names.offset, names.size)
  const text = Buffer.from(bytes)
  return sections.some(({ name }) => /^\.z?debug_line$/.test(textAt(text, name)))
}

function functionsIn(
  reader: Reader,
  length: number,
  strings: Buffer,
  wanted: ReadonlySet<string>,
): Map<string, ElfSymbol[]> {
  const { is64 } = reader
  const size = is64 ? 24 : 16
  const found = new Map<string, ElfSymbol[]>()
  for (let at = 0; at + size <= length; at += size) {
    const type = reader.byte(at + (is64 ? 4 : 12)) & 15
    // Functions in assembler often have no type.
    if (type !== STT_FUNC && type !== STT_NOTYPE) continue
    // What is not defined here is another binary's.
    if (reader.half(at + (is64 ? 6 : 14)) === 0) continue
    const name = textAt(strings, reader.word(at))
    if (!wanted.has(name)) continue
    const symbol = {
      value: reader.address(at + (is64 ? 8 : 4)),
      size: Number(is64 ? reader.address(at + 16) : BigInt(reader.word(at + 8))),
    }
    const same = found.get(name)
    if (same === undefined) found.set(name, [symbol])
    else if (same.every(({ value }) => value !== symbol.value)) same.push(symbol)
  }
  return found
}

function textAt(strings: Buffer, at: number): string {
  const end = strings.indexOf(0, at)
  return strings.toString('latin1', at, end < 0 ? strings.length : end)
}
