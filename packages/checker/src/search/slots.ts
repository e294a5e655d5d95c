/**
 * Slots: the numbers of states by the hashes of their rows, with open addressing. A slot has some bits of the hash beside the number, so that rows of
 * other states are hardly ever loaded, however full the slots are.
 *
 * A look-up waits for memory twice, for a slot and then for a row. So many states are looked up at once: what one loads does not depend on
 * what another has found.
 */
import type { Row } from '../machine/layout.js'
import { hash } from './hash.js'
import type { Successors } from './successors.js'
import type { TableView } from './table-view.js'

/** The bits of a slot for the number of its state, plus 1; the others are the upper bits of the hash. */
export const NUMBER_BITS = 27
/** See {@link NUMBER_BITS}: a mask. */
export const NUMBER = (1 << NUMBER_BITS) - 1

/**
 * Looks up the first `waiting` of the states in `order`, whose sums are hashes by now: `states` gets the number of each that is in the first slot of its
 * hash, and -1 for the others, which may be further on, or new. None of it waits for the one before.
 * @param size how many states there are: what has a higher number does not count.
 */
export function lookUpFirst(
  found: Successors,
  waiting: number,
  { rows, slots, words }: TableView,
  size: number,
): void {
  const { rows: staged, sums: hashes, states, order, held } = found
  const mask = slots.length - 1
  for (let at = 0; at < waiting; at++) {
    held[at] = slots[(hashes[order[at] as number] as number) & mask] as number
  }
  for (let at = 0; at < waiting; at++) {
    const index = order[at] as number
    const named = stateOf(held[at] as number, hashes[index] as number)
    const state = named < size ? named : -1
    const differs = difference(rows, state, staged, index, words)
    states[index] = state | ((differs | (0 - differs)) >> 31)
  }
}

/** The number of the state with this row; -1 if there is none. */
export function find({ rows, slots, words }: TableView, row: Row): number {
  const mask = slots.length - 1
  const hashed = hash(row, 0, words)
  let slot = hashed & mask
  for (let held = slots[slot] as number; held !== 0; held = slots[slot] as number) {
    if ((held ^ hashed) >>> NUMBER_BITS === 0) {
      const state = (held & NUMBER) - 1
      if (isSame(rows, state * words, row, 0, words)) return state
    }
    slot = (slot + 1) & mask
  }
  return -1
}

/** The state that a slot names, if the upper bits of its hash are those of another one; else, or if it is empty, -1. No branch is in it. */
export function stateOf(held: number, hashed: number): number {
  // All bits are set if the upper ones are the same.
  const isAlike = (((held ^ hashed) >>> NUMBER_BITS) - 1) >> 31
  return (held & NUMBER & isAlike) - 1
}

/** What tells the row of a state from another one, as bits: 0 if they are the same; not 0 if the state is -1. No branch is in it. */
export function difference(
  rows: Int32Array,
  state: number,
  others: Int32Array,
  index: number,
  words: number,
): number {
  const isNone = state >> 31
  let differs = isNone
  let at = (state - isNone) * words
  let from = index * words
  for (let word = 0; word < words; word++) {
    differs |= (rows[at++] as number) ^ (others[from++] as number)
  }
  return differs
}

/** Returns true if two rows are the same, which begin somewhere in arrays. */
export function isSame(
  rows: Int32Array,
  at: number,
  others: Int32Array,
  from: number,
  words: number,
): boolean {
  for (let word = 0; word < words; word++) {
    if (rows[at + word] !== others[from + word]) return false
  }
  return true
}
