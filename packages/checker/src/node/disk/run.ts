/**
 * Run: a file of keyed rows in their order (sorter.ts), all of which are different.
 */
import { compareRests } from './sorter.js'
import { type FileMark, WordsFile } from './words-file.js'

/** How many bytes of a run are read or written at once. */
const BUFFER = 1 << 22

/** A sorted file of rows. */
export interface Run {
  readonly file: WordsFile
  /** How many rows there are. */
  readonly count: number
  /** How many words a row has. */
  readonly words: number
}

/** How many words of so many rows are read or written at once: whole rows. */
function bufferWords({ count, words }: Omit<Run, 'file'>, bytes: number): number {
  const most = Math.floor(bytes / (words * Int32Array.BYTES_PER_ELEMENT))
  return Math.min(count, Math.max(1, most)) * words
}

/** Makes the file of a run, which is empty still. @param run how many rows it will have at most. */
export function runFile(path: string, run: Omit<Run, 'file'>): WordsFile {
  // It is never read but in order, by a cursor.
  return WordsFile.create(path, { tail: bufferWords(run, BUFFER), window: 0 })
}

/** Opens a run that was sealed. @throws DamagedFile when it is not as it was */
export function reopenedRun(path: string, mark: FileMark, words: number): Run {
  const file = WordsFile.reopen(path, { tail: 0, window: 0 }, mark)
  return { file, count: mark.length / words, words }
}

/** Goes through the rows of a run in their order. */
export class Cursor {
  /** Where the rows are that were read last. */
  readonly buffer: Int32Array
  /** How many words these are. */
  filled = 0
  readonly #file: WordsFile
  #position = 0

  /** @param bytes how many are read at once. */
  constructor(run: Run, bytes = BUFFER) {
    this.#file = run.file
    this.buffer = new Int32Array(bufferWords(run, bytes))
  }

  /** Reads the next rows. @returns false at the end. */
  advance(): boolean {
    this.filled = this.#file.readInto(this.buffer, this.#position)
    this.#position += this.filled
    return this.filled > 0
  }
}

/** Rows that are looked for. */
export interface Wanted {
  /** How many there are. */
  readonly count: number
  /** The rows, keyed and sorted, and for each which one it was before. */
  readonly sorted: {
    readonly rows: Int32Array
    readonly order: Int32Array
  }
  /** For each, by the number that it had before, 1 if it was found. */
  readonly known: Uint8Array
}

/** Marks those rows that are in a run. Both are gone through once. */
export function findIn(run: Run, { count, sorted, known }: Wanted, bytes = BUFFER): void {
  const { rows, order } = sorted
  const { words } = run
  const cursor = new Cursor(run, bytes)
  const { buffer } = cursor
  const end = count * words
  let row = 0
  while (row < end && cursor.advance()) {
    const { filled } = cursor
    let at = 0
    while (at < filled && row < end) {
      const key = rows[row] as number
      while (at < filled && (buffer[at] as number) < key) at += words
      if (at === filled) break
      const held = buffer[at] as number
      while (row < end && (rows[row] as number) < held) row += words
      if (row === end || rows[row] !== held) continue
      const compared = compareRests(rows, row, buffer, at, words)
      if (compared === 0) known[order[row / words] as number] = 1
      if (compared <= 0) row += words
      if (compared >= 0) at += words
    }
  }
}

/** Makes one run of two that have no row in common. */
export function mergeRuns([one, other]: readonly [Run, Run], path: string, bytes = BUFFER): Run {
  const { words } = one
  const count = one.count + other.count
  const file = runFile(path, { count, words })
  const a = new Cursor(one, bytes)
  const b = new Cursor(other, bytes)
  const [rows, others] = [a.buffer, b.buffer]
  let [isMore, isOtherMore] = [a.advance(), b.advance()]
  let [at, from] = [0, 0]
  while (isMore && isOtherMore) {
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
  for (; isMore; isMore = a.advance(), at = 0) file.append(rows, at, a.filled)
  for (; isOtherMore; isOtherMore = b.advance(), from = 0) file.append(others, from, b.filled)
  file.seal()
  return { file, count, words }
}
