/** Infer: the scope of a task where a recording does not have the task flags. What cannot be told stays unknown. */
import type { TraceEvent } from '../trace/event.js'

/**
 * Sets the task flags of an event that has none.
 * @param told the flags that the pages of a request tell, if they do.
 */
export function inferFlags(event: TraceEvent, told: number | undefined): void {
  if (told !== undefined) {
    event.taskFlags = told
    event.flagsFrom = 'page'
  } else if (event.stack !== undefined && event.stack.held !== 0 && !event.interrupt) {
    event.taskFlags = event.stack.held
    event.flagsFrom = 'stack'
  }
}
