import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Execution } from '../../src/check/execution.js'
import { LeftMovers } from '../../src/check/partial-order.js'
import { scheduleTo } from '../../src/check/schedule.js'
import { Search } from '../../src/check/search.js'
import { replay, tokenOf } from '../../src/check/token.js'
import type { Row } from '../../src/machine/layout.js'
import { bruteForce, text, unnamed } from './brute-force.js'
import { build, type Plan, plan } from './random-machine.js'

const MODES = [
  { partialOrder: false, symmetry: false },
  { partialOrder: true, symmetry: false },
  { partialOrder: false, symmetry: true },
  { partialOrder: true, symmetry: true },
]

function deadlocks(search: Search, states: readonly number[]): string[] {
  const { machine, stepper } = search
  const row: Row = new Int32Array(machine.layout.words)
  const found = states.map((state) => {
    search.table.read(state, row)
    return unnamed(text({ machine, row, programs: stepper.programs }), machine)
  })
  return [...new Set(found)].sort()
}

describe('the search', () => {
  it('finds by every reduction the verdict and the deadlocks that brute force finds', () => {
    const verdicts = new Map<string, number>()
    fc.assert(
      fc.property(plan, (drawn: Plan) => {
        const expected = bruteForce(build(drawn), 3_000)
        if (expected === null) return
        verdicts.set(expected.verdict, (verdicts.get(expected.verdict) ?? 0) + 1)
        for (const mode of MODES) {
          const search = new Search(build(drawn), { ...mode, allDeadlocks: true })
          const result = search.run()
          expect(result.verdict, JSON.stringify(mode)).toBe(expected.verdict)
          expect(deadlocks(search, result.deadlocks)).toEqual(expected.deadlocks)
          if (!mode.partialOrder && !mode.symmetry) expect(result.states).toBe(expected.states)
          const end = result.deadlocks[0] ?? result.livelock
          if (end !== undefined && end !== null) {
            const steps = scheduleTo(search, end)
            const execution = replay(search.machine, tokenOf(search.machine, steps))
            const row: Row = new Int32Array(search.machine.layout.words)
            search.table.read(end, row)
            const { programs } = search.stepper
            expect(unnamed(text(execution), search.machine)).toBe(
              unnamed(text({ machine: search.machine, row, programs }), search.machine),
            )
          }
        }
      }),
      { numRuns: 150, seed: 20160427 },
    )
    // The programs have to be worth it: many of each verdict.
    expect(verdicts.get('safe')).toBeGreaterThan(20)
    expect(verdicts.get('deadlock')).toBeGreaterThan(20)
    expect(verdicts.get('livelock')).toBeGreaterThan(0)
  }, 60_000)

  it('gives the same result each time', () => {
    const [drawn] = fc.sample(plan, { numRuns: 1, seed: 7 }) as [Plan]
    const once = new Search(build(drawn)).run()
    const again = new Search(build(drawn)).run()
    expect({ ...again, seconds: 0 }).toEqual({ ...once, seconds: 0 })
  })
})

describe('the dependency relation', () => {
  /** Whether the reduced search agrees with brute force on many programs. */
  const agrees = (): boolean => {
    const result = fc.check(
      fc.property(plan, (drawn) => {
        const expected = bruteForce(build(drawn), 1_000)
        if (expected === null) return
        const search = new Search(build(drawn), { symmetry: false, allDeadlocks: true })
        expect(deadlocks(search, search.run().deadlocks)).toEqual(expected.deadlocks)
      }),
      { numRuns: 200, seed: 1, endOnFailure: true },
    )
    return !result.failed
  }

  it.each<[string, () => void]>([
    [
      'conflicts are ignored',
      () =>
        vi
          .spyOn(LeftMovers.prototype, 'includes')
          .mockImplementation(({ conflicts }) => conflicts !== -1),
    ],
    [
      'assumptions are never refuted',
      () => vi.spyOn(LeftMovers.prototype, 'note').mockImplementation(() => {}),
    ],
    [
      'whatever does not block is taken for a left mover',
      () =>
        vi
          .spyOn(LeftMovers.prototype, 'includes')
          .mockImplementation(({ name }) => ['set', 'mutex_unlock', 'complete'].includes(name)),
    ],
  ])(
    'is needed: a test fails when %s',
    (_what, mutate) => {
      mutate()
      expect(agrees()).toBe(false)
      vi.restoreAllMocks()
      expect(agrees()).toBe(true)
    },
    60_000,
  )
})

describe('an execution', () => {
  it('does nothing when the task cannot', () => {
    const [drawn] = fc.sample(plan, { numRuns: 1, seed: 7 }) as [Plan]
    const execution = new Execution(build(drawn))
    expect(execution.step(0, 99)).toBe(false)
    expect(execution.steps).toEqual([])
  })
})
