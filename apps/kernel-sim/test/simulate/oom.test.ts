/** The OOM killer of the machine: what its report says of the request's nodes, and that nothing is left when nobody may be killed. */
import { Clock } from '@scopemask/checker/live'
import { expect, it } from 'vitest'
import { machineFromObject } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { Ratelimit } from '../../src/simulate/memory/ratelimit.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import type { Simulation } from '../../src/simulate/simulation.js'
import { assertConsistent } from './conserved.js'

function run(machine: object): Simulation {
  const file = machineFromObject(machine, 'oom')
  const { seed, seconds } = file
  const simulation = machineSimulation(file, { seed, seconds, policy: machinePolicy('scope') })
  simulation.run()
  assertConsistent(simulation)
  return simulation
}

const summary = (simulation: Simulation): string =>
  simulation.kernelLog.text.split('\n').find((line) => line.includes('oom-kill:constraint=')) ?? ''

const BOUND = {
  nodes: [
    { memory: '96 MiB', cpus: [0] },
    { memory: '64 MiB', cpus: [1] },
  ],
  seconds: 3,
}
const bind = (policy: string, nodes: number[]) => ({
  type: 'hog',
  size: '200 MiB',
  pace: '2 ms',
  numa: { policy, nodes },
})

// mm/oom_kill.c, constrained_alloc and dump_oom_summary, 6.1.192.
it.each([
  ['bind', [1], 'CONSTRAINT_MEMORY_POLICY,nodemask=1'],
  ['bind', [0, 1], 'CONSTRAINT_NONE,nodemask=(null)'],
  // Its second try, for which the killer is asked, takes any node.
  ['preferred-many', [1], 'CONSTRAINT_NONE,nodemask=(null)'],
])('a request of the policy %s on nodes %j was restricted so: %s', (policy, nodes, constraint) => {
  const simulation = run({ ...BOUND, workloads: { hog: bind(policy, nodes) } })
  expect(simulation.vm.oom.kills.map(({ victim }) => victim)).toEqual(['hog'])
  expect(summary(simulation)).toContain(
    `oom-kill:constraint=${constraint},cpuset=/,mems_allowed=0-1,global_oom,task_memcg=/,task=hog,`,
  )
})

it('counts oom_score_adj against the nodes of the policy', () => {
  const hog = bind('bind', [1])
  const other = { type: 'working-set', size: '30 MiB', oom_score_adj: 500, numa: hog.numa }
  // 30 MiB and half of node 1 are more than what is left for the hog; of all memory it would be more still.
  const [kill] = run({ ...BOUND, workloads: { hog, other } }).vm.oom.kills
  expect(kill?.victim).toBe('other')
})

it('panics when no program may be killed, which ends the run (mm/oom_kill.c, out_of_memory: "System is deadlocked on memory")', () => {
  const hog = { type: 'hog', size: '200 MiB', pace: '5 ms', oom_score_adj: -1000 }
  const simulation = run({ memory: '80 MiB', seconds: 3, workloads: { hog } })
  const facts = factsOf(simulation)
  expect(simulation.vm.oom.kills).toEqual([])
  expect(facts.panicked_s).toBeLessThan(1)
  expect(simulation.elapsed / 1e9).toBe(facts.panicked_s)
  const lines = simulation.kernelLog.text.trimEnd().split('\n')
  expect(lines.filter((line) => line.includes('Out of memory and no killable'))).toHaveLength(1)
  expect(lines.at(-1)).toContain('Kernel panic - not syncing: System is deadlocked on memory')
})

it('does not panic as long as there is a program that could be killed, though it has no memory of its own', () => {
  const hog = { type: 'hog', size: '200 MiB', pace: '5 ms', oom_score_adj: -1000 }
  const reader = { type: 'read', size: '10 MiB' }
  const simulation = run({ memory: '80 MiB', seconds: 1, workloads: { hog, reader } })
  expect(factsOf(simulation).panicked_s).toBeUndefined()
})

it('a node so small that the kernel has no room for its own memory there asks kswapd while there is none', () => {
  const simulation = run({
    nodes: [
      { memory: '80 MiB', cpus: [0, 1] },
      { memory: '4100 KiB', cpus: [2] },
    ],
    kernel: 6.18,
    seconds: 0.1,
    sysctls: { watermark_boost_factor: 15000, defrag_mode: 1 },
    cma: [{ size: '12 MiB' }, { size: '2 MiB' }, { size: '4 MiB' }],
    workloads: { program: { type: 'working-set', size: '500 MiB', pace: '1 ms' } },
  })
  expect(simulation.vm.kswapd).toHaveLength(2)
  // With zone_reclaim_mode it reclaims nodes, too, before the kernel knows its slabs.
  const reclaiming = run({
    nodes: [
      { memory: '80 MiB', cpus: [0, 1] },
      { memory: '16 MiB', cpus: [2] },
      { memory: '5 MiB', cpus: [3, 4] },
    ],
    seconds: 0.1,
    sysctls: { zone_reclaim_mode: 4 },
    cma: [{ size: '12 MiB' }, { size: '4 MiB' }, { size: '2 MiB' }],
    workloads: { reader: { type: 'read', size: '1 MiB' } },
  })
  expect(reclaiming.vm.kswapd).toHaveLength(3)
})

// lib/ratelimit.c, with nopage_rs of warn_alloc and oom_rs of oom_kill_process, 6.1.192.
it('failed allocations are reported once in ten seconds, with how many were not', () => {
  const clock = new Clock()
  const said: string[] = []
  const log = (text: string): void => void said.push(text)
  const limit = new Ratelimit({ clock, name: 'warn_alloc', seconds: 10, burst: 1, log })
  const at = (seconds: number): boolean => {
    clock.at(seconds * 1e9, () => {})
    clock.step()
    return limit.allows()
  }
  expect([at(1), at(2), at(11), at(11.5), at(12)]).toEqual([true, false, false, true, false])
  expect(said).toEqual(['warn_alloc: 2 callbacks suppressed'])
  const blocks = { type: 'blocks', order: 8, keep: 500, each: 50, gfp: 'GFP_ATOMIC' }
  const text = run({ memory: '80 MiB', seconds: 1, workloads: { blocks } }).kernelLog.text
  expect(text.match(/page allocation failure/g)).toHaveLength(1)
})

it('of more than ten kills in five seconds the others have a line each', () => {
  const hog = { type: 'hog', size: '90 MiB', pace: '100 us', processes: 12 }
  const simulation = run({ memory: '80 MiB', seconds: 3, workloads: { hog } })
  const count = (text: string): number =>
    simulation.kernelLog.text.split('\n').filter((line) => line.includes(text)).length
  expect(simulation.vm.oom.kills.length).toBeGreaterThan(10)
  expect(count('invoked oom-killer')).toBe(10)
  expect(count('Out of memory: Killed process')).toBe(simulation.vm.oom.kills.length)
})
