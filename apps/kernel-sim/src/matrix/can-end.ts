/** Can end: whether the tasks can still come to an end from where an execution stands, by looking at all that follows. */
import type { Row } from '@scopemask/checker/machine'
import { Execution } from '@scopemask/checker/search'

/** How many states may be looked at. */
const MAX_STATES = 20_000

/** Returns true if a state in which all tasks rest can be reached; null when there are too many states to tell. */
export function canEnd(start: Execution): boolean | null {
  const { layout } = start.machine
  for (;;) {
    const { arrangement } = layout
    const found = look(start)
    // Where fields got wider meanwhile, rows that were kept were read wrongly. It happens a few times at most.
    if (layout.arrangement === arrangement) return found
  }
}

function look({ machine, programs, row: first }: Execution): boolean | null {
  const { layout } = machine
  const { arrangement } = layout
  const walker = new Execution(machine, programs)
  const seen = new Set([first.join()])
  const open: Row[] = [first]
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    walker.row = row
    walker.steps.length = 0
    if (machine.tasks.every(({ index }) => walker.rests(index))) return true
    for (const { index } of machine.tasks) {
      walker.row = row
      const outcomes = walker.possible(index)
      if (layout.arrangement !== arrangement) return null
      for (const outcome of outcomes) {
        walker.row = row
        walker.step(index, outcome)
        if (layout.arrangement !== arrangement) return null
        const key = walker.row.join()
        if (seen.has(key)) continue
        if (seen.size >= MAX_STATES) return null
        seen.add(key)
        open.push(walker.row)
      }
    }
  }
  return false
}
