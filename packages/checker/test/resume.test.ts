import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeMachine } from '../src/search/knowledge.js'
import { Search } from '../src/search/search.js'
import { outcome } from './outcome.js'
import { build, type Plan, plan } from './random-machine.js'

describe('a search that is resumed', () => {
  it('finds the same as one that was not stopped, wherever it was', () => {
    let resumed = 0
    fc.assert(
      fc.property(
        plan,
        fc.record({ partialOrder: fc.boolean(), symmetry: fc.boolean() }),
        fc.nat(12),
        (drawn: Plan, reductions, steps) => {
          const options = { ...reductions, allDeadlocks: true, maxStates: 2_000 }
          const stopped = new Search(build(drawn, { wide: true }), options)
          for (let step = 0; step < steps; step++) if (stopped.advance() !== null) return
          // What is in a file is data: nothing else may be needed.
          const snapshot = structuredClone(stopped.snapshot())
          const search = new Search(build(drawn, { wide: true }), options)
          search.resume(snapshot)
          expect(describeMachine(search.machine, search.stepper)).toBe(
            describeMachine(stopped.machine, stopped.stepper),
          )
          // The table may have grown differently.
          const alone = { ...outcome(new Search(build(drawn, { wide: true }), options)), bytes: 0 }
          expect({ ...outcome(search), bytes: 0 }).toEqual(alone)
          resumed++
        },
      ),
      { numRuns: 80, seed: 9 },
    )
    expect(resumed).toBeGreaterThan(30)
  })

  it('does not take what another machine has learned', () => {
    const [one, other] = fc.sample(plan, { numRuns: 2, seed: 3 }) as [Plan, Plan]
    const search = new Search(build(one), { maxStates: 500 })
    search.run()
    const foreign = new Search(build(other), {})
    const resume = (): string => {
      foreign.resume(search.snapshot())
      return describeMachine(foreign.machine, foreign.stepper)
    }
    let text = ''
    try {
      text = resume()
    } catch {
      // It may notice by itself.
    }
    expect(text).not.toBe(describeMachine(search.machine, search.stepper))
  })
})
