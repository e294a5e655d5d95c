/**
 * Words file: a file of 32-bit words, which is written at its end and read anywhere. Both go through buffers, so that the operating
 * system is asked for much at once.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { onDisk } from './disk-error.js'

const BYTES = Int32Array.BYTES_PER_ELEMENT

export class WordsFile {
  /** How many words there are. */
  length = 0
  /** Where it lies. */
  readonly path: string
  readonly #file: number
  /** Words that are still to be written, and how many. */
  #tail: Int32Array
  #tailLength = 0
  /** The words from `#first` on, `#count` of them, as they were read last. */
  readonly #window: Int32Array
  #first = 0
  #count = 0

  /**
   * Makes a file that is not there yet. Each method throws DiskError where the operating system refuses.
   * @param tail how many words are written at once.
   * @param window how many words are read at once.
   */
  constructor(path: string, tail: number, window: number) {
    this.path = path
    this.#tail = new Int32Array(tail)
    this.#window = new Int32Array(window)
    this.#file = onDisk(path, 'written', () => openSync(path, 'wx+'))
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
    const bytes = new Uint8Array(this.#tail.buffer, 0, this.#tailLength * BYTES)
    onDisk(this.path, 'written', () => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at)
    })
    this.#tailLength = 0
  }

  /** Writes what waits for more; from now on it is only read. */
  seal(): void {
    this.flush()
    this.#tail = new Int32Array(0)
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

  /** Closes the file and removes it. */
  remove(): void {
    closeSync(this.#file)
    rmSync(this.path, { force: true })
  }
}
