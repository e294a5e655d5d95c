/** The machine with two nodes that comes along, and the table of the guide: what binding, preferring and reclaiming a node do under two policies. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { machineFromYaml } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { type Facts, factsOf } from '../../src/simulate/measure/facts.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import { sysFiles } from '../../src/simulate/proc/sys-files.js'
import { assertConsistent } from './conserved.js'

const text = readFileSync(
  new URL('../../examples/machines/two-nodes.yaml', import.meta.url),
  'utf8',
)
const guide = readFileSync(new URL('../../../../docs/guides/machine.md', import.meta.url), 'utf8')

function run(mempolicy: string, zoneReclaimMode: number, policy: string) {
  const set = {
    'sysctls.zone_reclaim_mode': zoneReclaimMode,
    'workloads.stat.numa.policy': mempolicy,
    'workloads.mail.numa.policy': mempolicy,
    'workloads.server.numa.policy': mempolicy,
  }
  const machine = machineFromYaml(text, 'two-nodes.yaml', { set })
  const { seed, seconds } = machine
  const simulation = machineSimulation(machine, { seed, seconds, policy: machinePolicy(policy) })
  simulation.run()
  assertConsistent(simulation)
  return { simulation, facts: factsOf(simulation) }
}

/** The rows of the guide: a heading, and the figure. */
const ROWS: readonly (readonly [string, (facts: Facts) => number | undefined])[] = [
  ['pages that were wanted on node 0 and came from node 1 (numa_foreign)', (of) => of.numa_foreign],
  ['direct reclaims', (of) => of.stall_count],
  ['of them, those that had to keep out of the filesystem', (of) => of.stall_nofs],
  ['of them, those that freed nothing', (of) => of.stall_zero_progress],
  ['reclaims of node 0 before a request went on (node reclaim)', (of) => of.node_reclaims],
  ['of them, those that had to keep out of the filesystem', (of) => of.node_reclaims_nofs],
  ['of them, those that freed nothing', (of) => of.node_reclaims_zero_progress],
  ['dentries and inodes that reclaim freed', (of) => of.shrink_super_cache_scan_freed],
  ['programs killed', (of) => of.oom_kill],
  ['kills that were refused', (of) => of.oom_refused],
  ['pages free on node 1 at the end', (of) => of.node1_free_pages],
  ['stats a second', (of) => of['stat.0.ops_s']],
  ['files a second', (of) => of['mail.0.ops_s']],
]

it('the guide shows what binding, preferring and reclaiming a node do', () => {
  const runs = [
    run('preferred', 0, 'scope'),
    run('bind', 0, 'scope'),
    run('bind', 0, 'nofs'),
    run('preferred', 1, 'scope'),
    run('preferred', 1, 'nofs'),
  ]
  const rows = ROWS.map(([heading, value]) => {
    const values = runs.map(({ facts }) =>
      Math.round(value(facts) ?? Number.NaN).toLocaleString('en'),
    )
    return `| ${heading} | ${values.join(' | ')} |`
  })
  expect(guide).toContain(rows.join('\n'))
  // What a NOFS scope does to whoever is bound: it spins, with half of the machine free.
  const [, , bound] = runs
  expect(bound?.simulation.stuck.map(({ task, refused }) => [task, refused])).toEqual([
    ['stat', true],
    ['mail', true],
    ['server', true],
  ])
  // What /sys says is the same.
  const [preferred] = runs
  if (preferred === undefined) throw new Error('there is a first run')
  const { online, has_memory, ...files } = sysFiles(preferred.simulation)
  expect([online, has_memory]).toEqual(['0-1\n', '0-1\n'])
  expect(files['node1/numastat']).toContain(`numa_miss ${preferred.facts.numa_miss}\n`)
  expect(files['node0/numastat']).toContain(`numa_foreign ${preferred.facts.numa_foreign}\n`)
  expect(files['node1/cpulist']).toBe('2-3\n')
})
