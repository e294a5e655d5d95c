import { describe, expect, it } from 'vitest'
import { policyNamed } from '../../../apps/kernel-sim/src/kernel/policy.js'
import { sampleScenario } from '../../../apps/kernel-sim/src/matrix/subject.js'
import { CASES } from '../../../apps/kernel-sim/src/scenarios/catalogue.js'

const scenarioNamed = (name: string) => {
  const found = CASES.find(({ scenario }) => scenario.name === name)
  if (!found) throw new Error(name)
  return found.scenario
}

describe.each(['random', 'pct'] as const)('a sample, %s', (strategy) => {
  const options = { strategy, executions: 300, seed: 1 }

  it('finds deadlocks that the search finds, the same ones for the same seed', () => {
    for (const name of ['cil-push', 'shared-worker', 'no-idle-worker', 'rescuer-agf']) {
      const found = sampleScenario(scenarioNamed(name), policyNamed('scope'), options)
      expect(found?.cycle.length, name).toBeGreaterThan(0)
      expect(sampleScenario(scenarioNamed(name), policyNamed('scope'), options)).toEqual(found)
    }
  })

  it('finds nothing where there is nothing, and claims nothing', () => {
    expect(
      sampleScenario(scenarioNamed('cil-push'), policyNamed('callee-scope'), options),
    ).toBeNull()
  })
})
