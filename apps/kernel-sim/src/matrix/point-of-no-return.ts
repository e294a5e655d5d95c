/**
 * Point of no return: the step of a schedule after which the tasks can no longer come to an end, whatever happens. Before it,
 * the deadlock could still be avoided.
 */
import { lookAround } from '@scopemask/checker'
import type { Machine, Row } from '@scopemask/checker/machine'
import { Execution } from '@scopemask/checker/search'
import type { Turn } from './turn.js'

/** How many states may be looked at from one step. */
const MAX_STATES = 20_000

/**
 * The step, from 1; 0 when the tasks could not come to an end from the beginning; null when that takes too long to find out, or
 * when they can come to an end after the last step.
 */
export function lostAfter(machine: Machine, turns: readonly Turn[]): number | null {
  const programs = lookAround(machine)
  const endsAfter = (steps: number): boolean | null => {
    const execution = new Execution(machine, programs)
    for (const { task, outcome } of turns.slice(0, steps)) execution.step(task, outcome)
    return canEnd(execution)
  }
  if (endsAfter(turns.length) !== false) return null
  // What is lost stays lost: the first such step is found by halves.
  let [early, late] = [0, turns.length]
  while (early < late) {
    const middle = (early + late) >> 1
    const ends = endsAfter(middle)
    if (ends === null) return null
    if (ends) early = middle + 1
    else late = middle
  }
  return late
}

/** Returns true if a state in which all tasks rest can be reached; null when there are too many states to tell. */
function canEnd(execution: Execution): boolean | null {
  const { machine } = execution
  const tasks = machine.tasks.map(({ index }) => index)
  const shape = (): string => machine.layout.fields.map(({ limit }) => limit).join()
  const before = shape()
  const seen = new Set<string>()
  const open: Row[] = [execution.row]
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    for (const task of tasks) {
      execution.row = row
      for (const outcome of execution.possible(task)) {
        execution.row = row
        execution.step(task, outcome)
        // Rows that were kept cannot be read in another layout.
        if (shape() !== before) return canEnd(execution)
        const key = execution.row.join()
        if (seen.has(key)) continue
        if (seen.size >= MAX_STATES) return null
        seen.add(key)
        open.push(execution.row)
      }
    }
    execution.row = row
    execution.steps.length = 0
    if (tasks.every((task) => execution.rests(task))) return true
  }
  return false
}
