import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { policyNamed } from '../../src/kernel/policy.js'
import { deadlocks, explained, holdAgainst } from './hold-against.js'
import { plan, randomScenario } from './random-kernel.js'

// That it is true of every unsafe cell of the matrix is in test/matrix/whole/explain.ts.
describe('an explanation', () => {
  it('is true of random machines that allocate', () => {
    const counts: Record<string, number> = {}
    fc.assert(
      fc.property(
        plan,
        fc.constantFrom('scope', 'convey-on-queue', 'unrestricted'),
        (random, policy) => {
          const kind = holdAgainst(randomScenario(random), policyNamed(policy), 2_000) ?? 'safe'
          counts[kind] = (counts[kind] ?? 0) + 1
        },
      ),
      { numRuns: 500, seed: 9 },
    )
    for (const kind of ['none', 'allocation', 'safe'])
      expect(counts[kind], kind).toBeGreaterThan(20)
  })

  it('is true of random machines whose pages are counted: with pages for all, nothing is tight', () => {
    const counts: Record<string, number> = {}
    fc.assert(
      fc.property(plan, fc.constantFrom('scope', 'unrestricted'), (random, policyName) => {
        const policy = policyNamed(policyName)
        const claim = explained(randomScenario(random, 0), policy, 2_000)
        const kind = claim?.cause?.kind ?? 'safe'
        counts[kind] = (counts[kind] ?? 0) + 1
        if (claim === null || kind === 'unknown' || kind === 'safe') return
        const found = deadlocks(randomScenario(random, 100), policy, 20_000, () => true)
        const recurs = found?.some((there) => claim.signature.every((each) => there.includes(each)))
        expect(recurs ?? kind === 'none', claim.why).toBe(kind === 'none')
        expect(claim.why.includes('no restriction can help')).toBe(kind === 'none')
      }),
      { numRuns: 300, seed: 4 },
    )
    for (const kind of ['none', 'allocation', 'safe'])
      expect(counts[kind], kind).toBeGreaterThan(10)
  })
})
