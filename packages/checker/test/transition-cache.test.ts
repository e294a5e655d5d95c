import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Machine } from '../src/machine/machine.js'
import { hash, spread, sumOf } from '../src/search/hash.js'
import { Search } from '../src/search/search.js'
import type { SearchOptions } from '../src/search/search-options.js'
import type { Snapshot } from '../src/search/snapshot.js'
import { WIDTH } from '../src/search/transition-cache.js'
import { outcome } from './outcome.js'
import { protocol } from './protocol.js'
import { build, plan } from './random-machine.js'

/** All that a search has done, whether or not it came to an end. */
function done(machine: Machine, options: SearchOptions): Snapshot & { readonly words: number } {
  const search = new Search(machine, options)
  search.run()
  return { ...search.snapshot(), words: search.table.words }
}

/** The same without its turns. */
function withoutTurns({ turns: _, ...rest }: Snapshot): Omit<Snapshot, 'turns'> {
  return rest
}

/** Nothing is repeated or passed over where somebody may leave steps out. */
const plainly = { allows: () => true }

describe('a search that repeats steps and passes over others', () => {
  it.each([
    { partialOrder: false, livelocks: true },
    { partialOrder: true, livelocks: true },
    { partialOrder: false, livelocks: false },
  ])(
    'finds the same states, from the same ones, as one that does all of them: %o',
    (reductions) => {
      const options = { ...reductions, symmetry: false, allDeadlocks: true }
      const found = done(protocol(), options)
      // Longer rows are not repeated.
      expect(found.words).toBeLessThanOrEqual(WIDTH)
      const plain = done(protocol(), { ...options, ...plainly })
      expect(withoutTurns(found)).toEqual(withoutTurns(plain))
      // States whose successors were passed over may be turns, and count as such.
      const turns = new Set(found.turns)
      expect(plain.turns.filter((turn) => !turns.has(turn))).toEqual([])
    },
  )

  it('finds the same whatever the machine, with the same turns, or more', () => {
    const reductions = fc.record({ partialOrder: fc.boolean(), allDeadlocks: fc.boolean() })
    fc.assert(
      fc.property(plan, reductions, (drawn, drawnOptions) => {
        const options = { ...drawnOptions, symmetry: false, maxStates: 4_000 }
        const plain = new Search(build(drawn), { ...options, ...plainly })
        const search = new Search(build(drawn), options)
        expect(outcome(search)).toEqual(outcome(plain))
        const [found, expected] = [search.snapshot(), plain.snapshot()]
        expect(withoutTurns(found)).toEqual(withoutTurns(expected))
        const turns = new Set(found.turns)
        expect(expected.turns.filter((turn) => !turns.has(turn))).toEqual([])
      }),
      { numRuns: 100, seed: 17 },
    )
  })

  it('goes on in the middle as if it had not stopped', () => {
    const options = { partialOrder: false, symmetry: false, allDeadlocks: true }
    const first = new Search(protocol(), { ...options, maxStates: 20_000 })
    first.run()
    const second = new Search(protocol(), options)
    second.resume(structuredClone(first.snapshot()))
    expect(outcome(second)).toEqual(outcome(new Search(protocol(), options)))
  })
})

describe('a hash', () => {
  const row = fc.array(fc.integer(), { minLength: 3, maxLength: 3 })

  it('has a sum that is linear: of flipped bits, it is that of the bits', () => {
    fc.assert(
      fc.property(row, row, (some, others) => {
        const [a, b] = [Int32Array.from(some), Int32Array.from(others)]
        const flipped = a.map((word, at) => word ^ (b[at] as number))
        expect(sumOf(a, 0, 3) ^ sumOf(flipped, 0, 3)).toBe(sumOf(b, 0, 3))
        expect(hash(a, 0, 3)).toBe(spread(sumOf(b, 0, 3) ^ sumOf(flipped, 0, 3)))
      }),
    )
  })

  it('spreads rows that differ little over a table as if by chance', () => {
    const slots = new Int32Array(1 << 16)
    let collisions = 0
    for (let at = 0; at < 1 << 15; at++) {
      const bits = [at & 31, (at >> 5) & 31, at >> 10].map((part, shift) => part << (7 * shift))
      const slot = hash(Int32Array.from(bits), 0, 3) & (slots.length - 1)
      if (slots[slot]) collisions++
      slots[slot] = 1
    }
    // By chance, 2^15 - 2^16 * (1 - e^-0.5) = 6982.
    expect(collisions).toBeGreaterThan(6_600)
    expect(collisions).toBeLessThan(7_400)
  })
})
