/** Watch: what stops a scenario's code that does not come to its next step. */
import { CodeWatch } from '@scopemask/checker/node'
import type { CellOptions } from '../matrix/cell.js'

interface WatchOptions {
  /** How long the search of a cell may take; infinite for no limit. */
  readonly maxSeconds: number
  /** Whether Ctrl-C has to be heard, too, because something is to be done then. */
  readonly interruptible: boolean
}

/** Keeps a limit of time and Ctrl-C for each cell. Without either nobody watches, since that takes time. */
export function watchOf({ maxSeconds, interruptible }: WatchOptions): CellOptions['watch'] {
  if (!interruptible && maxSeconds === Number.POSITIVE_INFINITY) return undefined
  return () => new CodeWatch({ deadline: performance.now() + maxSeconds * 1000, interruptible })
}
