/** Can end: whether the tasks can still come to an end from where an execution stands, by looking at all that follows. */
import type { Execution } from '@scopemask/checker/search'
import { visitStates } from './reachable.js'

/** Returns true if a state in which all tasks rest can be reached; null when there are too many states to tell. */
export function canEnd(start: Execution): boolean | null {
  const { tasks } = start.machine
  const extent = visitStates(start, (there) => tasks.every(({ index }) => there.rests(index)))
  return extent === 'part' ? null : extent === 'stopped'
}
