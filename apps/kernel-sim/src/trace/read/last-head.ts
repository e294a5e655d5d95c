/**
 * Last head: what stands before the name of the last record of ftrace text. Mostly the next line is the header of its stack, and begins with the
 * same bytes up to the time: then nothing of it has to be taken apart.
 */
import { COLON, GREATER, isTimeByte, LF, SPACE } from './ftrace-columns.js'

/** `<stack trace>` but for its last byte, four bytes at a time. */
const WORDS = [0, 4, 8].map((at) => Buffer.from('<stack trace>').readInt32LE(at))
const [WORD_0, WORD_1, WORD_2] = WORDS
export const STACK_TRACE = '<stack trace>'.length

export class LastHead {
  /** Where the line begins in this block; -1 where it is in one that is gone. */
  #begin = -1
  /** Where the time and the name begin in it. */
  #time = 0
  #name = 0

  /** The name of the last record begins so far behind the beginning of its line. */
  get name(): number {
    return this.#name
  }

  /** A record was read whose line, time and name begin there. */
  remember(begin: number, time: number, name: number): void {
    this.#begin = begin
    this.#time = time - begin
    this.#name = name - begin
  }

  forget(): void {
    this.#begin = -1
  }

  /** Returns true if the line at `start` is the header of a stack of the last record. */
  isOfHeader(bytes: DataView, start: number, limit: number): boolean {
    const begin = this.#begin
    const at = start + this.#name
    if (begin < 0 || at + STACK_TRACE >= limit) return false
    if (
      bytes.getInt32(at, true) !== WORD_0 ||
      bytes.getInt32(at + 4, true) !== WORD_1 ||
      bytes.getInt32(at + 8, true) !== WORD_2 ||
      bytes.getUint8(at + 12) !== GREATER ||
      bytes.getUint8(at + 13) !== LF
    ) {
      return false
    }
    const time = this.#time
    for (let i = 0; i < time; i += 4) {
      // The last four bytes overlap those before.
      const from = Math.min(i, time - 4)
      if (bytes.getInt32(begin + from, true) !== bytes.getInt32(start + from, true)) return false
    }
    let end = start + time
    while (isTimeByte(bytes.getUint8(end))) end++
    return bytes.getUint8(end) === COLON && bytes.getUint8(end + 1) === SPACE && end + 2 === at
  }
}
