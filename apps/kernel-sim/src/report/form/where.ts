/** Where: how a report says where in a recording something is: at a line of a text, at a record of a trace.dat. */
import type { Reading } from '../../trace/read/read-trace.js'
import { number } from './numbers.js'

/** `line 1,234`, or `record 1,234`. */
export function whereText(recording: Pick<Reading, 'format'> | undefined, at: number): string {
  return `${recording?.format === 'trace.dat' ? 'record' : 'line'} ${number(at)}`
}
