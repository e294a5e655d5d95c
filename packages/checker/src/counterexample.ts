/** Counterexample: what a schedule leads to, as data to print and to draw. */
import type { Machine } from './machine/machine.js'
import type { Operation } from './machine/operation.js'
import type { Program } from './machine/program.js'
import { Execution } from './run/execution.js'
import type { MicroStep } from './run/step.js'
import { readToken, replay } from './run/token.js'
import { cycle, type Waiter, waiters } from './run/wait-for.js'
import { type WaitForGraph, waitForGraph } from './run/wait-for-graph.js'
import { Search } from './search/search.js'

/** One operation of a schedule, as text. */
export interface ScheduleStep {
  /** The name of the task; of one among identical ones, with its number: `request#2`. */
  readonly task: string
  /** What it did, as it is printed: `balance.set(1)`. */
  readonly operation: string
  /** What came of it, where that was open. */
  readonly result: string
  /** The procedures that the task was in, innermost first. */
  readonly stack: readonly string[]
  /** Where in the model's code it was done, as `file:line:column`; empty when that is not known. */
  readonly place: string
}

/** A task that is not done, by name. */
export interface Waiting extends Omit<Waiter, 'task' | 'for' | 'objects'> {
  /** The name of the task that waits. */
  readonly task: string
  /** The names of the tasks that could end the wait. Empty when nobody can. */
  readonly for: readonly string[]
  /** Where in the model's code the task is. */
  readonly place: string
}

/** A schedule that goes wrong, and the state in which it ends: data to print, to draw and to replay. */
export interface Counterexample {
  /** A shortest schedule, when a search has found it. */
  readonly steps: readonly ScheduleStep[]
  /** What is repeated for ever after that; only in a livelock. */
  readonly loop: readonly ScheduleStep[]
  /** The schedule as a text to replay. */
  readonly token: string
  /** Every task that is not done. */
  readonly waiting: readonly Waiting[]
  /** The names of the tasks along the circle, when there is one. */
  readonly cycle: readonly string[]
  /** Who waits for what, and who could end that, as nodes and edges. */
  readonly graph: WaitForGraph
}

/**
 * What a token stands for.
 * @param execution a fresh one, with what is known of the tasks: who could wake whom. By default a short search looks around
 * first, so that the same token always tells the same.
 * @throws Misuse when the token does not fit the machine.
 */
export function counterexample(
  machine: Machine,
  token: string,
  execution = new Execution(machine, lookAround(machine)),
): Counterexample {
  const { loopStart } = readToken(machine, token)
  replay(machine, token, execution)
  const name = (task: number): string => `${machine.tasks[task]}`
  const found = waiters(execution)
  const steps = execution.steps.map((step) => stepText(execution, step))
  return {
    token,
    steps: steps.slice(0, loopStart ?? steps.length),
    loop: loopStart === null ? [] : steps.slice(loopStart),
    waiting: found.map(({ objects: _, ...waiter }) => ({
      ...waiter,
      task: name(waiter.task),
      for: waiter.for.map(name),
      place: execution.place(waiter.task),
    })),
    cycle: cycle(found).map(({ task }) => name(task)),
    graph: waitForGraph(execution, found),
  }
}

/** A step of an execution as text. */
export function stepText(
  execution: Execution,
  { task, operation, position, result }: MicroStep,
): ScheduleStep {
  const { machine, programs } = execution
  return {
    task: `${machine.tasks[task]}`,
    operation: `${operation}`,
    result: resultText(machine, operation, result),
    stack: (programs[task]?.stack(position) ?? []).map((frame) => frame.name),
    place: execution.place(task, position),
  }
}

/** What came of an operation, where that was open: the turn that it took, or the object that was chosen. */
export function resultText(machine: Machine, operation: Operation, result: number): string {
  const { results, refers, outcomes } = operation
  if (results !== null) return operation.meaning(result)
  return refers && outcomes > 1 ? `${machine.referred(result)}` : ''
}

/** What a short search learns of a machine's tasks: who could wake whom. */
export function lookAround(machine: Machine): readonly Program[] {
  const search = new Search(machine, { maxStates: 10_000, allDeadlocks: true, livelocks: false })
  search.run()
  return search.stepper.programs
}
