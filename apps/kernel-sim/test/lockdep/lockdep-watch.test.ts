/** Lockdep sees every step that any execution takes: the search that shows them leaves out interleavings, not steps. */
import type { Machine } from '@scopemask/checker/machine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { policyNamed } from '../../src/kernel/policy.js'
import { lockdepOf } from '../../src/lockdep/lockdep-watch.js'
import { subjectOf } from '../../src/matrix/subject.js'
import { plan, randomScenario } from '../kernel/random-kernel.js'
import { stepsByHand } from './steps-by-hand.js'

const policy = fc.constantFrom('scope', 'unrestricted', 'convey-on-queue').map(policyNamed)

describe('lockdep beside the search', () => {
  it('is shown every order of locks that some execution takes, and warned of what it warns', () => {
    let orders = 0
    let machines = 0
    fc.assert(
      fc.property(plan, policy, (random, under) => {
        const machine = (): Machine => subjectOf(randomScenario(random), under).machine
        const seen = stepsByHand(machine(), 3_000)
        if (seen === null) return
        machines++
        const { order, warnings, complete } = lockdepOf(machine())
        expect(complete).toBe(true)
        const shown = new Set(order.map(({ held, taken }) => `${held} -> ${taken}`))
        for (const each of seen.orders) expect(shown).toContain(each)
        for (const each of seen.warnings) expect(warnings).toContain(each)
        orders += seen.orders.size
      }),
      { numRuns: 60, seed: 3 },
    )
    expect(machines).toBeGreaterThan(30)
    expect(orders).toBeGreaterThan(80)
  })

  it('says how much it was shown where a limit stops the search, wherever that is', () => {
    fc.assert(
      fc.property(plan, policy, fc.integer({ min: 1, max: 60 }), (random, under, maxStates) => {
        const { machine } = subjectOf(randomScenario(random), under)
        const { complete, states } = lockdepOf(machine, maxStates)
        expect(complete || states >= maxStates).toBe(true)
      }),
      { numRuns: 60, seed: 5 },
    )
  })
})
