/** Enter states: fills empty slots with all states of a table, by hash; several threads do it together, each its part of the slots. */
import { hash } from './hash.js'
import { NUMBER } from './slots.js'
import type { TableView } from './table-view.js'

/** How many states are entered into larger slots at once: their slots are loaded before, so that none waits for another. */
const ENTERED = 256
/** How many slots make a page of memory. */
const PAGE = 4096 / Int32Array.BYTES_PER_ELEMENT

/**
 * Enters states into slots, while others enter other states: of those before `size` the ones whose hash belongs to this part of the slots. All
 * slots are empty at first. Each state is hashed for each part, which takes less time than to wait for slots that others write to as well.
 * @param parts how many there are, a power of two. @param part its number, from 0.
 */
export function enterStates(
  { rows, slots, words }: TableView,
  size: number,
  { part, parts }: { readonly part: number; readonly parts: number },
): void {
  const mask = slots.length - 1
  const length = slots.length / parts
  const from = part * length
  const last = from + length - 1
  const isShared =
    typeof SharedArrayBuffer !== 'undefined' && slots.buffer instanceof SharedArrayBuffer
  touch(slots, from, last, isShared)
  const hashes = new Int32Array(ENTERED)
  const entries = new Int32Array(ENTERED)
  let count = 0
  for (let state = 0; state < size; state++) {
    const hashed = hash(rows, state * words, words)
    const slot = hashed & mask
    hashes[count] = hashed
    entries[count] = (hashed & ~NUMBER) | (state + 1)
    // No branch: which part it belongs to cannot be foreseen.
    count += 1 + (((slot - from) | (last - slot)) >> 31)
    if (count === ENTERED) {
      enter(slots, hashes, entries, isShared)
      count = 0
    }
  }
  enter(slots, hashes.subarray(0, count), entries, isShared)
}

/**
 * Writes to each page of slots. Where a page is read first, the system maps one of zeros, and has to tell all processors when that is replaced.
 */
function touch(slots: Int32Array, from: number, last: number, isShared: boolean): void {
  for (let slot = from; slot <= last; slot += PAGE) {
    // Another thread may have written to it already.
    if (isShared) Atomics.compareExchange(slots, slot, 0, 0)
    else slots[slot] = 0
  }
}

/** Makes entries of states with these hashes. */
function enter(
  slots: Int32Array,
  hashes: Int32Array,
  entries: Int32Array,
  isShared: boolean,
): void {
  const mask = slots.length - 1
  const loaded = new Int32Array(hashes.length)
  for (let at = 0; at < loaded.length; at++) {
    loaded[at] = slots[(hashes[at] as number) & mask] as number
  }
  for (let at = 0; at < loaded.length; at++) {
    let slot = (hashes[at] as number) & mask
    const entry = entries[at] as number
    // What was taken then is so still.
    let held = loaded[at] as number
    for (;;) {
      if (held === 0) {
        // An exchange takes time, so a thread that is alone does without.
        if (isShared) held = Atomics.compareExchange(slots, slot, 0, entry)
        else if ((held = slots[slot] as number) === 0) slots[slot] = entry
        if (held === 0) break
      }
      slot = (slot + 1) & mask
      held = slots[slot] as number
    }
  }
}
