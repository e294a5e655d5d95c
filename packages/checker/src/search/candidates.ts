/**
 * Candidates: what a thread finds in a round goes into the table that all share, at once and without locks.
 *
 * An empty slot is taken by compare-and-exchange, with the number that the candidate would have if all candidates came after the
 * states of the table. Its row is written before, so whoever meets the slot can compare it. Who meets the same state in a slot stays out
 * if the candidate there has a lower number, and else takes its place, by compare-and-exchange again. So it does not matter who
 * was faster: in the end each state has the candidate with the lowest number in its slot (this is the table of Laarman, van de Pol and
 * Weber, "Boosting multi-core reachability performance with shared hash tables", FMCAD 2010, with a minimum instead of the first).
 *
 * When all have come to the end of the round those that have stayed are numbered in order, which makes states of them. Numbers,
 * and the states that others were reached from, are those that a single thread would have given.
 */
import { hash, spread } from './hash.js'
import { FORWARD, ROOM, type Round, SUPERSEDED } from './round.js'
import { isSame, lookUpFirst, NUMBER, NUMBER_BITS, stateOf } from './slots.js'
import type { Successors } from './successors.js'
import type { TableView } from './table-view.js'

/** How many candidates of a round are looked up without waiting for memory: most states that are found again are so at once. */
const FLYING = 1 << 15

/** A piece has no room for another candidate. It is thrown, and always caught, but no Error. */
export class Full {}

const NONE: Int32Array = new Int32Array(0)

/** Finds the candidates of one piece after the other. */
export class Candidates {
  /** The table, and what the round has of candidates and states: see round.ts. */
  #words = 0
  #table: TableView = { words: 0, rows: NONE, parents: NONE, slots: NONE }
  #rows = NONE
  #parents = NONE
  #slots = NONE
  #superseded = NONE
  #marks: Uint8Array = new Uint8Array(0)
  /** The first state of the round, and how many states the table had when it began. */
  #from = -1
  #size = 0
  /** How many candidates a piece has room for. */
  #room = 0
  /** The number of the next candidate of the piece, and of the first that has no room. */
  #next = 0
  #end = 0
  /** The state whose successor had no room; -1 for none. */
  #full = -1
  /** Candidates of this round that were met lately, by hash: as in slots, but for the states of the table before them. */
  readonly #flying = new Int32Array(FLYING)

  /** Begins a piece, or goes on with it. */
  open(round: Round, piece: number): void {
    const { table, memory } = round
    this.#words = table.words
    this.#table = table
    this.#rows = memory.rows
    this.#parents = memory.parents
    this.#slots = memory.slots
    this.#marks = memory.marks
    // States are expanded once: where the first state is another one, so is the round.
    if (this.#from !== round.from) this.#flying.fill(0)
    this.#from = round.from
    this.#size = round.size
    this.#superseded = memory.superseded
    this.#room = round.room
    this.#next = piece * this.#room + (memory.found[piece] as number)
    this.#end = (round.endOf(piece) - round.from) * ROOM
    this.#full = -1
  }

  /**
   * Ends a piece.
   * @param found was found in it and not looked up yet. None of it is left.
   * @returns the state whose successor had no room; -1 when there is none.
   */
  close(round: Round, piece: number, found: Successors): number {
    this.#lookUp(found)
    round.memory.found[piece] = this.#next - piece * this.#room
    return this.#full
  }

  /** The next round is another one, even if it begins with the same state. */
  forget(): void {
    this.#from = -1
  }

  /** Looks states up, and adds those that are new. None of them is left. @throws Full when there is no room. */
  add(found: Successors): void {
    this.#lookUp(found)
    if (this.#full >= 0) throw new Full()
  }

  /** Looks states up, and adds those that are new, up to what has no room. */
  #lookUp(found: Successors): void {
    const waiting = this.#waiting(found)
    found.count = 0
    if (this.#full >= 0) return
    const { states, order, origins } = found
    lookUpFirst(found, waiting, this.#table, this.#size)
    for (let at = 0; at < waiting && this.#full < 0; at++) {
      const index = order[at] as number
      const origin = origins[index] as number
      const state = states[index] as number
      if (state < 0) this.#add(found, index)
      else if (state > origin) this.#mark(origin)
    }
  }

  /**
   * Looks states up among the candidates that were met lately. Their sums become hashes.
   * @returns how many were not found, whose indices are in `order` then.
   */
  #waiting({ count, rows: staged, sums: hashes, order, origins }: Successors): number {
    const words = this.#words
    const rows = this.#rows
    const next = this.#next
    let waiting = 0
    for (let index = 0; index < count; index++) {
      const hashed = spread(hashes[index] as number)
      hashes[index] = hashed
      const other = stateOf(this.#flying[hashed & (FLYING - 1)] as number, hashed)
      // One with a higher number would have to give way.
      if (other >= 0 && other < next && isSame(rows, other * words, staged, index * words, words)) {
        this.#mark(origins[index] as number)
      } else order[waiting++] = index
    }
    return waiting
  }

  #add(found: Successors, index: number): void {
    const { rows: states, slots } = this.#table
    const words = this.#words
    const { rows: staged, sums: hashes, origins } = found
    const from = index * words
    const size = this.#size
    const mask = slots.length - 1
    const hashed = hashes[index] as number
    let slot = hashed & mask
    for (;;) {
      let held = slots[slot] as number
      if (held === 0) {
        if (!this.#write(found, index, slot)) return
        const own = (hashed & ~NUMBER) | (size + this.#next + 1)
        held = Atomics.compareExchange(slots, slot, 0, own)
        if (held === 0) {
          this.#take(found, index)
          return
        }
        // Somebody was faster, perhaps with the same state.
      }
      if ((held ^ hashed) >>> NUMBER_BITS === 0) {
        const state = (held & NUMBER) - 1
        if (state < size) {
          if (isSame(states, state * words, staged, from, words)) {
            if (state > (origins[index] as number)) this.#mark(origins[index] as number)
            return
          }
        } else if (this.#competes(found, index, slot)) return
      }
      slot = (slot + 1) & mask
    }
  }

  /**
   * Meets a candidate in a slot. If it is of the same state, and has a higher number, this one takes its place.
   * @returns whether it is of the same state.
   */
  #competes(found: Successors, index: number, slot: number): boolean {
    const { slots } = this.#table
    const words = this.#words
    const size = this.#size
    // Read atomically, the number is one whose row has been written.
    let held = Atomics.load(slots, slot)
    const other = (held & NUMBER) - 1 - size
    if (!isSame(this.#rows, other * words, found.rows, index * words, words)) return false
    // Whoever takes the slot from now on has the same state too.
    while ((held & NUMBER) - 1 - size > this.#next) {
      if (!this.#write(found, index, slot)) return true
      const own = (held & ~NUMBER) | (size + this.#next + 1)
      const before = Atomics.compareExchange(slots, slot, held, own)
      if (before === held) {
        const loser = (held & NUMBER) - 1 - size
        this.#slots[loser] = SUPERSEDED
        Atomics.add(this.#superseded, Math.floor(loser / this.#room), 1)
        this.#take(found, index)
        return true
      }
      held = before
    }
    this.#meet(found, index, (held & NUMBER) - 1 - size)
    return true
  }

  /** Writes the next candidate, before anybody can find it in a slot. @returns false when the piece is full. */
  #write(found: Successors, index: number, slot: number): boolean {
    if (this.#next === this.#end) {
      this.#full = found.origins[index] as number
      return false
    }
    const words = this.#words
    const staged = found.rows
    const rows = this.#rows
    let to = this.#next * words
    for (let at = index * words, end = at + words; at < end; at++) rows[to++] = staged[at] as number
    this.#slots[this.#next] = slot
    this.#parents[this.#next] = found.origins[index] as number
    return true
  }

  #take(found: Successors, index: number): void {
    this.#meet(found, index, this.#next)
    this.#next++
  }

  /** Notes that the state of what is staged is that of a candidate, which comes after all states of the table. */
  #meet({ sums: hashes, origins }: Successors, index: number, candidate: number): void {
    const hashed = hashes[index] as number
    this.#flying[hashed & (FLYING - 1)] = (hashed & ~NUMBER) | (candidate + 1)
    this.#mark(origins[index] as number)
  }

  #mark(origin: number): void {
    const at = origin - this.#from
    this.#marks[at] = (this.#marks[at] as number) | FORWARD
  }
}

/**
 * Numbers the candidates that stay, when all threads have come to the end of the round.
 * @param last the last state whose successors count; what was found from later ones is taken out of the table.
 * @returns how many stay.
 */
export function settle(round: Round, last: number): number {
  const { memory, size, pieces } = round
  if (last < round.endOf(pieces - 1) - 1) takeOut(round, last)
  let number = size
  for (let piece = 0; piece < pieces; piece++) {
    memory.firsts[piece] = number
    number += (memory.found[piece] as number) - (memory.superseded[piece] as number)
  }
  return number - size
}

/**
 * Takes the candidates out that were found from states after `last`. No probe may end early, so all are taken out, and those
 * that stay put back.
 */
function takeOut({ table, memory, size, pieces, room }: Round, last: number): void {
  const { slots, words } = table
  const mask = slots.length - 1
  const staying: number[] = []
  for (let piece = 0; piece < pieces; piece++) {
    const first = piece * room
    for (let at = first; at < first + (memory.found[piece] as number); at++) {
      const slot = memory.slots[at] as number
      if (slot === SUPERSEDED) continue
      slots[slot] = 0
      if ((memory.parents[at] as number) <= last) staying.push(at)
      else {
        memory.slots[at] = SUPERSEDED
        memory.superseded[piece] = (memory.superseded[piece] as number) + 1
      }
    }
  }
  for (const at of staying) {
    const hashed = hash(memory.rows, at * words, words)
    let slot = hashed & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = (hashed & ~NUMBER) | (size + at + 1)
    memory.slots[at] = slot
  }
}

/** Makes states of the candidates of a piece. The table has room for them. */
export function storePiece({ table, memory, room }: Round, piece: number): void {
  const { rows, parents, slots, words } = table
  const first = piece * room
  const end = first + (memory.found[piece] as number)
  const candidates = memory.rows
  const origins = memory.parents
  const taken = memory.slots
  // Slots are waited for, so they have a loop of their own, in which many can be waited for at once.
  let number = (memory.firsts[piece] as number) + 1
  for (let at = first; at < end; at++) {
    const slot = taken[at] as number
    if (slot === SUPERSEDED) continue
    slots[slot] = ((slots[slot] as number) & ~NUMBER) | number
    number++
  }
  let state = memory.firsts[piece] as number
  let to = state * words
  for (let at = first; at < end; at++) {
    if (taken[at] === SUPERSEDED) continue
    for (let from = at * words; from < (at + 1) * words; from++) {
      rows[to++] = candidates[from] as number
    }
    parents[state++] = origins[at] as number
  }
}
