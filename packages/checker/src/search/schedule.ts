/**
 * Schedule: the way to a state that a search found, as single operations. With symmetry the search has followed
 * representatives, whose names change from step to step; here the names are carried along, so that the schedule is one that
 * really happens, each task keeping its name.
 */
import type { Row } from '../machine/layout.js'
import type { Renaming } from '../reduce/symmetry.js'
import { Execution } from '../run/execution.js'
import type { MicroStep } from '../run/step.js'
import type { Search } from './search.js'
import type { Step } from './state-graph.js'

/** The operations that lead from the beginning to a state. */
export function scheduleTo(search: Search, state: number): MicroStep[] {
  return scheduleAlong(search, wayTo(search, state)).flat()
}

/**
 * An execution that stands at a state, without the way to it. Where replicas are told apart by symmetry alone, their names are
 * those of the representative that the search has kept.
 */
export function standingAt(search: Search, state: number): Execution {
  const execution = new Execution(search.machine, search.stepper.programs)
  execution.row = search.row(state)
  return execution
}

/** The states on the way from the beginning to a state that the search found: a shortest one. */
export function wayTo({ table }: Search, state: number): number[] {
  const way: number[] = []
  for (let at = state; at >= 0; at = table.parent(at)) way.push(at)
  return way.reverse()
}

/** The operations along a way that starts at the beginning, for each step of the search. */
export function scheduleAlong(search: Search, way: readonly number[]): MicroStep[][] {
  return search.fitting(() => followed(search, way))
}

/** The operations of some steps, one after the other, of a search without reductions. */
export function scheduleBy(search: Search, steps: readonly Step[]): MicroStep[] {
  const { stepper } = search
  return search.fitting(() =>
    steps.flatMap(({ from, task, to }) => {
      const target = search.row(to)
      const taken: MicroStep[][] = []
      stepper.record = []
      stepper.expandTask(search.row(from), task, (next) => {
        if (equal(next, target)) taken.push([...(stepper.record ?? [])])
      })
      stepper.record = null
      return first(taken)
    }),
  )
}

function followed(
  { table, stepper, symmetry, machine }: Search,
  way: readonly number[],
): MicroStep[][] {
  const words = machine.layout.words
  const from: Row = new Int32Array(words)
  const target: Row = new Int32Array(words)
  const renamed: Row = new Int32Array(words)
  let actual: Row = new Int32Array(words)
  table.read(0, actual)
  let naming: Renaming | null = symmetry?.identity ?? null
  const schedule: MicroStep[][] = []
  for (let step = 1; step < way.length; step++) {
    table.read(way[step - 1] as number, from)
    table.read(way[step] as number, target)
    const found: { task: number; raw: Row; renaming: Renaming | null }[] = []
    stepper.expand(from, (next, task) => {
      if (symmetry !== null) symmetry.canonicalize(next, renamed)
      else renamed.set(next)
      if (equal(renamed, target)) {
        found.push({ task, raw: next.slice(), renaming: symmetry?.renaming ?? null })
      }
    })
    const { task, raw, renaming } = first(found)
    const taken: { steps: MicroStep[]; row: Row }[] = []
    stepper.record = []
    const doer = symmetry !== null && naming !== null ? symmetry.before(task, naming) : task
    stepper.expandTask(actual, doer, (next) => {
      if (symmetry !== null && naming !== null) symmetry.rename(next, naming, renamed)
      else renamed.set(next)
      if (equal(renamed, raw)) {
        taken.push({ steps: [...(stepper.record ?? [])], row: next.slice() })
      }
    })
    stepper.record = null
    const { steps, row } = first(taken)
    schedule.push(steps)
    actual = row
    if (symmetry !== null && naming !== null && renaming !== null) {
      naming = symmetry.compose(naming, renaming)
    }
  }
  return schedule
}

function equal(a: Row, b: Row): boolean {
  return a.every((word, at) => word === b[at])
}

/** What must have been found, since the search found it before. */
function first<T>([found]: readonly T[]): T {
  if (found === undefined) throw new Error('a step of the search cannot be repeated')
  return found
}
