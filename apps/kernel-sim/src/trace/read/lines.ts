/**
 * Lines: cuts a stream of byte chunks into blocks of whole lines, without copying but for a line that two chunks share. The
 * carriage returns of CRLF go, whoever put them there.
 * Memory is bounded whatever comes: of a line that is too long only the length is kept.
 */

/** Takes the lines. The bytes are only valid during the call. */
export interface LineSink {
  /**
   * One or more whole lines, each with its line break. The last one of the stream may lack it; then `bytes[end]` is one all the same, so
   * that who looks one byte ahead never sees what happens to stand in memory.
   */
  lines(bytes: Buffer, start: number, end: number): void
  /** One line that is longer than MAX_LINE; its length in bytes, line break not counted. */
  oversize(length: number): void
}

/** The longest line that is read: far more than any event with its stack needs. */
export const MAX_LINE = 1 << 20

const LF = 10
const CR = 13
const LINE_BREAK = Buffer.of(LF)

export class LineSplitter {
  readonly #sink: LineSink
  /** The beginning of a line whose end has not come yet. */
  #carry = Buffer.allocUnsafe(1 << 12)
  /** How long that beginning is; when it exceeds MAX_LINE its bytes are not kept. */
  #carried = 0

  constructor(sink: LineSink) {
    this.#sink = sink
  }

  /** True if the last chunk ended with a carriage return: it goes if a line break follows. */
  #endedWithCr = false

  /** Takes the next bytes of the stream. */
  push(chunk: Buffer): void {
    // What follows a carriage return is still to come.
    if (chunk.length === 0) return
    if (this.#endedWithCr || chunk.includes(CR)) this.#lines(this.#withoutCrlf(chunk))
    else this.#lines(chunk)
  }

  #withoutCrlf(chunk: Buffer): Buffer {
    const kept = Buffer.allocUnsafe(chunk.length + 1)
    let length = 0
    if (this.#endedWithCr && chunk[0] !== LF) kept[length++] = CR
    this.#endedWithCr = chunk[chunk.length - 1] === CR
    let start = 0
    for (let cr = chunk.indexOf(CR); cr >= 0; cr = chunk.indexOf(CR, cr + 1)) {
      if (cr + 1 < chunk.length && chunk[cr + 1] !== LF) continue
      length += chunk.copy(kept, length, start, cr)
      start = cr + 1
    }
    length += chunk.copy(kept, length, start)
    return kept.subarray(0, length)
  }

  #lines(chunk: Buffer): void {
    let start = 0
    if (this.#carried > 0) {
      const end = chunk.indexOf(LF)
      if (end < 0) {
        this.#keep(chunk, 0, chunk.length)
        return
      }
      start = end + 1
      this.#keep(chunk, 0, start)
      this.#flush(1)
    }
    const end = chunk.lastIndexOf(LF) + 1
    if (end > start) this.#emit(chunk, start, end)
    this.#keep(chunk, Math.max(start, end), chunk.length)
  }

  /** The stream has ended. */
  end(): void {
    if (this.#endedWithCr) this.#lines(Buffer.of(CR))
    this.#endedWithCr = false
    if (this.#carried === 0) return
    const length = this.#carried
    this.#keep(LINE_BREAK, 0, 1)
    this.#carried = length
    this.#flush(0)
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const length = this.#carried + end - start
    if (length <= MAX_LINE + 1) {
      if (length > this.#carry.length) {
        const size = Math.min(MAX_LINE + 1, Math.max(length, this.#carry.length * 2))
        const grown = Buffer.allocUnsafe(size)
        this.#carry.copy(grown, 0, 0, this.#carried)
        this.#carry = grown
      }
      chunk.copy(this.#carry, this.#carried, start, end)
    }
    this.#carried = length
  }

  #flush(lineBreak: number): void {
    const length = this.#carried
    this.#carried = 0
    if (length - lineBreak > MAX_LINE) this.#sink.oversize(length - lineBreak)
    else this.#sink.lines(this.#carry, 0, length)
  }

  /** A chunk seldom is longer than the longest line; if it is, its lines are looked at one by one. */
  #emit(chunk: Buffer, start: number, end: number): void {
    if (end - start <= MAX_LINE) {
      this.#sink.lines(chunk, start, end)
      return
    }
    for (let at = start; at < end; ) {
      const next = chunk.indexOf(LF, at) + 1
      if (next - 1 - at > MAX_LINE) this.#sink.oversize(next - 1 - at)
      else this.#sink.lines(chunk, at, next)
      at = next
    }
  }
}
