/** Reachable: all states that can be come to from where an execution stands, nothing left out. */
import type { Row } from '@scopemask/checker/machine'
import { Execution } from '@scopemask/checker/search'

/** How many states may be looked at. */
const MAX_STATES = 20_000

/** `stopped`: whoever looked has seen enough. `all`: there is no other state. `part`: there are too many. */
export type Extent = 'stopped' | 'all' | 'part'

/**
 * Looks at states until somebody has seen enough.
 * @param see is given an execution that stands there, perhaps more than once for a state; returns true when that is enough.
 */
export function visitStates(start: Execution, see: (there: Execution) => boolean): Extent {
  const { layout } = start.machine
  for (;;) {
    const { arrangement } = layout
    const extent = visit(start, see)
    // Where fields got wider meanwhile, rows that were kept could not be read. It happens a few times at most.
    if (extent === 'stopped' || layout.arrangement === arrangement) return extent
  }
}

function visit({ machine, programs, row: first }: Execution, see: (there: Execution) => boolean) {
  const { layout, tasks } = machine
  const { arrangement } = layout
  const walker = new Execution(machine, programs)
  const seen = new Set([first.join()])
  const open: Row[] = [first]
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    walker.row = row
    walker.steps.length = 0
    if (see(walker)) return 'stopped'
    for (const { index } of tasks) {
      walker.row = row
      const outcomes = walker.possible(index)
      for (const outcome of outcomes) {
        if (layout.arrangement !== arrangement) return 'part'
        walker.row = row
        walker.step(index, outcome)
        if (layout.arrangement !== arrangement) return 'part'
        const key = walker.row.join()
        if (seen.has(key)) continue
        if (seen.size >= MAX_STATES) return 'part'
        seen.add(key)
        open.push(walker.row)
      }
    }
  }
  return 'all'
}
