/**
 * Words file: a file of 32-bit words, which is written at its end and read anywhere. Both go through buffers, so that the operating
 * system is asked for much at once. A checksum of all words goes along, so that who goes on with a file can tell whether it is as it was left.
 */
import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { basename } from 'node:path'
import { crc32 } from 'node:zlib'
import { DamagedFile } from '../damaged-file.js'
import { onDisk } from '../disk-error.js'

const BYTES = Int32Array.BYTES_PER_ELEMENT
/** How many words are read at once to see whether a file is as it was left. */
const CHECKED = 1 << 20

/** How many words are written and read at once. */
export interface BufferSizes {
  /** How many wait at most until they are written. */
  readonly tail: number
  /** How many are read where a few are asked for. */
  readonly window: number
}

/** A file as it was at some time: words that are written later come after that. */
export interface FileMark {
  /** Its name in its folder. */
  readonly name: string
  /** How many words there were. */
  readonly length: number
  /** The CRC-32 of these. */
  readonly checksum: number
}

export class WordsFile {
  /** How many words there are. */
  length = 0
  /** Where it lies. */
  readonly path: string
  readonly #file: number
  /** Words that are still to be written, and how many. */
  #tail: Int32Array
  #tailLength = 0
  /** How many words were written, and their CRC-32. */
  #written = 0
  #checksum = 0
  /** Says that words were written since the last {@link sync}. */
  #isDirty = false
  /** The words from `#first` on, `#count` of them, as they were read last. */
  readonly #window: Int32Array
  #first = 0
  #count = 0

  private constructor(path: string, file: number, { tail, window }: BufferSizes) {
    this.path = path
    this.#file = file
    this.#tail = new Int32Array(tail)
    this.#window = new Int32Array(window)
  }

  /** Makes a file that is not there yet. @throws DiskError where the operating system refuses, as all methods do. */
  static create(path: string, sizes: BufferSizes): WordsFile {
    return new WordsFile(
      path,
      onDisk(path, 'written', () => openSync(path, 'wx+')),
      sizes,
    )
  }

  /** Opens a file to go on with it. @throws DamagedFile when it is not as it was at the mark */
  static reopen(path: string, sizes: BufferSizes, { length, checksum }: FileMark): WordsFile {
    const opened = new WordsFile(path, openKept(path), sizes)
    try {
      if (onDisk(path, 'read', () => fstatSync(opened.#file).size) !== length * BYTES) {
        throw new DamagedFile(path, 'damaged')
      }
      opened.length = length
      opened.#written = length
      opened.#checksum = opened.#checksumOfFile()
      if (opened.#checksum !== checksum) throw new DamagedFile(path, 'damaged')
      return opened
    } catch (thrown) {
      opened.close()
      throw thrown
    }
  }

  /** Writes words `from` to before `to` of an array. */
  append(words: Int32Array, from: number, to: number): void {
    const tail = this.#tail
    for (let at = from; at < to; ) {
      if (this.#tailLength === tail.length) this.flush()
      const count = Math.min(to - at, tail.length - this.#tailLength)
      // Few words are copied faster one by one.
      if (count > 64) tail.set(words.subarray(at, at + count), this.#tailLength)
      else {
        for (let word = 0; word < count; word++) {
          tail[this.#tailLength + word] = words[at + word] as number
        }
      }
      this.#tailLength += count
      at += count
    }
    this.length += to - from
  }

  /** Writes what waits for more. From then on all words can be read. */
  flush(): void {
    if (this.#tailLength === 0) return
    const bytes = new Uint8Array(this.#tail.buffer, 0, this.#tailLength * BYTES)
    const start = this.#written * BYTES
    onDisk(this.path, 'written', () => {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(this.#file, bytes, at, bytes.length - at, start + at)
      }
    })
    this.#written += this.#tailLength
    this.#checksum = crc32(bytes, this.#checksum)
    this.#isDirty = true
    this.#tailLength = 0
  }

  /** Writes what waits for more; from now on it is only read. */
  seal(): void {
    this.flush()
    this.#tail = new Int32Array(0)
  }

  /** Writes what waits for more. When this returns, all words are on the disk. @returns how far the file is. */
  sync(): FileMark {
    this.flush()
    if (this.#isDirty) onDisk(this.path, 'written', () => fdatasyncSync(this.#file))
    this.#isDirty = false
    return { name: basename(this.path), length: this.length, checksum: this.#checksum }
  }

  /** Reads words from `position` on into an array, to its end or that of the file. @returns how many. */
  readInto(words: Int32Array, position: number): number {
    const count = Math.min(words.length, this.length - position)
    const bytes = new Uint8Array(words.buffer, words.byteOffset, count * BYTES)
    onDisk(this.path, 'read', () => {
      for (let at = 0; at < bytes.length; ) {
        const read = readSync(this.#file, bytes, at, bytes.length - at, position * BYTES + at)
        if (read === 0) throw new Error('it is shorter than what was written to it')
        at += read
      }
    })
    return count
  }

  /** Reads words from `position` on into all of a short array. */
  read(position: number, words: Int32Array): void {
    let at = position - this.#first
    if (at < 0 || at + words.length > this.#count) {
      this.#first = position
      this.#count = this.readInto(this.#window, position)
      at = 0
    }
    for (let word = 0; word < words.length; word++) words[word] = this.#window[at + word] as number
  }

  /** Closes the file, which stays. */
  close(): void {
    onDisk(this.path, 'closed', () => closeSync(this.#file))
  }

  /** Closes the file and removes it. */
  remove(): void {
    this.close()
    onDisk(this.path, 'removed', () => rmSync(this.path, { force: true }))
  }

  #checksumOfFile(): number {
    const words = new Int32Array(Math.min(CHECKED, this.length))
    let checksum = 0
    for (let position = 0; position < this.length; ) {
      const count = this.readInto(words, position)
      checksum = crc32(new Uint8Array(words.buffer, 0, count * BYTES), checksum)
      position += count
    }
    return checksum
  }
}

/** Opens a file that should be there. */
function openKept(path: string): number {
  try {
    return openSync(path, 'r+')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') throw new DamagedFile(path, 'damaged')
    return onDisk(path, 'read', () => {
      throw thrown
    })
  }
}
