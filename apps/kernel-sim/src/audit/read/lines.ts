/**
 * Lines: cuts a stream of byte chunks into lines without copying, except for a line that two chunks
 * share. Memory is bounded whatever comes: of a line that is too long only the length is kept.
 */

/** Takes the lines. The bytes are only valid during the call. */
export interface LineSink {
  /** One line, without its line break (`\n` or `\r\n`); `number` counts from 1. */
  line(bytes: Buffer, start: number, end: number, number: number): void
  /** One line that is longer than the limit, in bytes. */
  oversize(length: number, number: number): void
}

/** The longest line that is read: far more than any event with its stack needs. */
export const MAX_LINE = 1 << 20

const LF = 10
const CR = 13

export class LineSplitter {
  readonly #sink: LineSink
  /** The beginning of a line whose end has not come yet. */
  #carry = Buffer.allocUnsafe(1 << 16)
  /** How long that beginning is; when it exceeds MAX_LINE its bytes are not kept. */
  #carried = 0
  #lines = 0

  constructor(sink: LineSink) {
    this.#sink = sink
  }

  /** How many lines were cut so far. */
  get lines(): number {
    return this.#lines
  }

  /** Takes the next bytes of the stream. */
  push(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      if (this.#carried === 0) this.#emit(chunk, start, end)
      else {
        this.#keep(chunk, start, end)
        this.#flush()
      }
      start = end + 1
    }
    this.#keep(chunk, start, chunk.length)
  }

  /** The stream has ended; returns whether in the middle of a line. */
  end(): boolean {
    if (this.#carried === 0) return false
    this.#flush()
    return true
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const length = this.#carried + end - start
    if (length <= MAX_LINE) {
      if (length > this.#carry.length) {
        const grown = Buffer.allocUnsafe(
          Math.min(MAX_LINE, Math.max(length, this.#carry.length * 2)),
        )
        this.#carry.copy(grown, 0, 0, this.#carried)
        this.#carry = grown
      }
      chunk.copy(this.#carry, this.#carried, start, end)
    }
    this.#carried = length
  }

  #flush(): void {
    const length = this.#carried
    this.#carried = 0
    this.#emit(this.#carry, 0, length)
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    const number = ++this.#lines
    if (end - start > MAX_LINE) this.#sink.oversize(end - start, number)
    else this.#sink.line(bytes, start, end > start && bytes[end - 1] === CR ? end - 1 : end, number)
  }
}
