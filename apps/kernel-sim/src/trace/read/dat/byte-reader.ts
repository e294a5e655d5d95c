/** Byte reader: takes the head of a trace.dat apart, value by value. Everything in it has the byte order of the recorded machine. */
import { DatError } from './dat-error.js'

const utf8 = new TextDecoder()

export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly littleEndian: boolean
  #at: number

  constructor(bytes: Uint8Array, littleEndian: boolean, at = 0) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.littleEndian = littleEndian
    this.#at = at
  }

  /** Where the next value begins. */
  get at(): number {
    return this.#at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), this.littleEndian)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), this.littleEndian)
  }

  /** A size, an offset or the like. @throws DatError when no file can be as large. */
  u64(): number {
    const value = Number(this.#view.getBigUint64(this.#take(8), this.littleEndian))
    if (value > Number.MAX_SAFE_INTEGER) throw new DatError('a number in its head is impossible')
    return value
  }

  bytes(length: number): Uint8Array {
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  text(length: number): string {
    return utf8.decode(this.bytes(length))
  }

  /** A text that a NUL ends. */
  cString(): string {
    const end = this.#bytes.indexOf(0, this.#at)
    if (end < 0) throw new DatError('its head ends before its end')
    const text = this.text(end - this.#at)
    this.#at++
    return text
  }

  #take(length: number): number {
    const start = this.#at
    if (length > this.left) throw new DatError('its head ends before its end')
    this.#at += length
    return start
  }
}
