/** Swap to compressed memory on a machine: who goes there, what it costs, and that nothing is lost. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { machineFromYaml } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import { procFiles } from '../../src/simulate/proc/proc-files.js'
import { assertConsistent } from './conserved.js'

const text = readFileSync(new URL('../../examples/machines/zram.yaml', import.meta.url), 'utf8')

function run(set: Readonly<Record<string, string | number | boolean>>, source = text) {
  const machine = machineFromYaml(source, 'zram.yaml', { set })
  const { seed, seconds } = machine
  const simulation = machineSimulation(machine, { seed, seconds, policy: machinePolicy('scope') })
  simulation.run()
  assertConsistent(simulation)
  // All programs have ended: nothing is in swap space any more.
  const { swap } = simulation.vm
  if (swap !== null) expect([swap.space.free, swap.zram.pages]).toEqual([swap.space.pages, 0])
  expect(simulation.tasks.every(({ swapped, rss }) => swapped === 0 && rss === 0)).toBe(true)
  return { simulation, facts: factsOf(simulation) }
}

it.each([
  ['lists', false],
  ['generations', true],
])(
  'with %s what is hardly used goes to swap, in less memory than it had, and what is in use stays',
  (_, lru_gen) => {
    const { simulation, facts } = run({ lru_gen })
    expect(facts.oom_kill).toBe(0)
    expect(facts.pswpout).toBeGreaterThan(1000)
    // What is in use comes back; the rest does not.
    expect((facts.pswpin ?? 0) / (facts.pswpout ?? 1)).toBeLessThan(0.1)
    const stored = facts.zram_orig_data_kb ?? 0
    expect(stored).toBeGreaterThan(4000)
    expect(facts.zram_mem_used_total_kb).toBeLessThan(stored * 0.4)
    expect(facts.zram_mem_used_total_kb).toBeGreaterThanOrEqual(facts.zram_compr_data_kb ?? 0)
    // 4 us for each page that is not of one value, and what those that came back took.
    const most = ((facts.pswpout ?? 0) * 4 + (facts.pswpin ?? 0) * 1.5) / 1000
    expect((facts.zram_cpu_ms ?? 0) / most).toBeCloseTo(0.9, 1)
    const { meminfo, vmstat } = procFiles(simulation)
    expect(meminfo).toMatch(/SwapTotal: +65536 kB/)
    expect(vmstat).toContain(`pswpout ${simulation.vm.swap?.swappedOut}\n`)
  },
)

it('without it somebody is killed', () => {
  const { facts } = run({}, text.replace(/^swap: .*\n/m, ''))
  expect(facts.oom_kill).toBe(1)
  expect(facts.pswpout).toBeUndefined()
})
