/**
 * Point of no return: the step of a schedule after which the tasks can no longer come to an end, whatever happens. Before it,
 * the deadlock could still be avoided.
 */
import { lookAround } from '@scopemask/checker'
import type { Machine } from '@scopemask/checker/machine'
import { Execution } from '@scopemask/checker/search'
import { canEnd } from './can-end.js'
import type { Turn } from './turn.js'

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
