/**
 * Progress: whether the tasks can always still come to an end. A livelock is a state in which something can move, for
 * ever, and from which no settled state can be reached: retrying with no one left to make progress.
 *
 * Most states need no look. Suppose there is no deadlock, and take the states from which no end can be reached: whatever
 * follows one of them is another. The one of them with the greatest number has no later successor, so it is a *turn*: a state
 * all of whose successors were found before it. If from all turns an end can be reached, then it can from everywhere.
 * So it does if it can from all turns and some other states.
 *
 * The last turns come first: they are nearest to the end, and what is known of them helps the others.
 */
import { Ends } from './ends.js'
import { NextStates, type Visited } from './next-states.js'
import { NumberMap } from './number-map.js'

/** A livelock, as states. */
export interface Livelock {
  /** The first state from which the tasks cannot come to an end. */
  readonly state: number
  /**
   * A shortest way from a state back to it, which nobody can leave for good: its first state, and so on, and that one again. No such way begins with
   * an earlier state.
   */
  readonly loop: readonly number[]
}

/**
 * Finds whether there is a state from which the tasks cannot come to an end.
 * @param turns all turns, and perhaps other states.
 * @param fates what is known of the states, see ends.ts. More will be.
 */
export function findLivelock(
  visited: Visited,
  turns: readonly number[],
  fates: Uint8Array,
): Livelock | null {
  const ends = new Ends(visited, fates)
  for (let at = turns.length - 1; at >= 0; at--) ends.reachable(turns[at] as number)
  if (ends.trapped < 0) return null
  let state = 0
  while (ends.reachable(state)) state++
  return { state, loop: loopFrom(visited, ends.trapped) }
}

/** A shortest loop through a state that is in one. */
function loopFrom(visited: Visited, start: number): number[] {
  const next = new NextStates(visited)
  /** The state before each, plus 1. */
  const before = new NumberMap()
  const reached = [start]
  for (const state of reached) {
    const steps = next.open(state)
    for (let step = 0; step < steps; step++) {
      const number = next.at(step)
      if (number === start) return wayBack(state, start, before)
      if (before.get(number) !== 0) continue
      before.add(number, state + 1)
      reached.push(number)
    }
  }
  throw new Error('a component without an end has no loop')
}

/** The loop that starts at a state, comes to another one, and closes there. */
function wayBack(last: number, start: number, before: NumberMap): number[] {
  const way = [start]
  for (let at = last; at !== start; at = before.get(at) - 1) way.push(at)
  way.push(start)
  return way.reverse()
}
