/** Check: a model, from the search to a counterexample as data. */
import { Misuse } from './machine/errors.js'
import type { Machine } from './machine/machine.js'
import type { Operation } from './machine/operation.js'
import type { Program } from './machine/program.js'
import { Execution, located } from './run/execution.js'
import { type SampleOptions, sample } from './run/sample.js'
import { replay, tokenOf } from './run/token.js'
import { cycle, type Waiter, waiters } from './run/wait-for.js'
import { scheduleTo } from './search/schedule.js'
import { Search, type SearchOptions, type SearchResult, type Verdict } from './search/search.js'

/** One operation of a schedule, as text. */
export interface ScheduleStep {
  readonly task: string
  readonly operation: string
  /** What came of it, when that was open. */
  readonly result: string
  /** The procedures that the task was in, innermost first. */
  readonly stack: readonly string[]
}

/** A task that is not done, by name. */
export interface Waiting extends Omit<Waiter, 'task' | 'for' | 'objects'> {
  readonly task: string
  readonly for: readonly string[]
  /** Where in the model's code the task is. */
  readonly place: string
}

export interface Counterexample {
  readonly steps: readonly ScheduleStep[]
  readonly token: string
  /** Every task that is not done. */
  readonly waiting: readonly Waiting[]
  /** The names of the tasks along the circle, when there is one. */
  readonly cycle: readonly string[]
}

export interface CheckResult {
  readonly verdict: Verdict
  readonly search: SearchResult
  readonly counterexample: Counterexample | null
}

/**
 * Checks a model.
 * @throws Misuse when the model is wrong, with the task, the place and the schedule that shows it.
 */
export function check(machine: Machine, options: SearchOptions = {}): CheckResult {
  const search = new Search(machine, options)
  return explained(search, search.run())
}

/** Explains what a search of a model has come to. @throws Misuse as {@link check} does. */
export function explained(search: Search, result: SearchResult): CheckResult {
  const token = tokenFound(search, result)
  return {
    verdict: result.verdict,
    search: result,
    counterexample: token === null ? null : counterexample(search.machine, token),
  }
}

/** The token of what a search has found, or null when it found nothing. @throws Misuse as {@link check} does. */
export function tokenFound(search: Search, result: SearchResult): string | null {
  if (result.misuse) throw misuse(search, result.misuse)
  const end = result.deadlocks[0] ?? result.livelock
  return end === null || end === undefined ? null : tokenOf(search.machine, scheduleTo(search, end))
}

/**
 * Looks at some executions of a model that is too large to search.
 * @returns the deadlock that one of them ended in, or null, which claims nothing.
 */
export function checkSample(machine: Machine, options: SampleOptions): Counterexample | null {
  const { deadlock } = sample(machine, options)
  return deadlock ? counterexample(machine, tokenOf(machine, deadlock.steps)) : null
}

/**
 * What a token stands for.
 * @param execution a fresh one, with what is known of the tasks: who could wake whom. By default a short search looks around
 * first, so that the same token always tells the same.
 */
export function counterexample(
  machine: Machine,
  token: string,
  execution = new Execution(machine, lookAround(machine)),
): Counterexample {
  replay(machine, token, execution)
  const name = (task: number): string => `${machine.tasks[task]}`
  const found = waiters(execution)
  const circle = cycle(found)
  return {
    token,
    steps: execution.steps.map(({ task, operation, position, result }) => ({
      task: name(task),
      operation: `${operation}`,
      result: resultOf(machine, operation, result),
      stack: (execution.programs[task]?.stack(position) ?? []).map((frame) => frame.name),
    })),
    waiting: found.map(({ objects: _, ...waiter }) => ({
      ...waiter,
      task: name(waiter.task),
      for: waiter.for.map(name),
      place: execution.place(waiter.task),
    })),
    cycle: circle.map(({ task }) => name(task)),
  }
}

/** What came of an operation, where that was open: the turn that it took, or the object that was chosen. */
function resultOf(machine: Machine, operation: Operation, result: number): string {
  const { results, refers, outcomes } = operation
  if (results !== null) return operation.meaning(result)
  return refers && outcomes > 1 ? `${machine.objects[result - 1]}` : ''
}

/** What a short search learns of a machine's tasks: who could wake whom. */
export function lookAround(machine: Machine): readonly Program[] {
  const search = new Search(machine, { maxStates: 10_000, allDeadlocks: true, livelocks: false })
  search.run()
  return search.stepper.programs
}

/** Finds the task that broke a rule, and says where it was. */
function misuse(search: Search, { error, state }: NonNullable<SearchResult['misuse']>): Misuse {
  const execution = new Execution(search.machine)
  for (const { task, outcome } of scheduleTo(search, state)) execution.step(task, outcome)
  for (const { index } of search.machine.tasks) {
    // The wrong step may come after others that the search takes together with one that is right.
    for (let outcome = 0; outcome < (execution.next(index)?.outcomes ?? 0); outcome++) {
      const attempt = new Execution(search.machine)
      for (const step of execution.steps) attempt.step(step.task, step.outcome)
      const wrong = firstMisuse(attempt, index, outcome)
      if (wrong) return wrong
    }
  }
  return error
}

/** Lets a task go on until it breaks a rule, at most to its next step that others could see. */
function firstMisuse(execution: Execution, task: number, outcome: number): Misuse | null {
  try {
    if (!execution.step(task, outcome)) return null
    while (execution.next(task)?.object === null || execution.next(task)?.conflicts !== -1) {
      if (!execution.step(task)) return null
    }
    return null
  } catch (thrown) {
    if (thrown instanceof Misuse) return located(thrown, execution, task)
    throw thrown
  }
}
