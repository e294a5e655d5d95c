/**
 * Progress: whether the tasks can always still come to an end. A livelock is a state in which something can move, for
 * ever, and from which no settled state can be reached: retrying with no one left to make progress.
 *
 * Most states need no look. Suppose there is no deadlock, and take the states from which no end can be reached: whatever
 * follows one of them is another. The one of them with the greatest number has no later successor, so it is a *turn*: a state
 * all of whose successors were found before it. If from all turns an end can be reached, then it can from everywhere.
 *
 * What can be reached is found by Tarjan's search for strongly connected components, and each state is expanded at most
 * once. Every state on its stack reaches the states on the way it is going; so when that comes to an end, all of them
 * can. And when a component is complete without that, none of its states can.
 */
import type { Row } from '../machine/layout.js'
import type { Symmetry } from '../reduce/symmetry.js'
import type { StateTable } from './state-table.js'
import type { Stepper } from './stepper.js'

/** A search that has visited all states. */
interface Visited {
  readonly table: Pick<StateTable, 'size' | 'words' | 'read' | 'find'>
  readonly stepper: Pick<Stepper, 'settled' | 'expand'>
  readonly symmetry: Symmetry | null
}

/** A livelock, as states. */
export interface Livelock {
  /** The first state from which the tasks cannot come to an end. */
  readonly state: number
  /** A shortest way from a state back to it, which nobody can leave for good: its first state, and so on, and that one again. */
  readonly loop: readonly number[]
}

/** Finds whether there is a state from which the tasks cannot come to an end. */
export function findLivelock(visited: Visited, turns: readonly number[]): Livelock | null {
  const ends = new Ends(visited)
  if (turns.every((turn) => ends.reachable(turn))) return null
  let state = 0
  while (ends.reachable(state)) state++
  return { state, loop: ends.loop() }
}

/** What is known of a state; a number from 1 says when it was put on the stack. */
const UNKNOWN = 0
const ENDS = -1
const STUCK = -2

class Ends {
  readonly #visited: Visited
  readonly #marks: Int32Array
  readonly #row: Row
  readonly #representative: Row
  /** States that are on the stack. */
  readonly #stack: number[] = []
  /** The way: a state each, the earliest mark that it reaches, and where its successors that are not yet followed begin. */
  readonly #way: number[] = []
  readonly #lows: number[] = []
  readonly #firsts: number[] = []
  /** Successors that are not yet followed, of all states of the way. */
  readonly #successors: number[] = []
  /** The first component that was complete without an end: what it is in cannot be left. */
  #trap: readonly number[] = []

  constructor(visited: Visited) {
    this.#visited = visited
    this.#marks = new Int32Array(visited.table.size)
    this.#row = new Int32Array(visited.table.words)
    this.#representative = new Int32Array(visited.table.words)
  }

  /** True if a state in which all tasks have settled can be reached from this one. */
  reachable(root: number): boolean {
    const marks = this.#marks
    if (marks[root] === UNKNOWN) {
      this.#enter(root)
      while (this.#way.length > 0) this.#goOn()
    }
    return marks[root] === ENDS
  }

  #goOn(): void {
    const marks = this.#marks
    const top = this.#way.length - 1
    if (this.#successors.length === this.#firsts[top]) {
      this.#leave()
      return
    }
    const next = this.#successors.pop() as number
    const mark = marks[next] as number
    if (mark === UNKNOWN) this.#enter(next)
    else if (mark === ENDS) this.#end()
    else if (mark > 0) this.#lows[top] = Math.min(this.#lows[top] as number, mark)
  }

  #enter(state: number): void {
    const { table, stepper } = this.#visited
    const mark = this.#stack.push(state)
    this.#marks[state] = mark
    this.#way.push(state)
    this.#lows.push(mark)
    this.#firsts.push(this.#successors.length)
    table.read(state, this.#row)
    if (stepper.settled(this.#row)) this.#end()
    else stepper.expand(this.#row, this.#follow)
  }

  readonly #follow = (next: Row): void => {
    const { table, symmetry } = this.#visited
    let kept = next
    if (symmetry !== null) {
      kept = this.#representative
      symmetry.canonicalize(next, kept)
    }
    this.#successors.push(table.find(kept))
  }

  /** The way has come to where an end can be reached: so can all on the stack. */
  #end(): void {
    for (const state of this.#stack) this.#marks[state] = ENDS
    this.#stack.length = 0
    this.#way.length = 0
    this.#lows.length = 0
    this.#firsts.length = 0
    this.#successors.length = 0
  }

  /** All successors of the last state of the way were followed. */
  #leave(): void {
    const state = this.#way.pop() as number
    const low = this.#lows.pop() as number
    this.#firsts.pop()
    if (low === this.#marks[state]) {
      // A component is complete. All that leaves it leads to one that was complete before; so nothing leaves the first.
      const component = this.#stack.splice(low - 1)
      if (this.#trap.length === 0) this.#trap = component
      for (const stuck of component) this.#marks[stuck] = STUCK
      return
    }
    const below = this.#lows.length - 1
    this.#lows[below] = Math.min(this.#lows[below] as number, low)
  }

  /** A shortest loop through the state that was found first, of those that nobody can leave. */
  loop(): number[] {
    const { table, stepper } = this.#visited
    const start = this.#trap.reduce((first, state) => Math.min(first, state))
    const before = new Map<number, number>()
    const reached = [start]
    for (const state of reached) {
      table.read(state, this.#row)
      this.#successors.length = 0
      stepper.expand(this.#row, this.#follow)
      for (const next of this.#successors) {
        if (next === start) return wayBack(state, start, before)
        if (before.has(next)) continue
        before.set(next, state)
        reached.push(next)
      }
    }
    throw new Error('a component without an end has no loop')
  }
}

/** The loop that starts at a state, comes to another one, and closes there. */
function wayBack(last: number, start: number, before: ReadonlyMap<number, number>): number[] {
  const way = [start]
  for (let at = last; at !== start; at = before.get(at) as number) way.push(at)
  way.push(start)
  return way.reverse()
}
