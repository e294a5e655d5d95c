/**
 * Run: a file of keyed rows in their order (sorter.ts), all of which are different.
 */
import { compareRests } from './sorter.js'
import { WordsFile } from './words-file.js'

/** How many bytes of a run are read or written at once. */
const BUFFER = 1 << 22

/** A sorted file of rows. */
export interface Run {
  readonly file: WordsFile
  /** How many rows there are. */
  readonly count: number
}

/** How many words of so many rows are read or written at once: whole rows. */
function bufferWords(rows: number, words: number): number {
  const most = Math.floor(BUFFER / (words * Int32Array.BYTES_PER_ELEMENT))
  return Math.min(rows, Math.max(1, most)) * words
}

/** Makes the file of a run, which is empty still. @param rows how many it will have at most. */
export function runFile(path: string, rows: number, words: number): WordsFile {
  // It is never read but in order, by a cursor.
  return new WordsFile(path, bufferWords(rows, words), 0)
}

/** Goes through the rows of a run in their order. */
export class Cursor {
  /** Where the rows are that were read last. */
  readonly buffer: Int32Array
  /** How many words these are. */
  filled = 0
  #position = 0

  constructor(
    readonly run: Run,
    words: number,
  ) {
    this.buffer = new Int32Array(bufferWords(run.count, words))
  }

  /** Reads the next rows. @returns false at the end. */
  advance(): boolean {
    const { run, buffer } = this
    this.filled = run.file.readInto(buffer, this.#position)
    this.#position += this.filled
    return this.filled > 0
  }
}

/** Keyed rows in memory in their order, and for each of them which one it was before they were sorted. */
interface Sorted {
  readonly rows: Int32Array
  readonly order: Int32Array
}

/**
 * Finds which of some rows are in a run: both are gone through once.
 * @param count how many rows are sorted.
 * @param known gets a 1 for each that is, by the number that it had before they were sorted.
 */
export function findIn(
  run: Run,
  { rows, order }: Sorted,
  count: number,
  words: number,
  known: Uint8Array,
): void {
  const cursor = new Cursor(run, words)
  const { buffer } = cursor
  const end = count * words
  let row = 0
  while (row < end && cursor.advance()) {
    const { filled } = cursor
    for (let at = 0; at < filled && row < end; ) {
      const key = rows[row] as number
      while (at < filled && (buffer[at] as number) < key) at += words
      if (at === filled) break
      const held = buffer[at] as number
      while (row < end && (rows[row] as number) < held) row += words
      if (row === end || rows[row] !== held) continue
      const order3 = compareRests(rows, row, buffer, at, words)
      if (order3 === 0) known[order[row / words] as number] = 1
      if (order3 <= 0) row += words
      if (order3 >= 0) at += words
    }
  }
}

/** Makes one run of two that have no row in common. */
export function mergeRuns(one: Run, other: Run, path: string, words: number): Run {
  const file = runFile(path, one.count + other.count, words)
  const [a, b] = [new Cursor(one, words), new Cursor(other, words)]
  let [isMore, isOtherMore] = [a.advance(), b.advance()]
  let [at, from] = [0, 0]
  while (isMore && isOtherMore) {
    const [rows, others] = [a.buffer, b.buffer]
    while (at < a.filled && from < b.filled) {
      const [key, otherKey] = [rows[at] as number, others[from] as number]
      const isFirst =
        key === otherKey ? compareRests(rows, at, others, from, words) < 0 : key < otherKey
      if (isFirst) {
        file.append(rows, at, at + words)
        at += words
      } else {
        file.append(others, from, from + words)
        from += words
      }
    }
    if (at === a.filled) {
      isMore = a.advance()
      at = 0
    }
    if (from === b.filled) {
      isOtherMore = b.advance()
      from = 0
    }
  }
  for (; isMore; isMore = a.advance(), at = 0) file.append(a.buffer, at, a.filled)
  for (; isOtherMore; isOtherMore = b.advance(), from = 0) file.append(b.buffer, from, b.filled)
  file.seal()
  return { file, count: one.count + other.count }
}
