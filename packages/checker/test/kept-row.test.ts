/** Several who work on one machine at once: each of them finds what it would find alone, whoever makes a field wider. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { model } from '../src/model/model.js'
import { Execution } from '../src/run/execution.js'
import { xorshift } from '../src/run/random.js'
import { scheduleTo, standingAt } from '../src/search/schedule.js'
import { Search } from '../src/search/search.js'
import { text } from './brute-force.js'
import { build, type Plan, plan } from './random-machine.js'

/** Takes a step at random, if there is one. */
function wander(execution: Execution, random: (below: number) => number): void {
  const able = execution.machine.tasks.filter(({ index }) => execution.possible(index).length > 0)
  const task = able[random(able.length || 1)]?.index
  if (task === undefined) return
  const outcomes = execution.possible(task)
  execution.step(task, outcomes[random(outcomes.length)])
}

describe('executions of one machine at once', () => {
  it('come to what each of them comes to alone', () => {
    let widened = 0
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 1e6 }), (drawn: Plan, seed) => {
        const machine = build(drawn)
        const { layout } = machine
        layout.tighten(layout.initialRow(), 1)
        const together = [1, 2, 3].map(() => new Execution(machine))
        const before = layout.arrangement
        const turns = together.map((_, at) => xorshift(seed + at))
        for (let step = 0; step < 30; step++) {
          for (const [at, execution] of together.entries()) wander(execution, turns[at] as never)
        }
        if (layout.arrangement > before) widened++
        // What one of them has no use for, another may hold.
        layout.tighten(together[0]?.row ?? layout.initialRow(), 1)
        for (const execution of together) {
          const alone = new Execution(build(drawn))
          for (const { task, outcome } of execution.steps) {
            expect(alone.step(task, outcome)).toBe(true)
          }
          expect(text(execution)).toBe(text(alone))
        }
      }),
      { numRuns: 100, seed: 11 },
    )
    expect(widened).toBeGreaterThan(50)
  })
})

const counting = model('counting', (builder) => {
  const counter = builder.counter('c')
  for (const name of ['a', 'b']) {
    builder.task(name, function* () {
      for (const value of [1, 40, 3_000, 0]) yield* counter.set(value)
    })
  }
})

describe('a search', () => {
  it('finds the same when others make fields wider between its steps, and keeps its states', () => {
    const options = { partialOrder: false, symmetry: false }
    const alone = new Search(counting.machine(), options)
    const expected = alone.run()
    const machine = counting.machine()
    const search = new Search(machine, options)
    const execution = new Execution(machine)
    let result = search.advance()
    const { arrangement } = machine.layout
    while (execution.step(0));
    expect(machine.layout.arrangement).toBeGreaterThan(arrangement)
    while (result === null) result = search.advance()
    expect({ ...result, seconds: 0, bytes: 0 }).toEqual({ ...expected, seconds: 0, bytes: 0 })
    // Another search of the machine learns anew what this one has learned, and more room is made.
    for (const field of machine.layout.fields) {
      machine.layout.widen({ field, value: field.limit * 9 + 9 })
    }
    for (let state = 0; state < result.states; state++) {
      expect(text(standingAt(search, state))).toBe(text(standingAt(alone, state)))
    }
    const last = result.states - 1
    expect(scheduleTo(search, last).map(({ task }) => task)).toEqual(
      scheduleTo(alone, last).map(({ task }) => task),
    )
  })
})
