/**
 * Round: a block of states that several threads expand together, and what they find, as arrays that they share. This file alone
 * knows how it is laid out.
 *
 * A block is cut into pieces of some states each: so many that no thread waits long for the last one. Each piece has room of its own for *candidates*: states that were not in the
 * table when the round began. A candidate's number says where it was found: those of an earlier state have lower numbers,
 * and those of one state are numbered as they were emitted. So whoever comes to a state at once with others, the candidate with the
 * lowest number is the one that a single thread would have added, and it is the one that stays.
 */
import { BLOCK } from './block.js'
import type { TableView } from './table-view.js'

/** How many states a round has at least: fewer are not worth waking anybody. */
export const WORTHWHILE = 512
/** How many pieces a round has at most. */
const PIECES = 64
/** How many states a piece has at least, where there are so many: what they find is looked up many at once. */
const LEAST = 16
/** For how many candidates there is room for each state of a piece, on average. */
export const ROOM = 8

/** What a round says of a state: it has a successor that was found after it. */
export const FORWARD = 1
/** See {@link FORWARD}: it has no successor, and not all tasks have settled. */
export const DEAD = 2

/** Instead of the slot of a candidate: another one of the same state has a lower number. */
export const SUPERSEDED = -1

/** The arrays of a round, which threads share. */
export interface RoundMemory {
  /** The rows of candidates, one after the other. */
  readonly rows: Int32Array
  /** The state that each candidate was found from. */
  readonly parents: Int32Array
  /** The slot of the table that each candidate has taken. */
  readonly slots: Int32Array
  /** How many steps each state of the block has. */
  readonly steps: Int32Array
  /** What is known of each state of the block, as bits: it has a successor that was found after it; it is a deadlock. */
  readonly marks: Uint8Array
  /** For each piece, how many of its states were expanded, all of their successors found. */
  readonly done: Int32Array
  /** For each piece, how many steps those states have together, and what is known of any of them, as bits. */
  readonly taken: Int32Array
  /** See {@link RoundMemory.taken}. */
  readonly anyMarks: Int32Array
  /** For each piece, how many candidates it has, and how many of them are superseded. */
  readonly found: Int32Array
  /** See {@link RoundMemory.found}. */
  readonly superseded: Int32Array
  /** For each piece, the number that the first of its candidates gets in the table. */
  readonly firsts: Int32Array
  /** For each piece and property, the first state of the piece in which it holds; -1 for none. */
  readonly witnesses: Int32Array
  /** The first state of the block, the first one after it, how many states the table has, and how many make a piece. */
  readonly scope: Int32Array
}

const FROM = 0
const TO = 1
const SIZE = 2
const PIECE = 3

/** Memory for a round over rows of so many words, with so many properties to look at. */
export function roundMemory(words: number, properties: number): RoundMemory {
  const array = (length: number): Int32Array =>
    new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT))
  return {
    rows: array(BLOCK * ROOM * words),
    parents: array(BLOCK * ROOM),
    slots: array(BLOCK * ROOM),
    steps: array(BLOCK),
    marks: new Uint8Array(new SharedArrayBuffer(BLOCK)),
    done: array(PIECES),
    taken: array(PIECES),
    anyMarks: array(PIECES),
    found: array(PIECES),
    superseded: array(PIECES),
    firsts: array(PIECES),
    witnesses: array(PIECES * properties),
    scope: array(4),
  }
}

/** A round as one thread sees it. */
export class Round {
  constructor(
    /** The table in which states are looked up, and to which candidates are added. */
    readonly table: TableView,
    /** What all threads see. */
    readonly memory: RoundMemory,
    /** How many properties there are. */
    readonly properties: number,
  ) {}

  /** Begins anew with states from `from` to before `to`. @param size how many states the table has. */
  begin(from: number, to: number, size: number): void {
    const { scope, marks, done, found, superseded, witnesses } = this.memory
    scope[FROM] = from
    scope[TO] = to
    scope[SIZE] = size
    scope[PIECE] = Math.max(LEAST, Math.ceil((to - from) / PIECES))
    marks.fill(0)
    done.fill(0)
    found.fill(0)
    superseded.fill(0)
    witnesses.fill(-1)
  }

  /** The first state. */
  get from(): number {
    return this.memory.scope[FROM] as number
  }

  /** How many states the table has had when the round began. */
  get size(): number {
    return this.memory.scope[SIZE] as number
  }

  /** How many states make a piece; the last one may have fewer. */
  get #piece(): number {
    return this.memory.scope[PIECE] as number
  }

  /** How many candidates a piece has room for. */
  get room(): number {
    return this.#piece * ROOM
  }

  /** How many pieces there are. */
  get pieces(): number {
    return Math.ceil(((this.memory.scope[TO] as number) - this.from) / this.#piece)
  }

  /** The first state of a piece. */
  firstOf(piece: number): number {
    return this.from + piece * this.#piece
  }

  /** The first state after a piece. */
  endOf(piece: number): number {
    return Math.min(this.memory.scope[TO] as number, this.firstOf(piece + 1))
  }

  /** The first state of a piece that is not expanded. */
  doneIn(piece: number): number {
    return this.firstOf(piece) + (this.memory.done[piece] as number)
  }
}
