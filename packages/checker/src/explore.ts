/**
 * Explore: goes through a model step by step, forwards and back, and says at each state what can happen next, and what cannot and
 * why. It is for tools that show a model, and for people who want to see a counterexample happen.
 */
import { machineOf } from './check.js'
import { lookAround, resultText, type ScheduleStep, stepText } from './counterexample.js'
import type { Machine, Task } from './machine/machine.js'
import type { Program } from './machine/program.js'
import type { Model } from './model/model.js'
import { RowState, type State } from './model/state.js'
import { Execution } from './run/execution.js'
import { readToken, replay as replayToken, type Schedule, tokenOf } from './run/token.js'
import { waiters } from './run/wait-for.js'
import { type WaitForGraph, waitForGraph } from './run/wait-for-graph.js'

/** A step that can happen next. */
export interface Move {
  /** The name of the task that would do it. */
  readonly task: string
  /** What it would do, as it is printed: `one.lock()`. */
  readonly operation: string
  /** What comes of it, where that is open: there is a move for each turn. */
  readonly result: string
  /** Where in the model's code it is, as `file:line:column`; empty when that is not known. */
  readonly place: string
}

/** A task that cannot do its next step. */
export interface Blocked {
  /** The name of the task. */
  readonly task: string
  /** What it waits for, in words; for an assertion that does not hold, that. */
  readonly what: string
  /** The tasks that could end the wait. */
  readonly for: readonly string[]
  /** Where in the model's code the task is, as `file:line:column`; empty when that is not known. */
  readonly place: string
}

/** `going`: something can happen. `ended`: all tasks are done. The others are what a check may find. */
export type Standing = 'going' | 'ended' | 'deadlock' | 'violation'

/** Whose turn it is, and which turn of those that are open. */
type Choice = Schedule['turns'][number]

/**
 * A walk through the states of a model. It begins in the initial state; {@link take} and {@link forward} go on, {@link
 * back} goes back.
 */
export class Exploration {
  readonly #machine: Machine
  readonly #programs: readonly Program[]
  #execution: Execution
  /** The steps that are still to come of the schedule that is replayed. */
  readonly #ahead: Choice[]
  readonly #state = new RowState()

  /** @param ahead the schedule that {@link forward} goes along. */
  constructor(machine: Machine, ahead: readonly Choice[] = []) {
    this.#machine = machine
    this.#programs = lookAround(machine)
    this.#execution = new Execution(machine, this.#programs)
    this.#ahead = [...ahead]
  }

  /** The steps that were taken. */
  get steps(): ScheduleStep[] {
    return this.#execution.steps.map((step) => stepText(this.#execution, step))
  }

  /** What holds in the state that was come to. */
  get standing(): Standing {
    if (this.#claims().length > 0) return 'violation'
    if (this.moves().length > 0) return 'going'
    return this.#isSettled() ? 'ended' : 'deadlock'
  }

  /** What can happen next. The number of a move in this list is what {@link take} is given. */
  moves(): Move[] {
    return this.#turns().map(({ task, outcome: _, result }) => {
      const operation = this.#execution.next(task)
      return {
        task: this.#name(task),
        operation: `${operation}`,
        result: operation === null ? '' : resultText(this.#machine, operation, result),
        place: this.#execution.place(task),
      }
    })
  }

  /** The tasks that are not done and cannot go on, with what they wait for. */
  blocked(): Blocked[] {
    return waiters(this.#execution)
      .filter(({ blocked }) => blocked)
      .map(({ task, what, for: enders }) => ({
        task: this.#name(task),
        what: this.#execution.violation(task) ?? what,
        for: enders.map((ender) => this.#name(ender)),
        place: this.#execution.place(task),
      }))
  }

  /** Who waits for what, to draw. */
  graph(): WaitForGraph {
    return waitForGraph(this.#execution, waiters(this.#execution))
  }

  /** What is claimed and does not hold in this state: properties, and assertions of tasks. */
  violations(): string[] {
    return this.#claims()
  }

  /** The state, to look at shared objects. It stays the state that was come to last. */
  get state(): State {
    return this.#state.at(this.#execution.row, this.#programs)
  }

  /** The tasks of the model, in the order in which they were made. */
  get tasks(): readonly Task[] {
    return this.#machine.tasks
  }

  /** The steps that were taken, as a text to replay. */
  get token(): string {
    return tokenOf(this.#machine, this.#execution.steps)
  }

  /**
   * Takes the move with this number. What was still to come of a replay is given up.
   * @throws RangeError when there is no such move.
   * @throws Misuse when the step breaks a rule.
   */
  take(move: number): void {
    const turn = this.#turns()[move]
    if (turn === undefined) {
      throw new RangeError(`there is no move ${move}: there are ${this.#turns().length}`)
    }
    this.#execution.step(turn.task, turn.outcome)
    this.#ahead.length = 0
  }

  /** Takes the next step of what is replayed. @returns false when there is none. */
  forward(): boolean {
    const turn = this.#ahead.shift()
    return turn !== undefined && this.#execution.step(turn.task, turn.outcome)
  }

  /** Takes the last step back. @returns false at the beginning. */
  back(): boolean {
    const taken = this.#execution.steps
    const last = taken.at(-1)
    if (last === undefined) return false
    this.#execution = new Execution(this.#machine, this.#programs)
    for (const { task, outcome } of taken.slice(0, -1)) this.#execution.step(task, outcome)
    this.#ahead.unshift(last)
    return true
  }

  #turns(): (Choice & { readonly result: number })[] {
    return this.#machine.tasks.flatMap(({ index }) =>
      this.#execution.turns(index).map((turn) => ({ ...turn, task: index })),
    )
  }

  #claims(): string[] {
    const { row } = this.#execution
    const isSettled = this.#isSettled()
    const properties = this.#machine.properties.filter(
      ({ kind }) => kind === 'always' || (kind === 'at end' && isSettled),
    )
    return [
      ...properties.filter((each) => !each.holds(row, this.#programs)).map(({ name }) => name),
      ...this.#machine.tasks.flatMap(({ index }) => this.#execution.violation(index) ?? []),
    ]
  }

  #isSettled(): boolean {
    return this.#machine.tasks.every(({ index }) => this.#execution.rests(index))
  }

  #name(task: number): string {
    return `${this.#machine.tasks[task]}`
  }
}

/** Opens the first state of a model. @throws Misuse when the model cannot be built. */
export function explore(subject: Model | Machine): Exploration {
  return new Exploration(machineOf(subject))
}

/**
 * Opens the first state of a model, with what a token says ahead: `forward()` goes through it step by step.
 * @throws Misuse when the token does not fit the model.
 */
export function replay(subject: Model | Machine, token: string): Exploration {
  const machine = machineOf(subject)
  replayToken(machine, token)
  return new Exploration(machine, readToken(machine, token).turns)
}
