/** Properties: what a model claims of its states, against a search that leaves nothing out and keeps states as text. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check, explained } from '../src/check.js'
import { Overflow, type Row } from '../src/machine/layout.js'
import type { Machine } from '../src/machine/machine.js'
import type { Property, PropertyKind } from '../src/machine/property.js'
import { model } from '../src/model/model.js'
import { Execution } from '../src/run/execution.js'
import { replay } from '../src/run/token.js'
import { Search } from '../src/search/search.js'
import { text } from './brute-force.js'
import { build, type Plan, plan } from './random-machine.js'

/** Claims of the random machines: their variable has a value, and their semaphore so many permits. */
function claims(machine: Machine, kind: PropertyKind, value: number, permits: number): Property {
  const held = (name: string, row: Row): number =>
    machine.objects.find((object) => object.name === name)?.fields[0]?.get(row) ?? 0
  const holds = (row: Row): boolean =>
    held('variable', row) === value && held('semaphore', row) === permits
  return {
    kind,
    name: `${value} and ${permits}`,
    holds: (row) => (kind === 'sometimes' ? holds(row) : !holds(row)),
    tellsReplicasApart: () => false,
  }
}

/** How many steps away a state is that decides a property; null when there is none, undefined when there are too many. */
function distance(machine: Machine, property: Property, limit: number): number | null | undefined {
  for (const field of machine.layout.fields) machine.layout.widen(new Overflow(field, 0xffff))
  const execution = new Execution(machine)
  const tasks = machine.tasks.map(({ index }) => index)
  const known = new Set<string>()
  let level = [execution.row]
  for (let depth = 0; level.length > 0; depth++) {
    const next: Row[] = []
    for (const row of level) {
      execution.row = row
      const here = text(execution)
      if (known.has(here)) continue
      known.add(here)
      if (known.size > limit) return undefined
      const counts = property.kind !== 'at end' || tasks.every((task) => execution.rests(task))
      const holds = property.holds(row, execution.programs)
      if (counts && holds === (property.kind === 'sometimes')) return depth
      for (const task of tasks) {
        execution.row = row
        for (const outcome of execution.possible(task)) {
          execution.row = row
          execution.step(task, outcome)
          next.push(execution.row)
        }
      }
    }
    level = next
  }
  return null
}

describe('a property', () => {
  it('is decided as by a search that leaves nothing out, by a shortest way', () => {
    const count = { found: 0, none: 0 }
    const kinds: readonly PropertyKind[] = ['always', 'sometimes', 'at end']
    fc.assert(
      fc.property(plan, fc.nat(2), fc.nat(2), (drawn: Plan, value, permits) => {
        for (const kind of kinds) {
          const reference = build(drawn)
          const expected = distance(reference, claims(reference, kind, value, permits), 600)
          if (expected === undefined) continue
          const machine = build(drawn)
          const property = claims(machine, kind, value, permits)
          machine.properties.push(property)
          const search = new Search(machine, { allDeadlocks: true, livelocks: false })
          const result = search.run()
          const what = JSON.stringify({ kind, value, permits, drawn })
          const state = kind === 'sometimes' ? result.witnesses[0] : result.violation?.state
          expect(state !== null && state !== undefined, what).toBe(expected !== null)
          count[expected === null ? 'none' : 'found']++
          if (expected === null) continue
          const { counterexample, witnesses } = explained(search, result)
          const token = kind === 'sometimes' ? witnesses[0]?.token : counterexample?.token
          const again = build(drawn)
          const execution = replay(again, `${token}`)
          expect(claims(again, kind, value, permits).holds(execution.row, []), what).toBe(
            kind === 'sometimes',
          )
          if (kind !== 'at end') expect(execution.steps.length, what).toBe(expected)
        }
      }),
      { numRuns: 150, seed: 9 },
    )
    expect(count.found).toBeGreaterThan(60)
    expect(count.none).toBeGreaterThan(60)
  })
})

const counting = (claim: 'always' | 'sometimes' | 'atEnd', wanted: number) =>
  model('counting', (builder) => {
    const counter = builder.counter('c')
    builder.replicate('adder', 2, () => builder.task('adder', () => counter.add(1)))
    builder[claim]('claim', (state) => state.get(counter) === wanted)
  })

describe('a claim', () => {
  it.each([
    ['always', 0, 'violation'],
    ['sometimes', 1, 'safe'],
    ['sometimes', 3, 'violation'],
    ['atEnd', 2, 'safe'],
    ['atEnd', 1, 'violation'],
  ] as const)('that %s c is %i makes it %s', (claim, wanted, verdict) => {
    const result = check(counting(claim, wanted))
    expect(result).toMatchObject({ verdict, claim: verdict === 'safe' ? '' : 'claim' })
    // What never holds has no way to show.
    expect(result.counterexample === null).toBe(verdict === 'safe' || claim === 'sometimes')
  })

  it('of single replicas switches symmetry off, and is right', () => {
    const claimed = model('replicas', (builder) => {
      const counters = builder.replicate('part', 2, () => {
        const counter = builder.counter('c')
        builder.task('adder', () => counter.add(1))
        return counter
      })
      builder.always('the second is not ahead', (state) => {
        const [first = 0, second = 0] = counters.map((counter) => state.get(counter))
        return second <= first
      })
    })
    expect(check(claimed)).toMatchObject({ verdict: 'violation', claim: 'the second is not ahead' })
    expect(check(claimed).counterexample?.steps.map(({ task }) => task)).toEqual(['adder#2'])
  })

  it('that looks at replicas only now and then is an error, not a wrong verdict', () => {
    const claimed = model('replicas', (builder) => {
      const total = builder.counter('total')
      const counters = builder.replicate('part', 2, () => {
        const counter = builder.counter('c')
        builder.task('adder', function* () {
          yield* total.add(1)
          yield* counter.add(1)
        })
        return counter
      })
      builder.always('fine', (state) => {
        const [first] = counters
        return state.get(total) === 0 || first === undefined || state.get(first) <= 1
      })
    })
    expect(() => check(claimed)).toThrow(
      "'fine' tells identical parts apart only in some states: switch symmetry off to check it",
    )
    expect(check(claimed, { symmetry: false }).verdict).toBe('safe')
  })

  it('that is an error stays one where an assertion of a task does not hold', () => {
    const claimed = model('assertion', (builder) => {
      const total = builder.counter('total')
      const counters = builder.replicate('part', 2, () => {
        const counter = builder.counter('c')
        builder.task('adder', function* () {
          yield* total.add(1)
          yield* builder.assert(false, 'nobody comes here')
        })
        return counter
      })
      builder.always('fine', (state) => {
        const [first] = counters
        return state.get(total) === 0 || first === undefined || state.get(first) <= 1
      })
    })
    expect(() => check(claimed)).toThrow("'fine' tells identical parts apart only in some states")
  })

  it('inside of a task has a shortest way to where it fails', () => {
    const asserting = model('asserting', (builder) => {
      const counter = builder.counter('c')
      builder.task('other', () => counter.set(1))
      builder.task('asserting', function* () {
        yield* builder.choose('way', ['left', 'right'])
        const seen = yield* counter.get()
        yield* builder.assert(seen === 0, 'nobody has written')
      })
    })
    const { verdict, claim, counterexample } = check(asserting)
    expect({ verdict, claim }).toEqual({ verdict: 'violation', claim: 'nobody has written' })
    expect(counterexample?.steps).toHaveLength(3)
    expect(counterexample?.waiting).toMatchObject([
      { task: 'asserting', what: 'assert(nobody has written)', blocked: true },
    ])
  })

  it('knows which tasks are done', () => {
    const done = model('done', (builder) => {
      const counter = builder.counter('c')
      const first = builder.task('first', () => counter.set(1))
      const second = builder.task('second', () => counter.until(1))
      builder.always('in order', (state) => state.isDone(first) || !state.isDone(second))
      builder.sometimes('both', (state) => state.isDone(first) && state.isDone(second))
    })
    expect(check(done)).toMatchObject({ verdict: 'safe', witnesses: [{ claim: 'both' }] })
  })
})
