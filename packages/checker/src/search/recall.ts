/** Recall: a search that has kept hashes of states finds the states on the way to one of them once more, to say how it is come to. */
import type { Symmetry } from '../reduce/symmetry.js'
import type { CompactTable } from './compact-table.js'
import type { Stepper } from './stepper.js'

/** Finds the rows of the states on the way to a state, which the table keeps from then on. */
export function recallWayTo(
  end: number,
  {
    table,
    stepper,
    symmetry,
  }: {
    readonly table: CompactTable
    readonly stepper: Stepper
    readonly symmetry: Symmetry | null
  },
): void {
  const way: number[] = []
  for (let state = end; state > 0; state = table.parent(state)) way.push(state)
  const row = new Int32Array(table.words)
  const kept = new Int32Array(table.words)
  const { steps } = stepper
  for (let before = 0, state = way.pop(); state !== undefined; state = way.pop()) {
    const target = state
    table.read(before, row)
    stepper.expand(row, (next) => {
      if (symmetry === null) kept.set(next)
      else symmetry.canonicalize(next, kept)
      table.recall(target, kept)
    })
    before = state
  }
  stepper.steps = steps
}
