/** Execution: one way that a machine can go, step by step, nothing left out. */
import { Misuse, Violation } from '../machine/errors.js'
import { KeptRow } from '../machine/kept-row.js'
import type { Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import { BLOCKED, type Operation } from '../machine/operation.js'
import { placeOf } from '../machine/place.js'
import type { Program, StackFrame } from '../machine/program.js'
import type { MicroStep, StepOutcome } from './step.js'

/** A machine in one state, with the steps that led there. */
export class Execution {
  /** The machine that runs. */
  readonly machine: Machine
  /** What is known of each task, by number. */
  readonly programs: readonly Program[]
  /** What has happened. */
  readonly steps: MicroStep[] = []
  readonly #kept: KeptRow

  /** @param programs what a search has learned of the tasks. By default they are unfolded as they go. */
  constructor(machine: Machine, programs: readonly Program[] = machine.programs(() => {})) {
    this.machine = machine
    this.programs = programs
    this.#kept = new KeptRow(machine.layout, () => machine.initialRow(this.programs))
  }

  /** The state. Others may work on the same machine: it is right again each time that it is asked for. */
  get row(): Row {
    return this.#kept.row
  }

  /** Goes to another state, as a row that was made just now. */
  set row(row: Row) {
    this.#kept.row = row
  }

  /** Where a task is: the number of a position of its program. */
  position(task: number): number {
    return this.machine.tasks[task]?.position.get(this.row) ?? 0
  }

  /** What the task does next; null when it has returned. */
  next(task: number): Operation | null {
    return this.programs[task]?.operations[this.position(task)] ?? null
  }

  /** The number of the task that runs on top of this one, or -1. */
  suspendedBy(task: number): number {
    return this.machine.suspension?.by(this.row, task) ?? -1
  }

  /** Where the task is, innermost frame first. */
  stack(task: number): StackFrame[] {
    return this.programs[task]?.stack(this.position(task)) ?? []
  }

  /** True if the task has come to an end or to rest. */
  rests(task: number): boolean {
    return this.programs[task]?.rests[this.position(task)] === true
  }

  /**
   * Lets a task do its next operation, with the outcome given, if it can.
   * @returns whether it could.
   * @throws Misuse when that breaks a rule.
   */
  step(task: number, outcome = 0): boolean {
    const operation = this.next(task)
    const program = this.programs[task]
    if (!operation || !program || outcome >= operation.outcomes) return false
    if (this.suspendedBy(task) >= 0) return false
    const position = this.position(task)
    return this.#kept.fitting(() => {
      const next = this.row.slice()
      const result = operation.attempt(next, task, outcome)
      if (result < 0) return false
      const reached = program.edge(position, result)
      this.machine.tasks[task]?.position.set(next, reached)
      if (program.returns[reached] === true) this.machine.tasks[task]?.onReturn?.(next, task)
      this.row = next
      this.steps.push({ task, operation, position, outcome, result })
      return true
    })
  }

  /** The outcomes with which the task can do its next operation now, and what comes of each. */
  turns(task: number): StepOutcome[] {
    const operation = this.next(task)
    const turns: StepOutcome[] = []
    if (this.suspendedBy(task) >= 0) return turns
    for (let outcome = 0; operation && outcome < operation.outcomes; outcome++) {
      const result = this.#attempted(operation, task, outcome)
      if (result >= 0) turns.push({ outcome, result })
    }
    return turns
  }

  /** The outcomes with which the task can do its next operation now. */
  possible(task: number): number[] {
    return this.turns(task).map(({ outcome }) => outcome)
  }

  /** Returns true if the task can do its next operation now, with some outcome. */
  canStep(task: number): boolean {
    const operation = this.next(task)
    if (operation === null || this.suspendedBy(task) >= 0) return false
    for (let outcome = 0; outcome < operation.outcomes; outcome++) {
      if (this.#attempted(operation, task, outcome) >= 0) return true
    }
    return false
  }

  /** What the task asserts at its next step, and does not hold; null when there is nothing of the kind. */
  violation(task: number): string | null {
    const operation = this.next(task)
    if (operation === null) return null
    try {
      operation.attempt(this.row.slice(), task, 0)
      return null
    } catch (thrown) {
      // Whatever else keeps the task from its step, it is not an assertion.
      return thrown instanceof Violation ? thrown.assertion : null
    }
  }

  /** Where in the model's code the task is, or is at another position, as `file:line:column`; empty when that is not known. */
  place(task: number, position = this.position(task)): string {
    const node = this.programs[task]?.stack(position)[0]?.node
    return node ? placeOf(node.automaton.site(node), this.machine.internals) : ''
  }

  /** As {@link place}, or where the model's code has called what the task is in. */
  placeInModel(task: number): string {
    for (const { node } of this.stack(task)) {
      const place = placeOf(node.automaton.site(node), this.machine.internals)
      if (place !== '') return place
    }
    return ''
  }

  /** The result of an attempt in a copy of the state; an assertion that does not hold is a step that cannot happen. */
  #attempted(operation: Operation, task: number, outcome: number): number {
    try {
      return this.#kept.fitting(() => operation.attempt(this.row.slice(), task, outcome))
    } catch (thrown) {
      if (thrown instanceof Violation) return BLOCKED
      throw thrown
    }
  }
}

/** Adds where it happened to what was wrong. */
export function located(error: Misuse, execution: Execution, task: number): Misuse {
  const place = execution.placeInModel(task)
  const stack = execution.stack(task).map(({ name }) => name)
  return new Misuse(
    `${error.message} (in ${stack.join(' < ')}${place === '' ? '' : `, at ${place}`})`,
    { cause: error },
  )
}
