import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Row } from '../src/machine/layout.js'
import { CompactTable, hashInto, missedAtMost } from '../src/search/compact-table.js'
import { Search } from '../src/search/search.js'
import type { SearchOptions } from '../src/search/search-options.js'
import { outcome } from './outcome.js'
import { protocol } from './protocol.js'
import { build, DIRECTED, plan } from './random-machine.js'

const OPTIONS = { allDeadlocks: true, livelocks: false, maxStates: 5_000 }

describe('a search by hashes', () => {
  it('finds what one by states finds, with the same ways, and calls it no proof', () => {
    const verdicts = new Set<string>()
    for (const drawn of [...DIRECTED.values(), ...fc.sample(plan, { numRuns: 100, seed: 11 })]) {
      for (const symmetry of [true, false]) {
        const options: SearchOptions = { ...OPTIONS, symmetry }
        const by = { ...outcome(new Search(build(drawn), options)), bytes: 0 }
        const search = new Search(build(drawn), { ...options, hashCompact: true })
        const found = { ...outcome(search), bytes: 0 }
        verdicts.add(found.verdict)
        const verdict = by.verdict === 'safe' ? 'safe*' : by.verdict
        expect(found).toEqual({ ...by, verdict, missed: missedAtMost(by.states) })
      }
    }
    expect([...verdicts]).toEqual(expect.arrayContaining(['safe*', 'deadlock', 'bounded']))
  })

  it('goes through many states, whose rows it drops and which take less memory', () => {
    const options: SearchOptions = { symmetry: false, allDeadlocks: true, livelocks: false }
    const by = outcome(new Search(protocol(), options))
    const found = outcome(new Search(protocol(), { ...options, hashCompact: true }))
    expect({ ...found, bytes: 0, missed: 0 }).toEqual({ ...by, bytes: 0 })
    expect(found.missed).toBe(missedAtMost(by.states))
    expect(by.states).toBeGreaterThan(10_000)
    expect(found.bytes).toBeLessThan(by.bytes)
  })

  it('claims nothing of livelocks', () => {
    const looping = fc
      .sample(plan, { numRuns: 300, seed: 20160427 })
      .filter((drawn) => new Search(build(drawn)).run().verdict === 'livelock')
    expect(looping.length).toBeGreaterThan(0)
    for (const drawn of looping) {
      expect(new Search(build(drawn), { hashCompact: true }).run().verdict).toBe('safe*')
    }
  })

  it('makes no snapshots', () => {
    const search = new Search(protocol(), { hashCompact: true })
    search.advance()
    expect(() => search.snapshot()).toThrow('a search by hashes keeps no states')
  })
})

describe('the compact table', () => {
  it('numbers states as they come, and tells of each that is staged', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 2_000 }), (values) => {
        const told: number[] = []
        const table = new CompactTable(1, (state) => told.push(state))
        for (const [at, value] of values.entries()) table.stage(Int32Array.of(value), at)
        table.flush()
        const order = [...new Set(values)]
        expect(table.size).toBe(order.length)
        const row = new Int32Array(1)
        for (const [state, value] of order.entries()) {
          table.read(state, row)
          expect(row[0]).toBe(value)
          expect(table.parent(state)).toBe(values.indexOf(value))
          expect(table.find(row)).toBe(state)
        }
        expect(table.find(Int32Array.of(41))).toBe(-1)
        const byState = (a: number, b: number) => a - b
        expect(told.sort(byState)).toEqual(
          values.map((value) => order.indexOf(value)).sort(byState),
        )
      }),
      { numRuns: 50 },
    )
  })
})

describe('hashes', () => {
  it('have halves that look random, and independent of each other', () => {
    // Rows as searches have them: small numbers that differ in a few places.
    const rows = 300_000
    const halves = [new Set<number>(), new Set<number>(), new Set<number>()]
    const hash: Row = new Int32Array(2)
    for (let at = 0; at < rows; at++) {
      hashInto(hash, Int32Array.of(at & 63, (at >>> 6) & 63, at >>> 12, 0), 4)
      halves[0]?.add(hash[0] as number)
      halves[1]?.add(hash[1] as number)
      // A mixture of both is as good as each.
      halves[2]?.add((hash[0] as number) ^ (hash[1] as number))
    }
    // Random ones have 10.5 collisions among 2^32, and more than 30 with a probability of 10^-7.
    for (const half of halves) expect(rows - half.size).toBeLessThan(30)
  })

  it('state what a bound says: the birthday of as many states in 2^64 days', () => {
    expect(missedAtMost(1)).toBe(0)
    expect(missedAtMost(2)).toBe(2 ** -64)
    expect(missedAtMost(1e8)).toBeCloseTo(2.71e-4, 6)
  })
})
