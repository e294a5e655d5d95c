/** Step: one operation that a task has done, as an execution and a search note it. */
import type { Operation } from '../machine/operation.js'

/** One operation of one task and how it turned out. */
export interface MicroStep {
  readonly task: number
  readonly operation: Operation
  /** Where the task was when it did it. */
  readonly position: number
  /** Which of its possible turns it took. */
  readonly outcome: number
  readonly result: number
}

/** One of the ways in which an operation can turn out in a state. */
export type Turn = Pick<MicroStep, 'outcome' | 'result'>
