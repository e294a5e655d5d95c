/**
 * Stepper: the states that follow a state. A step of the search is one operation of one task and, under partial-order
 * reduction, the left movers after it.
 */
import { Misuse, Unforeseen } from '../machine/errors.js'
import { Footprint } from '../machine/footprint.js'
import type { Field, Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import type { Operation } from '../machine/operation.js'
import type { Program, StackFrame } from '../machine/program.js'
import type { Suspension } from '../machine/suspension.js'
import { LeftMovers } from '../reduce/partial-order.js'
import type { MicroStep } from '../run/step.js'
import type { Successors } from './successors.js'
import { TransitionCache, WIDTH } from './transition-cache.js'

/** One way that an operation can turn out, and where the task is, innermost frame first. */
export interface Turn {
  /** The number of the task. */
  readonly task: number
  /** The operation that can turn out in several ways. */
  readonly operation: Operation
  /** Which of its ways this is, from 0. */
  readonly outcome: number
  /** Where the task is, innermost frame first. */
  readonly stack: readonly StackFrame[]
}

/** Says of an operation that can turn out in several ways whether it may in this one. At least one way must be left. */
export type Allows = (turn: Turn) => boolean

/** Is told of a state that follows: its row, which is good until the next one, and the task that has moved. */
export type Emit = (next: Row, task: number) => void

/** How long a chain of left movers may be: longer ones loop. */
const MAX_CHAIN = 1_000

/** Takes the steps of a search: from a state to those that follow it. */
export class Stepper {
  /** What is known of each task, by number. */
  readonly programs: readonly Program[]
  /** How many steps were taken. */
  steps = 0
  /** When set, gets the operations of each step, until it is taken back. */
  record: MicroStep[] | null = null
  readonly #machine: Machine
  /** The field of each task's position. */
  readonly #positions: readonly Field[]
  readonly #movers: LeftMovers | null
  readonly #suspension: Suspension | null
  /** For each task and position: 2 if the task is at a left mover there, 1 if it is not; nothing while that is not known. */
  readonly #moverAt: number[][]
  /** What was decided about left movers, in order: a task, a position, and 1 or 2. */
  readonly decisions: number[] = []
  #sealed = false
  readonly #allows: Allows | null
  /** Rows to work in, one for each operation of a step that is under way. */
  readonly #rows: Row[] = []
  /** The arrangement of rows for which what follows was made. */
  #arrangement = -1
  #cache: TransitionCache | null = null
  #footprint = new Footprint(0)
  /** What the last states were added to, and what adds one to it. */
  #found: Successors | null = null
  #push: Emit = () => {}

  constructor(machine: Machine, partialOrder: boolean, allows: Allows | null = null) {
    this.#machine = machine
    this.#allows = allows
    this.#positions = machine.tasks.map(({ position }) => position)
    this.#suspension = machine.suspension
    this.#movers = partialOrder ? new LeftMovers() : null
    this.programs = machine.programs((operation) => this.#movers?.note(operation))
    this.#moverAt = machine.tasks.map(() => [])
  }

  /** Forgets what rests on assumptions; the search starts over. */
  reset(): void {
    for (const known of this.#moverAt) known.length = 0
    this.decisions.length = 0
    this.#movers?.forget()
    this.steps = 0
    this.#arrangement = -1
  }

  /** Says whether it may not learn: number new positions and values, and decide what is a left mover. See knowledge.ts. */
  seal(sealed: boolean): void {
    this.#sealed = sealed
    for (const program of this.programs) program.sealed = sealed
    for (const values of this.#machine.wideValues) values.sealed = sealed
  }

  /** Takes over a decision about a left mover. @throws Error when what is known does not allow it. */
  decide(task: number, position: number, decision: number): void {
    const sealed = this.#sealed
    this.#sealed = false
    if (this.#isMover(task, position) !== (decision === 2)) {
      throw new Error(`${this.programs[task]?.name} has learned something else at ${position}`)
    }
    this.#sealed = sealed
  }

  /**
   * Calls `emit` with each state that follows, in the order of tasks and outcomes.
   * @returns whether any does.
   */
  expand(row: Row, emit: Emit): boolean {
    this.#begin()
    if (this.#stepsDue(row, emit)) return true
    let moved = false
    for (let task = 0; task < this.programs.length; task++) {
      if (this.#perform(row, task, emit)) moved = true
    }
    return moved
  }

  /** Calls `emit` with each state that follows by a step of this task. */
  expandTask(row: Row, task: number, emit: Emit): boolean {
    this.#begin()
    return this.#perform(row, task, emit)
  }

  /**
   * As {@link expand}, but adds the states that follow to others, whose rows are of the same length. Steps are repeated, not done, where
   * that is possible, and passed over where they lead to what a breadth-first search knows already.
   * @param before the state that this one was found from; null where nothing is to be passed over.
   */
  collect(row: Row, before: Row | null, found: Successors): boolean {
    this.#begin()
    found.passed = 0
    const emit = this.#pushing(found)
    const cache = this.#cache
    if (cache === null) return this.expand(row, emit)
    if (this.#stepsDue(row, emit)) return true
    const tasks = this.programs.length
    const first = found.count
    const { steps } = this
    cache.open(row, before)
    for (let task = 0; task < tasks; task++) {
      const taken = found.count + found.passed
      task = cache.repeat(row, task, found)
      this.steps += found.count + found.passed - taken
      if (task < tasks) this.#learn(cache, row, task, emit)
    }
    if (found.passed > 0 && found.count === first) {
      // One is taken, and most likely leads on: then it is plain that the state is no turn, see progress.ts.
      cache.repeatPassed(row, found)
      found.passed--
    }
    return this.steps > steps
  }

  /** Returns true if steps of states may be passed over that were found from this one: all of its own steps were taken. */
  passesOver(parent: number): boolean {
    return this.#cache !== null && parent >= (this.#movers === null ? 0 : 1)
  }

  /** What adds a state to others. */
  #pushing(found: Successors): Emit {
    if (this.#found !== found) {
      this.#found = found
      this.#push = (next) => found.push(next)
    }
    return this.#push
  }

  /** Does the steps of a task that is at a left mover. Only where the search begins can one be, and it alone needs to be done next. */
  #stepsDue(row: Row, emit: Emit): boolean {
    if (this.#movers === null) return false
    for (let task = 0; task < this.programs.length; task++) {
      if (this.#isMover(task, this.position(row, task)) && this.#perform(row, task, emit)) {
        return true
      }
    }
    return false
  }

  /** Begins with a state of the arrangement of now. */
  #begin(): void {
    const { layout } = this.#machine
    if (this.#arrangement === layout.arrangement) return
    const { words } = layout
    this.#arrangement = layout.arrangement
    this.#rows.length = 0
    this.#footprint = new Footprint(words)
    const repeats = this.#allows === null && words <= WIDTH
    this.#cache = repeats ? new TransitionCache(words, this.#positions) : null
  }

  /** Does the steps of a task, and keeps what they do where that is worth it. */
  #learn(cache: TransitionCache, row: Row, task: number, emit: Emit): void {
    if (!cache.learns(row, task)) {
      this.#perform(row, task, emit)
      return
    }
    const footprint = this.#footprint
    footprint.open()
    cache.begin()
    this.#machine.layout.watched(footprint, () =>
      this.#perform(row, task, (next) => {
        cache.note(row, next)
        emit(next, task)
      }),
    )
    cache.keep(row, task, footprint.masks)
  }

  #perform(row: Row, task: number, emit: Emit): boolean {
    if (this.#suspension !== null && this.#suspension.by(row, task) >= 0) return false
    return this.#attempt(row, task, this.position(row, task), 0, emit)
  }

  /** Where a task is in a state: the number of a position of its program. */
  position(row: Row, task: number): number {
    return (this.#positions[task] as Field).get(row)
  }

  /** True if every task has come to an end or, if it is a daemon, to rest. */
  settled(row: Row): boolean {
    for (let task = 0; task < this.programs.length; task++) {
      if (this.programs[task]?.rests[this.position(row, task)] !== true) return false
    }
    return true
  }

  #attempt(row: Row, task: number, position: number, depth: number, emit: Emit): boolean {
    const program = this.programs[task] as Program
    const operation = program.operations[position] as Operation | null
    if (operation === null) return false
    const next = (this.#rows[depth] ??= new Int32Array(row.length))
    const field = this.#positions[task] as Field
    const { outcomes, attempt } = operation
    let moved = false
    let isFresh = false
    for (let outcome = 0; outcome < outcomes; outcome++) {
      if (this.#allows !== null && outcomes > 1) {
        const stack = program.stack(position)
        if (!this.#allows({ task, operation, outcome, stack })) continue
      }
      // What cannot happen changes nothing, so the row can be used again.
      if (!isFresh) for (let word = 0; word < row.length; word++) next[word] = row[word] as number
      const result = attempt(next, task, outcome)
      isFresh = result < 0
      if (isFresh) continue
      moved = true
      const reached = program.edge(position, result)
      field.set(next, reached)
      if (program.returns[reached] === true) this.#machine.tasks[task]?.onReturn?.(next, task)
      this.record?.push({ task, operation, position, outcome, result })
      if (this.#movers === null || !this.#isMover(task, reached)) {
        this.steps++
        emit(next, task)
      } else {
        if (depth > MAX_CHAIN) {
          throw new Misuse(
            `${program.name} does ${MAX_CHAIN} steps that no other task can see: put what repeats into a loop(), which forgets`,
          )
        }
        if (!this.#attempt(next, task, reached, depth + 1, emit)) {
          throw new Error(
            `${program.operations[reached]} was taken for a left mover, and it blocks`,
          )
        }
      }
      this.record?.pop()
    }
    return moved
  }

  /** Returns true if the task is at a left mover. Where a loop starts over it is not, so that every chain ends. */
  #isMover(task: number, position: number): boolean {
    const known = this.#moverAt[task] as number[]
    const mover = known[position]
    if (mover !== undefined) return mover === 2
    const program = this.programs[task] as Program
    if (this.#sealed) throw new Unforeseen(program.name)
    const operation = program.operations[position] ?? null
    const is =
      operation !== null && !program.heads[position] && this.#movers?.includes(operation) === true
    known[position] = is ? 2 : 1
    this.decisions.push(task, position, is ? 2 : 1)
    return is
  }
}
