/**
 * State files: all states of a search as files. One has their rows in the order in which they were found, from which they are read to be
 * expanded, one the states that they were found from, and some have the same rows once more, sorted.
 */
import type { Row } from '../../machine/layout.js'
import { findIn, mergeRuns, type Run, reopenedRun, runFile, type Wanted } from './run.js'
import type { SearchFolder } from './search-folder.js'
import { Sorter } from './sorter.js'
import { type FileMark, WordsFile } from './words-file.js'

const BYTES = Int32Array.BYTES_PER_ELEMENT
/** How many words are written at once, and of rows read at once: those that are expanded follow each other. */
const BUFFER = 1 << 18
/** How many of the states that others were found from are read at once: they are looked up here and there. */
const FEW = 1 << 8
/** How the rows, and the states that others were found from, are written and read. */
const ROWS = { tail: BUFFER, window: BUFFER }
const PARENTS = { tail: BUFFER, window: FEW }
/** No run is made longer than so many rows by merging, since both are on disk meanwhile. */
const LONGEST_MERGED = 1 << 27

/** Rows that were collected, and which of them are states already. */
export interface Collected extends Wanted {
  /** The rows in the order in which they were found, and the states that they were found from. */
  readonly rows: Int32Array
  readonly parents: Int32Array
}

/** The files of all states, as they were at some time. */
export interface StateMarks {
  /** How many words a row has. */
  readonly words: number
  /** The rows in the order in which they were found. */
  readonly rows: FileMark
  /** The states that they were found from. */
  readonly parents: FileMark
  /** The sorted runs, from the longest to the shortest. */
  readonly runs: readonly FileMark[]
}

/** The marks of all files. */
export function marksIn({ rows, parents, runs }: StateMarks): readonly FileMark[] {
  return [rows, parents, ...runs]
}

export class StateFiles {
  /** How many states there are. */
  size = 0
  /** How many words a row has. */
  readonly words: number
  readonly #folder: SearchFolder
  readonly #rows: WordsFile
  readonly #parents: WordsFile
  /** Each is more than twice as long as the next, but where they would be too long together. */
  readonly #runs: Run[] = []
  readonly #parent = new Int32Array(1)

  private constructor(
    folder: SearchFolder,
    words: number,
    { rows, parents }: { readonly rows: WordsFile; readonly parents: WordsFile },
  ) {
    this.#folder = folder
    this.words = words
    this.#rows = rows
    this.#parents = parents
  }

  /** Makes files of no states. @param words how many a row has. */
  static create(folder: SearchFolder, words: number): StateFiles {
    const rows = WordsFile.create(folder.next(), ROWS)
    const parents = WordsFile.create(folder.next(), PARENTS)
    return new StateFiles(folder, words, { rows, parents })
  }

  /** Opens files as they were. @throws DamagedFile when they are not so any more. */
  static reopen(folder: SearchFolder, marks: StateMarks): StateFiles {
    const { words } = marks
    const opened: WordsFile[] = []
    const kept = (file: WordsFile): WordsFile => {
      opened.push(file)
      return file
    }
    try {
      const rows = kept(WordsFile.reopen(folder.pathOf(marks.rows), ROWS, marks.rows))
      const parents = kept(WordsFile.reopen(folder.pathOf(marks.parents), PARENTS, marks.parents))
      const files = new StateFiles(folder, words, { rows, parents })
      files.size = rows.length / words
      for (const mark of marks.runs) {
        const run = reopenedRun(folder.pathOf(mark), mark, words)
        kept(run.file)
        files.#runs.push(run)
      }
      return files
    } catch (thrown) {
      for (const file of opened) file.close()
      throw thrown
    }
  }

  /** How many bytes they have. */
  get bytes(): number {
    const runs = this.#runs.reduce((sum, { file }) => sum + file.length, 0)
    return (this.#rows.length + this.#parents.length + runs) * BYTES
  }

  /** How many sorted files there are. */
  get runs(): number {
    return this.#runs.length
  }

  /** How many bytes they have at most when so many states more have been added, and runs merged. */
  bytesWith(more: number): number {
    // What is merged several times lies there as it was before, as it was between, and as it is made, where a checkpoint names the first.
    const merged = Math.min(this.size + more, LONGEST_MERGED) * (this.#folder.isKept ? 2 : 1)
    return this.bytes + (more * (2 * this.words + 1) + merged * this.words) * BYTES
  }

  /** When this returns, all of it is on the disk. @returns how far the files are. */
  sync(): StateMarks {
    return {
      words: this.words,
      rows: this.#rows.sync(),
      parents: this.#parents.sync(),
      runs: this.#runs.map(({ file }) => file.sync()),
    }
  }

  /** Marks those of some rows that are states already. */
  mark(wanted: Wanted): void {
    for (const run of this.#runs) findIn(run, wanted)
  }

  /** Adds those rows that are not marked. */
  add({ count, rows, parents, sorted, known }: Collected): void {
    const { words } = this
    const run = runFile(this.#folder.next(), { count, words })
    for (let at = 0; at < count; at++) {
      if (known[sorted.order[at] as number] === 1) continue
      run.append(sorted.rows, at * words, (at + 1) * words)
    }
    run.seal()
    for (let at = 0; at < count; at++) {
      if (known[at] === 1) continue
      this.#rows.append(rows, at * words, (at + 1) * words)
      this.#parents.append(parents, at, at + 1)
    }
    this.#rows.flush()
    this.#parents.flush()
    const added = run.length / words
    this.size += added
    this.#push({ file: run, count: added, words })
  }

  /** Copies a state into `row`. */
  read(state: number, row: Row): void {
    this.#rows.read(state * this.words, row)
  }

  /** The state that one was found from; -1 for the first. */
  parent(state: number): number {
    this.#parents.read(state, this.#parent)
    return this.#parent[0] as number
  }

  /** All rows, one after the other. Only while there are few of them. */
  get rows(): Int32Array {
    const rows = new Int32Array(this.size * this.words)
    this.#rows.readInto(rows, 0)
    return rows
  }

  /**
   * The same states in another arrangement. These files stay.
   * @param room how many rows there is memory for at once.
   * @throws whatever `convert` throws; nothing is left of the new ones then.
   */
  converted(
    words: number,
    convert: (from: Int32Array, count: number, to: Int32Array) => void,
    room: number,
  ): StateFiles {
    const files = StateFiles.create(this.#folder, words)
    try {
      const sorted = new Sorter()
      const most = Math.min(room, this.size)
      const parents = new Int32Array(most)
      const before = new Int32Array(most * this.words)
      const rows = new Int32Array(most * words)
      const known = new Uint8Array(most)
      for (let first = 0; first < this.size; first += most) {
        const count = this.#rows.readInto(before, first * this.words) / this.words
        this.#parents.readInto(parents, first)
        convert(before, count, rows)
        sorted.sort(rows, count, words)
        files.add({ count, rows, parents, sorted, known })
      }
      return files
    } catch (thrown) {
      files.discard()
      throw thrown
    }
  }

  /** Closes them all. What no checkpoint needs is removed. */
  discard(): void {
    for (const file of this.#files) this.#folder.discard(file)
  }

  /** Closes them all, which stay. */
  close(): void {
    for (const file of this.#files) file.close()
  }

  get #files(): readonly WordsFile[] {
    return [this.#rows, this.#parents, ...this.#runs.map(({ file }) => file)]
  }

  /** Adds a run, and makes one of those at the end that are of like size. */
  #push(run: Run): void {
    const runs = this.#runs
    runs.push(run)
    for (;;) {
      const [longer, shorter] = runs.slice(-2)
      if (longer === undefined || shorter === undefined) return
      const isLike = longer.count <= 2 * shorter.count
      if (!isLike || longer.count + shorter.count > LONGEST_MERGED) return
      const merged = mergeRuns([longer, shorter], this.#folder.next())
      runs.splice(-2, 2, merged)
      this.#folder.discard(longer.file)
      this.#folder.discard(shorter.file)
    }
  }
}
