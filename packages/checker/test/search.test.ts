import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Row } from '../src/machine/layout.js'
import { LeftMovers } from '../src/reduce/partial-order.js'
import { Execution } from '../src/run/execution.js'
import { xorshift } from '../src/run/random.js'
import { replay, tokenOf } from '../src/run/token.js'
import { scheduleTo } from '../src/search/schedule.js'
import { Search } from '../src/search/search.js'
import { bruteForce, text, unnamed } from './brute-force.js'
import { build, DIRECTED, type Plan, plan } from './random-machine.js'

const MODES = [
  { partialOrder: false, symmetry: false },
  { partialOrder: true, symmetry: false },
  { partialOrder: false, symmetry: true },
  { partialOrder: true, symmetry: true },
]

/** A state as text, names of replicas left open. */
function textOf({ machine, stepper, table }: Search, state: number): string {
  const row: Row = new Int32Array(machine.layout.words)
  table.read(state, row)
  return unnamed(text({ machine, row, programs: stepper.programs }), machine)
}

function deadlocks(search: Search, states: readonly number[]): string[] {
  return [...new Set(states.map((state) => textOf(search, state)))].sort()
}

/** Programs, and what brute force finds in them; those that are too large for it are left out. */
const programs = [
  ...DIRECTED.values(),
  ...fc.sample(plan, { numRuns: 300, seed: 20160427 }),
].flatMap((drawn) => {
  const expected = bruteForce(build(drawn), 1_000)
  return expected === null ? [] : [{ drawn, expected }]
})

describe('the search', () => {
  it('finds by every reduction the verdict and the deadlocks that brute force finds', () => {
    for (const { drawn, expected } of programs) {
      for (const mode of MODES) {
        const what = JSON.stringify({ mode, drawn })
        const search = new Search(build(drawn), { ...mode, allDeadlocks: true })
        const result = search.run()
        expect(result.verdict, what).toBe(expected.verdict)
        expect(deadlocks(search, result.deadlocks), what).toEqual(expected.deadlocks)
        if (!mode.partialOrder && !mode.symmetry) expect(result.states, what).toBe(expected.states)
        const end = result.deadlocks[0] ?? result.livelock
        if (end !== undefined && end !== null) {
          const steps = scheduleTo(search, end)
          const execution = replay(search.machine, tokenOf(search.machine, steps))
          expect(unnamed(text(execution), search.machine), what).toBe(textOf(search, end))
        }
      }
    }
  })

  it('is tried on hundreds of programs, many of each verdict', () => {
    const count = (verdict: string): number =>
      programs.filter(({ expected }) => expected.verdict === verdict).length
    expect(programs.length).toBeGreaterThan(200)
    expect(count('safe')).toBeGreaterThan(50)
    expect(count('deadlock')).toBeGreaterThan(50)
    expect(count('livelock')).toBeGreaterThan(3)
  })

  it('gives the same result each time', () => {
    const [drawn] = fc.sample(plan, { numRuns: 1, seed: 7 }) as [Plan]
    const once = new Search(build(drawn)).run()
    const again = new Search(build(drawn)).run()
    expect({ ...again, seconds: 0 }).toEqual({ ...once, seconds: 0 })
  })

  it('counts the steps of the search, and not those of a look for livelocks', () => {
    for (const { drawn } of programs.slice(0, 100)) {
      const counts = (livelocks: boolean) => {
        const { states, transitions } = new Search(build(drawn), { livelocks }).run()
        return { states, transitions }
      }
      expect(counts(true)).toEqual(counts(false))
    }
  })
})

describe('a search from the middle of a schedule', () => {
  it('finds what brute force finds from there, with every reduction', () => {
    let cut = 0
    for (const { drawn } of programs.slice(0, 150)) {
      const random = xorshift(cut + 1)
      const before = new Execution(build(drawn))
      for (let step = 0; step < 6; step++) {
        const { index: task = 0 } = before.machine.tasks[random(before.machine.tasks.length)] ?? {}
        const outcomes = before.possible(task)
        if (outcomes.length > 0) before.step(task, outcomes[random(outcomes.length)])
      }
      const from = before.steps.map(({ task, outcome }) => ({ task, outcome }))
      if (from.length > 0) cut++
      const expected = bruteForce(build(drawn), 1_000, from)
      for (const mode of MODES) {
        const search = new Search(build(drawn), { ...mode, from, allDeadlocks: true })
        const result = search.run()
        const what = JSON.stringify({ mode, drawn, from })
        expect(result.verdict, what).toBe(expected?.verdict)
        expect(deadlocks(search, result.deadlocks), what).toEqual(expected?.deadlocks)
      }
    }
    expect(cut).toBeGreaterThan(100)
  })

  it('refuses steps that cannot be taken', () => {
    const [drawn] = fc.sample(plan, { numRuns: 1, seed: 7 }) as [Plan]
    const from = Array.from({ length: 200 }, () => ({ task: 0, outcome: 0 }))
    expect(() => new Search(build(drawn), { from }).run()).toThrow(/^step \d+ of those from which/)
  })
})

describe('the dependency relation', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  /** Whether the reduced search agrees with brute force: it does, as long as nothing is broken (see above). */
  const agrees = (): boolean =>
    programs.every(({ drawn, expected }) => {
      const search = new Search(build(drawn), { symmetry: false, allDeadlocks: true })
      return isDeepStrictEqual(deadlocks(search, search.run().deadlocks), expected.deadlocks)
    })
  const { includes } = LeftMovers.prototype

  it.each([...DIRECTED.keys()])(
    'is needed: a test fails when nothing conflicts with %s',
    (name) => {
      vi.spyOn(LeftMovers.prototype, 'includes').mockImplementation(function (
        this: LeftMovers,
        operation,
      ) {
        return operation.name === name || includes.call(this, operation)
      })
      expect(agrees()).toBe(false)
    },
  )

  it('is needed: a test fails when assumptions are never refuted', () => {
    vi.spyOn(LeftMovers.prototype, 'note').mockImplementation(() => {})
    expect(agrees()).toBe(false)
  })
})

describe('an execution', () => {
  it('does nothing when the task cannot', () => {
    const [drawn] = fc.sample(plan, { numRuns: 1, seed: 7 }) as [Plan]
    const execution = new Execution(build(drawn))
    expect(execution.step(0, 99)).toBe(false)
    expect(execution.steps).toEqual([])
  })
})
