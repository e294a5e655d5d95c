/**
 * Piece: what somebody found who expanded some states for a search, as numbers in an array that threads share. This file alone
 * knows how it is laid out: the number of states that were expanded, then for each of them how many steps it has; the number of
 * rows that follow, twice, plus 1 if one of its successors is known and was found after it; and these rows, each with its hash
 * first. Successors that the table knows already are left out.
 */
import type { Row } from '../machine/layout.js'
import { findIn, hash, preload, type TableView } from './state-table.js'

/** How many states are handed out at once, at most. */
export const BLOCK = 8192
/** How many states make a piece. */
export const PIECE = 64
/** How many words a piece has at most: when a state does not fit, it is left for who adds. */
const PIECE_WORDS = 1 << 14

/** How many words a piece has before its first state, and a state before its first row. */
const HEADER = 1
const STATE_HEADER = 2

/** Where in a block of pieces the one begins that has this number. */
export function pieceAt(piece: number): number {
  return piece * PIECE_WORDS
}

/** An array with room for a block of pieces. */
export function blockOfPieces(): Int32Array {
  return new Int32Array(new SharedArrayBuffer((BLOCK / PIECE) * PIECE_WORDS * 4))
}

/** Makes every piece of a block empty. */
export function emptyPieces(pieces: Int32Array): void {
  for (let base = 0; base < pieces.length; base += PIECE_WORDS) pieces[base] = 0
}

/** Writes a piece: states one after the other, with all their successors; {@link finish} takes out those that are known. */
export class PieceWriter {
  #out: Int32Array = new Int32Array(0)
  #base = 0
  #words = 0
  #at = 0
  #end = 0
  /** Where the state begins that is being written. */
  #state = 0
  #rows = 0
  #first = 0
  #done = 0
  readonly #hashes = new Int32Array(PIECE_WORDS)
  readonly #loaded = new Int32Array(PIECE_WORDS)

  /** Begins a piece of `out` at `base`. @param words how many words a row has. */
  begin(out: Int32Array, base: number, words: number): void {
    this.#out = out
    this.#base = base
    this.#words = words
    this.#at = base + HEADER
    this.#end = base + PIECE_WORDS
    this.#rows = 0
    this.#done = 0
  }

  beginState(): void {
    this.#state = this.#at
    this.#at += STATE_HEADER
    this.#first = this.#rows
  }

  /** Adds a successor. A row that has no room is not stored, and its state does not count as expanded. */
  add(row: Row): void {
    const words = this.#words
    const out = this.#out
    let at = this.#at
    this.#at += words + 1
    if (this.#at > this.#end) return
    const hashed = hash(row, 0, words)
    this.#hashes[this.#rows++] = hashed
    out[at++] = hashed
    for (let word = 0; word < words; word++) out[at++] = row[word] as number
  }

  /** Ends a state. @returns false when it had no room: the piece is full. */
  endState(steps: number): boolean {
    if (this.#at > this.#end) return false
    this.#out[this.#state] = steps
    this.#out[this.#state + 1] = this.#rows - this.#first
    this.#done++
    return true
  }

  /**
   * Ends the piece: moves together the rows that the table does not know.
   * @param size how many states of the table count as known.
   * @param from the number of the first state.
   */
  finish(table: TableView, size: number, from: number): void {
    const out = this.#out
    const words = this.#words
    out[this.#base] = this.#done
    preload(this.#loaded, this.#hashes, this.#rows, table.slots, table.rows, words)
    let read = this.#base + HEADER
    let write = read
    for (let state = from; state < from + this.#done; state++) {
      const header = write
      const found = out[read + 1] as number
      let kept = 0
      let forward = 0
      out[header] = out[read] as number
      read += STATE_HEADER
      write += STATE_HEADER
      for (let index = 0; index < found; index++, read += words + 1) {
        const known = findIn(table, out, read + 1, out[read] as number, size)
        if (known > state) forward = 1
        if (known >= 0) continue
        kept++
        out.copyWithin(write, read, read + words + 1)
        write += words + 1
      }
      out[header + 1] = kept * 2 + forward
    }
  }
}

/** Reads a piece, state by state. */
export class PieceReader {
  /** How many steps the state has; 0 where it has no successor. */
  steps = 0
  /** Whether a successor is known and was found after it. */
  forward = false
  /** How many rows it has that were not known, and where the first begins: its hash, then its words. */
  found = 0
  rows = 0
  /** From the beginning of one row to that of the next. */
  stride = 0
  #pieces: Int32Array = new Int32Array(0)
  #left = 0

  /** Begins to read the piece at `base`. @param words how many words a row has. */
  open(pieces: Int32Array, base: number, words: number): void {
    this.#pieces = pieces
    this.#left = pieces[base] as number
    this.stride = words + 1
    this.found = 0
    this.rows = base + HEADER
  }

  /** Goes to the next state. @returns false when there is none. */
  next(): boolean {
    if (this.#left === 0) return false
    this.#left--
    const header = this.rows + this.found * this.stride
    const counted = this.#pieces[header + 1] as number
    this.steps = this.#pieces[header] as number
    this.found = counted >> 1
    this.forward = (counted & 1) === 1
    this.rows = header + STATE_HEADER
    return true
  }
}
