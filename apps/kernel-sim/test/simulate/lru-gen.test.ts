/** Reclaim by generations on a machine, beside the lists: what comes along as `generations`, and the table of the guide. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { machineFromYaml } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import { machineCounters } from '../../src/simulate/proc/counters.js'

const text = readFileSync(
  new URL('../../examples/machines/generations.yaml', import.meta.url),
  'utf8',
)
const guide = readFileSync(new URL('../../../../docs/guides/machine.md', import.meta.url), 'utf8')

function run(lruGen: boolean, hot: string) {
  const set = { lru_gen: lruGen, 'workloads.index.hot': hot }
  const machine = machineFromYaml(text, 'generations.yaml', { set })
  const { seed, seconds } = machine
  const simulation = machineSimulation(machine, { seed, seconds, policy: machinePolicy('scope') })
  simulation.run()
  simulation.vm.memory.validate()
  expect(simulation.vm.memory.lru.generations !== null).toBe(lruGen)
  return { simulation, facts: factsOf(simulation) }
}

/** The rows of the guide: a heading, and what is counted. */
const ROWS: readonly (readonly [string, string, number])[] = [
  ['of 1,000 reads of the index, so many went to the disk', 'index.0.miss_share', 1000],
  ['reads of the index a second', 'index.0.ops_s', 1],
  ['workingset_refault_file', 'workingset_refault_file', 1],
  ['workingset_activate_file', 'workingset_activate_file', 1],
  ['workingset_restore_file', 'workingset_restore_file', 1],
  ['direct reclaims', 'stall_count', 1],
  ['CPU time of kswapd, ms', 'kswapd_cpu_ms', 1],
]

it('the guide shows what lists and generations do on the machine that comes along', () => {
  const runs = ['8 MiB', '16 MiB'].flatMap((hot) => [run(false, hot), run(true, hot)])
  const rows = ROWS.map(([heading, name, by]) => {
    const values = runs.map(({ facts }) =>
      Math.round((facts[name] ?? Number.NaN) * by).toLocaleString('en'),
    )
    return `| ${heading} | ${values.join(' | ')} |`
  })
  expect(guide).toContain(rows.join('\n'))
  // What /proc says is of the same pages, whatever they are kept in.
  const [node] = machineCounters((runs[1] ?? run(true, '8 MiB')).simulation).nodes ?? []
  const listed =
    (node?.nr_inactive_file ?? 0) +
    (node?.nr_active_file ?? 0) +
    (node?.nr_inactive_anon ?? 0) +
    (node?.nr_active_anon ?? 0)
  expect(listed).toBe((node?.nr_file_pages ?? 0) + (node?.nr_anon_pages ?? 0))
})
