/**
 * Sealed file: data that is in a file as it was written, or not at all. It is written beside and renamed, so that a process may be killed at any
 * time, and the system may stop: there is a complete file always. It ends with a hash of all of it, which tells what was damaged since.
 *
 * Format: eight letters for what it is, the version and the length of the header as 32-bit numbers, the header as JSON, arrays of 32-bit
 * numbers, whose lengths are in the header, and the SHA-256 of all that. Numbers are little-endian.
 */
import { createHash, type Hash } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { endianness } from 'node:os'
import { dirname } from 'node:path'
import { DamagedFile } from './damaged-file.js'
import { onDisk } from './disk-error.js'

const LETTERS = 8
const PREFIX = LETTERS + 8
const DIGEST = 32
/** How much is read or written at once, in bytes. */
const CHUNK = 1 << 26

/** What kind of file it is. */
export interface SealedFormat {
  /** Eight letters with which it begins. */
  readonly magic: string
  /** What cannot read each other has other versions. */
  readonly version: number
}

/** What is in it. */
export interface Sealed<Header extends object> {
  /** Plain data. */
  readonly header: Header
  readonly arrays: readonly Int32Array[]
}

/** What is in the file is little-endian, and so are arrays in memory. @throws Error where they are not */
function assertLittleEndian(): void {
  if (endianness() !== 'LE') throw new Error('it needs a little-endian machine')
}

/**
 * Writes a file, in the place of one that is there. When this returns, it is on the disk.
 * @throws DiskError when it cannot be written; what was there is there still.
 */
export function writeSealed(
  path: string,
  { magic, version }: SealedFormat,
  { header, arrays }: Sealed<object>,
): void {
  const lengths = arrays.map(({ length }) => length)
  const text = Buffer.from(JSON.stringify({ ...header, lengths }))
  const prefix = Buffer.alloc(PREFIX)
  prefix.write(magic)
  prefix.writeUInt32LE(version, LETTERS)
  prefix.writeUInt32LE(text.length, LETTERS + 4)
  const beside = `${path}.tmp`
  onDisk(path, 'written', () => {
    assertLittleEndian()
    const hash = createHash('sha256')
    try {
      const target = openSync(beside, 'w')
      try {
        for (const part of [prefix, text, ...arrays.map(bytesOf)]) {
          for (let from = 0; from < part.length; from += CHUNK) {
            const chunk = part.subarray(from, from + CHUNK)
            hash.update(chunk)
            writeAll(target, chunk)
          }
        }
        writeAll(target, hash.digest())
        fsyncSync(target)
      } finally {
        closeSync(target)
      }
      renameSync(beside, path)
    } catch (thrown) {
      rmSync(beside, { force: true })
      throw thrown
    }
    syncFolder(dirname(path))
  })
}

/**
 * What is in a file; null when there is none.
 * @throws DamagedFile when it is not as it was written, or not of this format.
 * @throws DiskError when it cannot be read.
 */
export function readSealed<Header extends object>(
  path: string,
  { magic, version }: SealedFormat,
): Sealed<Header> | null {
  const source = onDisk(path, 'read', () => {
    assertLittleEndian()
    return openIfThere(path)
  })
  if (source === null) return null
  const hash = createHash('sha256')
  const fill = (bytes: Uint8Array): void => {
    if (!readAll(source, bytes, path)) throw new DamagedFile(path, 'damaged')
  }
  const hashed = (length: number): Buffer => {
    const bytes = Buffer.alloc(length)
    fill(bytes)
    hash.update(bytes)
    return bytes
  }
  try {
    const size = onDisk(path, 'read', () => fstatSync(source).size)
    const prefix = hashed(PREFIX)
    if (prefix.toString('latin1', 0, LETTERS) !== magic) throw new DamagedFile(path, 'foreign')
    const found = prefix.readUInt32LE(LETTERS)
    if (found !== version) {
      throw new DamagedFile(path, 'version', { found, readable: version })
    }
    const length = prefix.readUInt32LE(LETTERS + 4)
    const rest = size - PREFIX - length - DIGEST
    if (rest < 0) throw new DamagedFile(path, 'damaged')
    const header = parsed<Header>(hashed(length).toString(), rest)
    if (header === null) throw new DamagedFile(path, 'damaged')
    const arrays = header.lengths.map((each) => new Int32Array(each))
    for (const array of arrays) fillHashed(bytesOf(array), hash, fill)
    const digest = Buffer.alloc(DIGEST)
    fill(digest)
    if (!digest.equals(hash.digest())) throw new DamagedFile(path, 'damaged')
    return { header, arrays }
  } finally {
    closeSync(source)
  }
}

/** What a folder lists is on the disk from then on. Windows does that by itself, and has no such call. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/**
 * A header. The digest comes last: until it was looked at, lengths are only believed if they come to what is there.
 * @param rest how many bytes the arrays have.
 */
function parsed<Header extends object>(
  text: string,
  rest: number,
): (Header & { readonly lengths: readonly number[] }) | null {
  try {
    const header = JSON.parse(text) as Header & { readonly lengths: readonly number[] }
    const isWhole = header.lengths.every((each) => Number.isInteger(each) && each >= 0)
    const bytes = header.lengths.reduce((sum, each) => sum + each * 4, 0)
    return isWhole && bytes === rest ? header : null
  } catch (thrown) {
    // What is not JSON, or has no lengths.
    if (thrown instanceof SyntaxError || thrown instanceof TypeError) return null
    throw thrown
  }
}

function fillHashed(bytes: Uint8Array, hash: Hash, fill: (bytes: Uint8Array) => void): void {
  for (let from = 0; from < bytes.length; from += CHUNK) {
    const chunk = bytes.subarray(from, from + CHUNK)
    fill(chunk)
    hash.update(chunk)
  }
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw thrown
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function writeAll(target: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(target, bytes, at)
}

/** @returns false when the file ends before that. */
function readAll(source: number, bytes: Uint8Array, path: string): boolean {
  for (let at = 0; at < bytes.length; ) {
    const count = onDisk(path, 'read', () => readSync(source, bytes, { offset: at }))
    if (count === 0) return false
    at += count
  }
  return true
}
