/**
 * Source: where the bytes of a recording come from. A file or standard input, compressed or not; what it is, the
 * first bytes tell, not the name.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Decompress } from 'fzstd'
import { InputError } from '../../input-error.js'
import type { RandomAccess } from './dat/random-access.js'

/** Compressed data is cut short or damaged; everything before that was delivered. */
export class CompressionError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CompressionError'
  }
}

/** How the bytes are packed. */
export type Compression = 'none' | 'gzip' | 'zstd'

const CHUNK = 1 << 18

/** How many bytes tell what a file is. */
const MAGIC = 16

/** What a file that is no text begins with, and what to do about it. */
const BINARY: readonly (readonly [magic: string, what: string])[] = [
  ['PERFILE2', 'is the binary data of perf: give its text, perf script | kernel-sim audit -'],
  ['PK\x03\x04', 'is a zip archive: unpack it first'],
  ['\xfd7zXZ', 'is compressed with xz: give it decompressed, xz -dc FILE | kernel-sim audit -'],
]

export class Source {
  /** What to call it in messages. */
  readonly name: string
  /** In bytes, as stored; undefined where that is not known before the end. */
  readonly size: number | undefined
  #read = 0
  #compression: Compression = 'none'
  /** What was read of the beginning, and the rest, where somebody looked at the beginning. */
  #beginning: Buffer = Buffer.alloc(0)
  #chunks: AsyncGenerator<Buffer> | undefined
  #broken: CompressionError | undefined
  readonly #stored: AsyncIterable<Buffer>
  readonly #path: string | undefined

  private constructor(
    name: string,
    stored: AsyncIterable<Buffer>,
    file?: { readonly path: string; readonly size: number | undefined },
  ) {
    this.name = name
    this.#stored = stored
    this.size = file?.size
    this.#path = file?.path
  }

  /**
   * Opens a file.
   * @param name what to call it in messages.
   * @throws InputError when there is none, or it cannot be read.
   */
  static async file(path: string, name = path): Promise<Source> {
    try {
      const found = await stat(path)
      if (found.isDirectory()) throw new InputError(`${name} is a directory, not a recording`)
      if (!found.isFile()) return new Source(name, read(path), { path, size: undefined })
      return new Source(name, readFile(path), { path, size: found.size })
    } catch (error) {
      throw error instanceof InputError ? error : unreadable(name, error)
    }
  }

  /** Takes a stream: standard input, or whatever has the bytes. */
  static stream(name: string, stream: Readable): Source {
    return new Source(name, stream)
  }

  /** How many bytes were read so far, as stored. */
  get read(): number {
    return this.#read
  }

  get compression(): Compression {
    return this.#compression
  }

  /**
   * The bytes of the recording, decompressed. Each chunk is valid until the next one is asked for.
   * @throws InputError when nothing of it can be read as text, CompressionError where compressed data breaks off.
   */
  async *chunks(): AsyncGenerator<Buffer> {
    const chunks = this.#chunks ?? this.#unpacked()
    this.#chunks = undefined
    yield* prepend(this.#beginning, chunks)
    if (this.#broken !== undefined) throw this.#broken
  }

  /**
   * Returns the first bytes of the recording, decompressed; fewer where it has not so many. `chunks` has them again, and throws
   * what went wrong with compressed data.
   * @throws InputError when nothing of it can be read.
   */
  async beginning(length: number): Promise<Buffer> {
    if (this.#beginning.length >= length) return this.#beginning.subarray(0, length)
    this.#chunks ??= this.#unpacked()
    try {
      const chunks = prepend(Buffer.from(this.#beginning), this.#chunks)
      this.#beginning = await firstOf(chunks, length)
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error
      this.#broken = error
    }
    return this.#beginning.subarray(0, length)
  }

  async *#unpacked(): AsyncGenerator<Buffer> {
    const stored = this.#counted()
    const first = await firstOf(stored, MAGIC)
    if (first.length === 0) return
    const rest = prepend(first, stored)
    const beginning = first.toString('latin1', 0, MAGIC)
    if (beginning.startsWith('\x1f\x8b')) {
      this.#compression = 'gzip'
      yield* gunzip(copied(rest))
    } else if (beginning.startsWith('\x28\xb5\x2f\xfd')) {
      this.#compression = 'zstd'
      yield* unzstd(copied(rest))
    } else {
      this.#refuseBinary(beginning)
      yield* rest
    }
  }

  /**
   * Calls `use` with the bytes at any place, if this is a file that is not compressed; else returns undefined.
   * @throws InputError when it cannot be read.
   */
  async randomly<T>(use: (access: RandomAccess) => Promise<T>): Promise<T | undefined> {
    const { size } = this
    if (this.#path === undefined || size === undefined || this.#compression !== 'none')
      return undefined
    await this.#chunks?.return(undefined)
    const file = await open(this.#path).catch((error: unknown) => {
      throw unreadable(this.name, error)
    })
    this.#read = 0
    try {
      return await use({
        size,
        read: async (offset, length) => {
          const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)))
          const { bytesRead } = await file.read(buffer, 0, buffer.length, offset)
          this.#read = Math.min(size, this.#read + bytesRead)
          return buffer.subarray(0, bytesRead)
        },
      })
    } finally {
      await file.close()
    }
  }

  async *#counted(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of this.#stored) {
        this.#read += chunk.length
        yield chunk
      }
    } catch (error) {
      throw unreadable(this.name, error)
    }
  }

  #refuseBinary(beginning: string): void {
    for (const [magic, what] of BINARY) {
      if (beginning.startsWith(magic)) throw new InputError(`${this.name} ${what}`)
    }
  }
}

/**
 * A regular file. To read what mostly is in memory takes less time than to ask another thread for it; where it is on a disk, this
 * waits for it.
 */
async function* readFile(path: string): AsyncGenerator<Buffer> {
  const file = openSync(path, 'r')
  const buffer = Buffer.allocUnsafeSlow(CHUNK)
  try {
    for (;;) {
      const length = readSync(file, buffer, 0, CHUNK, null)
      if (length === 0) return
      yield buffer.subarray(0, length)
    }
  } finally {
    closeSync(file)
  }
}

/** What is no regular file and may have to be waited for, in two buffers: one is filled while the other is looked at. */
async function* read(path: string): AsyncGenerator<Buffer> {
  const file = await open(path)
  let buffer = Buffer.allocUnsafeSlow(CHUNK)
  let other = Buffer.allocUnsafeSlow(CHUNK)
  let reading = file.read(buffer, 0, CHUNK)
  try {
    for (;;) {
      const { bytesRead } = await reading
      if (bytesRead === 0) return
      reading = file.read(other, 0, CHUNK)
      yield buffer.subarray(0, bytesRead)
      ;[buffer, other] = [other, buffer]
    }
  } finally {
    // Whoever does not want the rest does not want to know whether it could have been read either.
    await Promise.allSettled([reading])
    await file.close()
  }
}

/** Chunks of their own, for who takes more than one at a time. */
async function* copied(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk)
}

/** At least so many bytes, unless there are fewer: a pipe may give them one by one. */
async function firstOf(chunks: AsyncIterator<Buffer>, length: number): Promise<Buffer> {
  let first: Buffer = Buffer.alloc(0)
  while (first.length < length) {
    const { value, done } = await chunks.next()
    if (done === true) return first
    if (first.length > 0 || value.length < length) first = Buffer.concat([first, value])
    else first = value
  }
  return first
}

async function* prepend(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first
    yield* rest
  } finally {
    // Whoever wants no more may not have come to the rest yet.
    await rest.return(undefined)
  }
}

async function* gunzip(stored: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  // The pipeline hands an error of either side on to the loop below, which is where it is dealt with.
  const stream = pipeline(Readable.from(stored), createGunzip({ chunkSize: CHUNK }), () => {})
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'Z_BUF_ERROR') throw new CompressionError('the gzip data ends before its end')
    if (typeof code === 'string' && code.startsWith('Z_')) {
      throw new CompressionError(`the gzip data is damaged (${(error as Error).message})`)
    }
    throw error
  }
}

/** Node 20 cannot do it itself. */
async function* unzstd(stored: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const ready: Buffer[] = []
  const stream = new Decompress(({ buffer, byteOffset, length }) => {
    ready.push(Buffer.from(buffer, byteOffset, length))
  })
  const push = (chunk: Uint8Array, end: boolean): void => {
    try {
      stream.push(chunk, end)
    } catch (error) {
      throw new CompressionError(`the zstd data is damaged (${(error as Error).message})`)
    }
  }
  for await (const chunk of stored) {
    push(chunk, false)
    yield* ready.splice(0)
  }
  push(Buffer.alloc(0), true)
  yield* ready.splice(0)
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'its permissions forbid it',
  EPERM: 'its permissions forbid it',
}

function unreadable(name: string, error: unknown): InputError {
  const { code, message } = error as NodeJS.ErrnoException
  return new InputError(`${name} cannot be read: ${REASONS[code ?? ''] ?? message}`)
}
