/**
 * Check: one scenario under one policy, from the search to an explanation. What is found is data; report/ makes
 * text of it.
 */
import { Misuse } from '../machine/errors.js'
import type { Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import type { Program } from '../machine/program.js'
import { Execution, located } from './execution.js'
import { explain } from './explain.js'
import { type SampleOptions, sample } from './sample.js'
import { scheduleTo } from './schedule.js'
import { Search, type SearchOptions, type SearchResult, type Verdict } from './search.js'
import { replay, tokenOf } from './token.js'
import { cycle, type Waiter, waiters } from './wait-for.js'

/** What is checked: a machine, and how to name what holds for its tasks. */
export interface Subject {
  readonly machine: Machine
  /** The restrictions in force for a task, by name; empty for none. */
  restrictionsOf(row: Row, task: number): string
  /** What a request lets reclaim do, in words. */
  requestName(gfp: number): string
}

/** One operation of a schedule, as text. */
export interface ScheduleStep {
  readonly task: string
  readonly operation: string
  /** What came of it, when that was open. */
  readonly result: string
  /** The procedures that the task was in, innermost first. */
  readonly stack: readonly string[]
}

export interface Waiting extends Omit<Waiter, 'task' | 'for'> {
  readonly task: string
  readonly restrictions: string
  readonly for: readonly string[]
  /** Where in the scenario's code the task is. */
  readonly place: string
}

export interface Counterexample {
  readonly steps: readonly ScheduleStep[]
  readonly token: string
  /** Every task that is not done. */
  readonly waiting: readonly Waiting[]
  /** The names of the tasks along the circle, when there is one. */
  readonly cycle: readonly string[]
  /** The one sentence that says why. */
  readonly why: string
}

export interface CheckResult {
  readonly verdict: Verdict
  readonly search: SearchResult
  readonly counterexample: Counterexample | null
}

/**
 * Checks a scenario.
 * @throws Misuse when the scenario is wrong, with the task, the place and the schedule that shows it.
 */
export function check(subject: Subject, options: SearchOptions = {}): CheckResult {
  const search = new Search(subject.machine, options)
  return explained(subject, search, search.run())
}

/** Explains what a search of a scenario has come to. @throws Misuse as {@link check} does. */
export function explained(subject: Subject, search: Search, result: SearchResult): CheckResult {
  if (result.misuse) throw misuse(search, result.misuse)
  const end = result.deadlocks[0] ?? result.livelock
  if (end === undefined || end === null) {
    return { verdict: result.verdict, search: result, counterexample: null }
  }
  const token = tokenOf(subject.machine, scheduleTo(search, end))
  const { programs } = search.stepper
  return {
    verdict: result.verdict,
    search: result,
    counterexample: counterexample(subject, token, new Execution(subject.machine, programs)),
  }
}

/**
 * Looks at some executions of a scenario that is too large to search.
 * @returns the deadlock that one of them ended in, or null, which claims nothing.
 */
export function checkSample(subject: Subject, options: SampleOptions): Counterexample | null {
  const { deadlock } = sample(subject.machine, options)
  return deadlock ? counterexample(subject, tokenOf(subject.machine, deadlock.steps)) : null
}

/**
 * What a token stands for.
 * @param execution a fresh one, with what a search has learned of the tasks: who could wake whom. By default a
 * short search looks around first.
 */
export function counterexample(
  subject: Subject,
  token: string,
  execution = new Execution(subject.machine, lookAround(subject.machine)),
): Counterexample {
  const { machine } = subject
  replay(machine, token, execution)
  const name = (task: number): string => `${machine.tasks[task]}`
  const found = waiters(execution)
  const circle = cycle(found)
  return {
    token,
    steps: execution.steps.map(({ task, operation, position, result }) => ({
      task: name(task),
      operation: `${operation}`,
      result: operation.results?.[result] ?? '',
      stack: (execution.programs[task]?.stack(position) ?? []).map((frame) => frame.name),
    })),
    waiting: found.map((waiter) => ({
      ...waiter,
      task: name(waiter.task),
      restrictions: subject.restrictionsOf(execution.row, waiter.task),
      for: waiter.for.map(name),
      place: execution.place(waiter.task),
    })),
    cycle: circle.map(({ task }) => name(task)),
    why: explain(subject, execution, circle.length > 0 ? circle : found),
  }
}

function lookAround(machine: Machine): readonly Program[] {
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
