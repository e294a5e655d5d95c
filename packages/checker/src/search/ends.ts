/**
 * Ends: from which states the tasks can still come to an end, of those that somebody asks for. It is found by Tarjan's search for strongly connected
 * components ("Depth-first search and linear graph algorithms", 1972), and each state is expanded at most once. Every state on its stack reaches
 * the states on the way that it is going; so when that comes to an end, all of them can. And when a component is complete without that, none of its
 * states can.
 *
 * A way goes to the state that was found last of those that follow: that is on from the beginning, and where others have been already.
 *
 * What is known is a byte for each state. Threads may share these bytes, each with a stack of its own: that a state comes to an end is true whoever
 * has found it, and is never taken back. So nobody waits, and who comes too early to see what another one knows finds it out once more.
 */
import { NextStates, type Visited } from './next-states.js'
import { NumberMap } from './number-map.js'

/** What is known of a state. */
const UNKNOWN = 0
const ENDS = 1
const STUCK = 2

/** How many states a way may have come to, where it is only tried, before it is given up: hardly any has more than a few. */
const MANY = 1 << 16

export class Ends {
  readonly #fates: Uint8Array
  readonly #next: NextStates
  /** States that are on the stack, and, from 1, as which of them each was put there. */
  readonly #stack: number[] = []
  readonly #marks = new NumberMap()
  /** The way: the mark of each of its states, the earliest one that it reaches, and where its successors that are not yet followed begin. */
  readonly #way: number[] = []
  readonly #lows: number[] = []
  readonly #firsts: number[] = []
  /** True for a state of the way that leads to one from which no end can be reached, of another component. */
  readonly #leaves: boolean[] = []
  /** Successors that are not yet followed, of all states of the way. */
  readonly #successors: number[] = []
  /** The successors of one state, to work with. */
  readonly #numbers: number[] = []
  #trapped = -1

  /** @param fates what is known of each state: a byte each, 0 at first. Others may write to it who look at the same states. */
  constructor(visited: Visited, fates: Uint8Array) {
    this.#fates = fates
    this.#next = new NextStates(visited)
  }

  /**
   * The least state that was found of those in a trap: states among which there is a way from each to each, and out of which there is none. -1 while
   * each state that was asked for can come to an end.
   */
  get trapped(): number {
    return this.#trapped
  }

  /** Returns true if a state in which all tasks have settled can be reached from this one. */
  reachable(root: number): boolean {
    if (this.#fates[root] === UNKNOWN) {
      this.#enter(root)
      while (this.#way.length > 0) if (!this.#goOn()) this.#close()
    }
    return this.#fates[root] === ENDS
  }

  /**
   * Returns true if an end can be reached from this state, and false if it cannot or that takes long. Nothing is noted of what cannot, so others may
   * go on with what is known.
   */
  show(root: number): boolean {
    if (this.#fates[root] === ENDS) return true
    // There is one where the last one was not come to the end of.
    if (this.#stack.length > 0) this.#forget()
    this.#enter(root)
    while (this.#way.length > 0 && this.#stack.length < MANY && this.#goOn());
    return this.#way.length === 0
  }

  /** Follows the last state of the way. @returns false when all that it leads to was followed, and its component is complete. */
  #goOn(): boolean {
    const top = this.#way.length - 1
    if (this.#successors.length > (this.#firsts[top] as number)) {
      this.#follow(this.#successors.pop() as number)
      return true
    }
    if (this.#lows[top] === this.#way[top]) return false
    this.#retreat()
    return true
  }

  #follow(next: number): void {
    const fate = this.#fates[next]
    if (fate === ENDS) this.#end()
    else if (fate === STUCK) this.#leaves[this.#way.length - 1] = true
    else {
      const mark = this.#marks.get(next)
      if (mark === 0) this.#enter(next)
      else this.#lower(mark)
    }
  }

  /** Comes to a state that was not met before. */
  #enter(state: number): void {
    const next = this.#next
    const fates = this.#fates
    const numbers = this.#numbers
    const steps = next.open(state)
    let isOver = steps < 0
    let greatest = 0
    for (let step = 0; step < steps && !isOver; step++) {
      const number = next.at(step)
      isOver = fates[number] === ENDS
      numbers[step] = number
      if (number > (numbers[greatest] as number)) greatest = step
    }
    if (isOver) {
      fates[state] = ENDS
      this.#end()
      return
    }
    const successors = this.#successors
    const mark = this.#stack.push(state)
    this.#marks.add(state, mark)
    this.#way.push(mark)
    this.#lows.push(mark)
    this.#leaves.push(false)
    this.#firsts.push(successors.length)
    for (let step = 0; step < steps; step++) {
      if (step !== greatest) successors.push(numbers[step] as number)
    }
    successors.push(numbers[greatest] as number)
  }

  /** The way has come to where an end can be reached: so can all on the stack. */
  #end(): void {
    if (this.#stack.length === 0) return
    for (const state of this.#stack) this.#fates[state] = ENDS
    this.#forget()
  }

  /** Goes back from the last state of the way, whose component has states before it. */
  #retreat(): void {
    this.#way.pop()
    this.#firsts.pop()
    const leaves = this.#leaves.pop() as boolean
    this.#lower(this.#lows.pop() as number)
    if (leaves) this.#leaves[this.#leaves.length - 1] = true
  }

  /** Ends the component of the last state of the way, and goes back. */
  #close(): void {
    const mark = this.#way.pop() as number
    this.#lows.pop()
    this.#firsts.pop()
    const isTrap = !(this.#leaves.pop() as boolean)
    for (const state of this.#stack.splice(mark - 1)) {
      this.#fates[state] = STUCK
      if (isTrap && (this.#trapped < 0 || state < this.#trapped)) this.#trapped = state
    }
    if (this.#way.length > 0) this.#leaves[this.#leaves.length - 1] = true
    else this.#forget()
  }

  /** The last state of the way reaches one of the stack. */
  #lower(mark: number): void {
    const top = this.#lows.length - 1
    this.#lows[top] = Math.min(this.#lows[top] as number, mark)
  }

  #forget(): void {
    this.#stack.length = 0
    this.#marks.clear()
    this.#way.length = 0
    this.#lows.length = 0
    this.#firsts.length = 0
    this.#leaves.length = 0
    this.#successors.length = 0
  }
}
