import type { SampleOptions } from '@scopemask/checker/search'
import { describe, expect, it } from 'vitest'
import { policyNamed } from '../../src/kernel/policy.js'
import { checkSample, subjectOf } from '../../src/matrix/subject.js'
import { CASES } from '../../src/scenarios/catalogue.js'

const scenarioNamed = (name: string) => {
  const found = CASES.find(({ scenario }) => scenario.name === name)
  if (!found) throw new Error(name)
  return found.scenario
}

const sampled = (name: string, policy: string, options: SampleOptions) =>
  checkSample(subjectOf(scenarioNamed(name), policyNamed(policy)), options)

describe.each(['random', 'pct'] as const)('a sample, %s', (strategy) => {
  const options = { strategy, executions: 300, seed: 1 }

  it('finds deadlocks that the search finds, the same ones for the same seed', () => {
    for (const name of ['cil-push', 'shared-worker', 'no-idle-worker', 'rescuer-agf']) {
      const found = sampled(name, 'scope', options)
      expect(found?.cycle.length, name).toBeGreaterThan(0)
      expect(sampled(name, 'scope', options)).toEqual(found)
    }
  })

  it('finds nothing where there is nothing, and claims nothing', () => {
    expect(sampled('cil-push', 'callee-scope', options)).toBeNull()
  })
})
