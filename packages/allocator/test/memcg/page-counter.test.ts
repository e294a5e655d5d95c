/**
 * Page counters against a plain recomputation of their hierarchy: usage, limits, failures, peaks and protected usage follow from what was charged where, in
 * whatever order (mm/page_counter.c, 6.1.192).
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NO_LIMIT, PageCounter } from '../../src/memcg/page-counter.js'

/** A counter as the sum of what was charged to it and below it. */
interface Model {
  readonly parent: number
  own: number
  max: number
  min: number
  low: number
  peak: number
  failures: number
}

/** Each counter has one that was made before it above it. */
const tree = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 6 })
const pages = fc.integer({ min: 0, max: 40 })
const step = fc.record({
  what: fc.constantFrom('tryCharge', 'charge', 'uncharge', 'max', 'min', 'low', 'save'),
  counter: fc.nat({ max: 6 }),
  pages,
})

function check(
  parents: readonly number[],
  steps: readonly { what: string; counter: number; pages: number }[],
): void {
  const counters = [new PageCounter(null)]
  const models: Model[] = [model(-1)]
  for (const [index, choice] of parents.entries()) {
    const parent = choice % (index + 1)
    counters.push(new PageCounter(counters[parent] ?? null))
    models.push(model(parent))
  }
  for (const { what, counter: choice, pages: wanted } of steps) {
    const at = choice % counters.length
    const counter = counters[at] as PageCounter
    const own = models[at] as Model
    if (what === 'tryCharge') {
      const refused = tryCharge(models, at, wanted)
      expect(counter.tryCharge(wanted)).toBe(refused < 0 ? null : counters[refused])
    } else if (what === 'charge') {
      charge(models, at, wanted)
      counter.charge(wanted)
    } else if (what === 'uncharge') {
      const some = Math.min(wanted, own.own)
      own.own -= some
      counter.uncharge(some)
    } else if (what === 'max') own.max = counter.max = wanted === 0 ? NO_LIMIT : 3 * wanted
    else if (what === 'min') own.min = counter.min = wanted
    else if (what === 'low') own.low = counter.low = wanted
    else for (const each of counters) each.load(each.save())
    for (const [index, each] of counters.entries()) {
      const { peak, failures, max } = models[index] as Model
      expect([each.usage, each.watermark, each.failures, each.margin]).toEqual([
        usage(models, index),
        peak,
        failures,
        Math.max(0, max - usage(models, index)),
      ])
      expect([each.childrenMin, each.childrenLow]).toEqual([
        protectedBelow(models, index, 'min'),
        protectedBelow(models, index, 'low'),
      ])
    }
  }
}

function model(parent: number): Model {
  return { parent, own: 0, max: NO_LIMIT, min: 0, low: 0, peak: 0, failures: 0 }
}

/** What is charged to a counter: to itself, and to all that have it somewhere above them. */
function usage(models: readonly Model[], at: number): number {
  return models.reduce((sum, { own }, index) => sum + (isBelow(models, index, at) ? own : 0), 0)
}

function isBelow(models: readonly Model[], index: number, at: number): boolean {
  for (let each = index; each >= 0; each = models[each]?.parent ?? -1) if (each === at) return true
  return false
}

/** Of those right below, as much as they use of what they protect. */
function protectedBelow(models: readonly Model[], at: number, what: 'min' | 'low'): number {
  return models.reduce(
    (sum, each, index) =>
      each.parent === at ? sum + Math.min(each[what], usage(models, index)) : sum,
    0,
  )
}

function charge(models: readonly Model[], at: number, wanted: number): void {
  ;(models[at] as Model).own += wanted
  for (let each = at; each >= 0; each = models[each]?.parent ?? -1) {
    const one = models[each] as Model
    one.peak = Math.max(one.peak, usage(models, each))
  }
}

/** Returns the counter that refuses, -1 for none: those below it have seen their peak. */
function tryCharge(models: readonly Model[], at: number, wanted: number): number {
  for (let each = at; each >= 0; each = models[each]?.parent ?? -1) {
    const one = models[each] as Model
    const after = usage(models, each) + wanted
    if (after > one.max) {
      one.failures++
      return each
    }
    one.peak = Math.max(one.peak, after)
  }
  charge(models, at, wanted)
  return -1
}

it('counters of a hierarchy count what a recomputation counts', () => {
  fc.assert(
    fc.property(tree, fc.array(step, { maxLength: 40 }), (parents, steps) => check(parents, steps)),
    { numRuns: 300 },
  )
})
