import { Search, type SearchOptions } from '@scopemask/checker/search'
import { describe, expect, it } from 'vitest'
import { type YardstickOptions, yardstick } from '../../bench/yardstick.js'
import { Kernel } from '../../src/kernel/kernel.js'
import { policyNamed } from '../../src/kernel/policy.js'

/** What spin 6.5.2 finds without reduction: states and deadlocked states. */
const SPIN: readonly [
  mix: boolean,
  tasks: number,
  workers: number,
  YardstickOptions['policy'],
  states: number,
  deadlocks: number,
][] = [
  [false, 2, 1, 'none', 203, 6],
  [false, 2, 1, 'conveyed', 215, 0],
  [false, 2, 1, 'always', 195, 0],
  [false, 3, 2, 'none', 7086, 84],
  [false, 3, 2, 'conveyed', 6270, 0],
  [false, 3, 2, 'always', 5040, 0],
  [true, 2, 1, 'none', 854, 12],
  [true, 2, 1, 'conveyed', 868, 2],
  [true, 2, 1, 'always', 766, 0],
  [true, 2, 2, 'conveyed', 1658, 0],
  [true, 3, 1, 'conveyed', 28301, 36],
  [true, 3, 2, 'none', 78536, 264],
  [true, 3, 2, 'conveyed', 71420, 6],
  [true, 3, 2, 'always', 46706, 0],
]

function search(options: YardstickOptions, how: SearchOptions) {
  const kernel = new Kernel(policyNamed('scope'))
  yardstick(kernel, options)
  return new Search(kernel.seal(), { ...how, allDeadlocks: true }).run()
}

describe('the yardstick protocol', () => {
  it.each(SPIN)(
    'mix %s, %i tasks, %i workers, %s: as spin says',
    (mix, tasks, workers, policy, states, deadlocks) => {
      const options = { mix, tasks, workers, policy }
      const full = search(options, { partialOrder: false, symmetry: false })
      expect(full.deadlocks).toHaveLength(deadlocks)
      // State by state the same, but where the mask is conveyed: spin's worker keeps it in a variable until it is done with
      // the item; here the frame that knew it has returned and is forgotten.
      if (policy === 'conveyed') expect(full.states).toBeLessThan(states)
      else expect(full.states).toBe(states)
      const reduced = search(options, {})
      expect(reduced.verdict).toBe(deadlocks > 0 ? 'deadlock' : 'safe')
      expect(reduced.states).toBeLessThan(full.states / 2)
    },
  )
})
