/**
 * Suspension: a task that runs on top of another one, such as an interrupt on the task whose processor it takes. The one below
 * takes no step, whatever it would do next, until the one on top is done.
 */
import type { Row } from './layout.js'

/** Says which task runs on top of another one, in a state. */
export interface Suspension {
  /** The number of the task that runs on top of this one, or -1. */
  by(row: Row, task: number): number
}
