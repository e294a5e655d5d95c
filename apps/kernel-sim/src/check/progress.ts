/**
 * Progress: whether the tasks can always still come to an end. A livelock is a state in which something can move, for
 * ever, and from which no settled state can be reached: retrying with no one left to make progress.
 *
 * Most searches need not look. Suppose every state that has successors has one that was found after it. Going from
 * each to such a one, numbers grow, so the way ends, and it ends in a state without successors; if all of these are
 * settled, there is no livelock. Only when some state has no later successor (it may be where a loop turns back) the states
 * that can reach a settled one are marked, backwards from these, until nothing changes.
 */
import type { Row } from '../machine/layout.js'
import type { StateTable } from './state-table.js'
import type { Stepper } from './stepper.js'
import type { Symmetry } from './symmetry.js'

/** A search that has visited all states. */
interface Visited {
  readonly table: StateTable
  readonly stepper: Stepper
  readonly symmetry: Symmetry | null
}

/** The first state found from which the tasks cannot come to an end, or null. */
export function findLivelock({ table, stepper, symmetry }: Visited): number | null {
  const ends = new Uint8Array(table.size)
  const row: Row = new Int32Array(table.words)
  const representative: Row = new Int32Array(table.words)
  let reaches = false
  const look = (next: Row): void => {
    if (reaches) return
    let kept = next
    if (symmetry !== null) {
      symmetry.canonicalize(next, representative)
      kept = representative
    }
    if (ends[table.find(kept)] === 1) reaches = true
  }
  for (let changed = true; changed; ) {
    changed = false
    for (let state = table.size - 1; state >= 0; state--) {
      if (ends[state] === 1) continue
      table.read(state, row)
      reaches = stepper.settled(row)
      if (!reaches) stepper.expand(row, look)
      if (reaches) {
        ends[state] = 1
        changed = true
      }
    }
  }
  const first = ends.indexOf(0)
  return first < 0 ? null : first
}
