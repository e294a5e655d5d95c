/** Loss: what the recorder lost, in words. */
import type { Reading } from '../../trace/read/read-trace.js'
import { plural } from '../form/numbers.js'

/** What the recorder lost, in words: `2,247 events LOST`, `events LOST in 3 places`. */
export function lossOf({ lost, uncountedGaps }: Reading): string {
  const uncounted = `in ${plural(uncountedGaps, 'place')} without a number`
  if (lost === 0) return `events LOST ${uncounted}`
  return `${plural(lost, 'event')} LOST${uncountedGaps === 0 ? '' : `, and more ${uncounted}`}`
}
