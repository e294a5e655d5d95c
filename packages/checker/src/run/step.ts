/** Step: one operation that a task has done, as an execution and a search note it. */
import type { Operation } from '../machine/operation.js'

/** One operation of one task and how it turned out. */
export interface MicroStep {
  /** The number of the task that did it. */
  readonly task: number
  /** What it did. */
  readonly operation: Operation
  /** Where the task was when it did it. */
  readonly position: number
  /** Which of its possible turns it took. */
  readonly outcome: number
  /** What the operation returned: 0 or more. */
  readonly result: number
}

/** One of the ways in which an operation can turn out in a state. */
export type StepOutcome = Pick<MicroStep, 'outcome' | 'result'>
