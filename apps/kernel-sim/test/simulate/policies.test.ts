/** What policies do to a machine: a scenario of check beside workloads, NOFS everywhere, and which differences are real. */
import { expect, it } from 'vitest'
import { policyNamed } from '../../src/kernel/policy.js'
import { CASES } from '../../src/scenarios/catalogue.js'
import { compare } from '../../src/simulate/compare.js'
import { plainMachine } from '../../src/simulate/machines/plain.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { parsePlan } from '../../src/simulate/plan/plan.js'
import { planned } from '../../src/simulate/plan/run-plan.js'
import { machinePolicy } from '../../src/simulate/policy.js'

/** A cache that fills memory, and bursts that need it back. */
const TIGHT = parsePlan(`seed=1 dur=6000 fs=ext4
proc name=cache type=read file=big.dat mib=100 passes=0
proc name=burst type=burst mib=40 period_us=400000 start=2500
`)
/** The same without memory pressure. */
const EASY = parsePlan('seed=1 dur=1500 fs=ext4\nproc name=cache type=read file=a mib=8 passes=0')

function journalHandle(policy: 'scope' | 'unrestricted', plan = TIGHT) {
  const scenario = CASES.find((each) => each.scenario.name === 'journal-handle')?.scenario
  if (scenario === undefined) throw new Error('there is no such case')
  const simulation = planned(plan, plainMachine(128), {
    policy: machinePolicy(policy),
    scenario: { scenario, policy: policyNamed(policy) },
  })
  simulation.run()
  return simulation.scenario
}

it('a lost restriction hangs the tasks of a scenario once the machine is short of memory', () => {
  const run = journalHandle('unrestricted')
  expect(run?.hang?.why).toMatch(/allocates with __GFP_FS, and reclaim/)
  expect(run?.hang?.at).toBeGreaterThan(2e9)
  expect(run?.hang?.token).toMatch(/^[\w~-]{5,}$/)
})

it('with the scope, or with memory enough, they come to their end again and again', () => {
  for (const run of [journalHandle('scope'), journalHandle('unrestricted', EASY)]) {
    expect(run?.hang).toBeNull()
    expect(run?.executions).toBeGreaterThan(20)
  }
})

it('NOFS everywhere: shrinkers are refused to requests', () => {
  const facts = (policy: string) => {
    const plan = parsePlan(`seed=1 dur=5000 fs=ext4
proc name=stat type=stat dirs=100 per=200 pace_us=100
proc name=burst type=burst mib=58 period_us=1000000 start=3000
`)
    const simulation = planned(plan, plainMachine(128), { policy: machinePolicy(policy) })
    simulation.run()
    simulation.vm.memory.validate()
    simulation.vm.slab.validate()
    return factsOf(simulation)
  }
  const scope = facts('scope')
  const nofs = facts('nofs')
  expect(scope.shrink_super_cache_scan_freed).toBeGreaterThan(1000)
  expect(nofs.shrink_super_cache_scan_refused).toBeGreaterThan(0)
  expect(nofs.stall_fs).toBe(0)
  expect(scope.stall_nofs).toBeLessThan(scope.stall_fs ?? 0)
})

it('a difference is real when it is larger than what seeds do', () => {
  const policies = [
    {
      policy: 'a',
      runs: [
        { x: 10, y: 10 },
        { x: 11, y: 30 },
        { x: 9, y: 20 },
      ],
    },
    {
      policy: 'b',
      runs: [
        { x: 20, y: 20 },
        { x: 21, y: 10 },
        { x: 19, y: 40 },
      ],
    },
  ]
  const [x, y] = compare(policies, ['x', 'y', 'z'])
  expect(x).toMatchObject({ figure: 'x', differs: [true] })
  expect(x?.intervals[0]?.half).toBeCloseTo(4.303 / Math.sqrt(3))
  expect(y).toMatchObject({ figure: 'y', differs: [false] })
  expect(() => machinePolicy('none')).toThrow('there is no policy none; there are unrestricted')
})
