/** How many workers a pool may come to have: no verdict of a bundled case depends on the bound that keeps it small. */
import { Search } from '@scopemask/checker/search'
import { describe, expect, it } from 'vitest'
import type { Kernel } from '../../src/kernel/kernel.js'
import { policyNamed } from '../../src/kernel/policy.js'
import type { Scenario } from '../../src/kernel/scenario.js'
import type { PoolOptions } from '../../src/kernel/work/worker-pool.js'
import { subjectOf } from '../../src/matrix/subject.js'
import { CASES } from '../../src/scenarios/catalogue.js'
import { LAST_IDLE_WORKER } from '../../src/scenarios/last-idle-worker.js'

/** The scenario with another bound for the pools that have one. */
function withPools(
  scenario: Scenario,
  options: PoolOptions,
): { scenario: Scenario; pools: number } {
  const changed = { scenario, pools: 0 }
  const build = (kernel: Kernel): void =>
    scenario.build(
      new Proxy(kernel, {
        get(target, property) {
          const value: unknown = Reflect.get(target, property, target)
          if (typeof value !== 'function') return value
          if (property !== 'workerPool') return value.bind(target)
          return (name: string, own: PoolOptions) => {
            if (own !== LAST_IDLE_WORKER) return target.workerPool(name, own)
            changed.pools++
            return target.workerPool(name, options)
          }
        },
      }),
    )
  changed.scenario = { ...scenario, build }
  return changed
}

const { most: _bound, ...UNBOUNDED } = LAST_IDLE_WORKER

describe('a pool of more workers', () => {
  const bounded = CASES.filter(({ scenario }) => {
    const changed = withPools(scenario, LAST_IDLE_WORKER)
    subjectOf(changed.scenario, policyNamed('scope'))
    return changed.pools > 0
  })

  it('is looked at wherever there is a bound', () => {
    expect(bounded.length).toBeGreaterThan(10)
  })

  it.each(bounded.map(({ number, scenario }) => [number, scenario] as const))(
    'gives case %s the same verdict',
    (_number, scenario) => {
      const verdict = (options: PoolOptions) => {
        const { machine } = subjectOf(withPools(scenario, options).scenario, policyNamed('scope'))
        return new Search(machine).run().verdict
      }
      const expected = verdict(LAST_IDLE_WORKER)
      expect(verdict({ ...UNBOUNDED, most: 3 })).toBe(expected)
      expect(verdict(UNBOUNDED)).toBe(expected)
    },
  )
})
