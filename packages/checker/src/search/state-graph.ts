/**
 * State graph: all states that a search has found and all steps between them, as arrays: for what is not about single states but
 * about ways through them. Only of a search without reductions; with them steps are left out or stand for others.
 */
import type { Row } from '../machine/layout.js'
import type { Search } from './search.js'

/** One step of a task from a state to another one. */
export interface Step {
  readonly from: number
  readonly task: number
  readonly to: number
}

export class StateGraph {
  /** How many states and tasks there are. */
  readonly states: number
  readonly tasks: number
  /** Where the steps of a state begin among all steps; one number more than there are states. */
  readonly firsts: Int32Array
  /** To which state each step leads, and whose it is. */
  readonly targets: Int32Array
  readonly movers: Int32Array
  readonly #search: Search

  /** @param search has visited all states, without reductions. */
  constructor(search: Search) {
    const { exact: table, stepper, machine } = search
    this.#search = search
    this.states = table.size
    this.tasks = machine.tasks.length
    this.firsts = new Int32Array(table.size + 1)
    const targets: number[] = []
    const movers: number[] = []
    for (let state = 0; state < table.size; state++) {
      this.firsts[state] = targets.length
      stepper.expand(search.row(state), (next, task) => {
        targets.push(table.find(next))
        movers.push(task)
      })
    }
    this.firsts[table.size] = targets.length
    this.targets = Int32Array.from(targets)
    this.movers = Int32Array.from(movers)
  }

  /** For each state, 1 if a task is at its end or at rest there. */
  resting(task: number): Uint8Array {
    const { stepper, table } = this.#search
    const program = stepper.programs[task]
    const row: Row = new Int32Array(table.words)
    return Uint8Array.from({ length: this.states }, (_, state) => {
      table.read(state, row)
      return program?.rests[stepper.position(row, task)] === true ? 1 : 0
    })
  }

  /** The steps of a state. */
  stepsOf(state: number): Step[] {
    const steps: Step[] = []
    for (let at = this.firsts[state] as number; at < (this.firsts[state + 1] as number); at++) {
      steps.push({ from: state, task: this.movers[at] as number, to: this.targets[at] as number })
    }
    return steps
  }
}
