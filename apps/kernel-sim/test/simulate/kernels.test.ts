/** Rules of two kernels on a machine: where pages that stay go, and what vm.defrag_mode costs and brings. */
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src/input-error.js'
import { machineFromYaml } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import { assertConsistent } from './conserved.js'

/** Page cache fills memory; small pages that stay come and go in it, and somebody needs blocks of 64 KiB. */
const fragments = (more: string) => `memory: 128 MiB
cpus: 2
seconds: 2.5
disk: { bandwidth: 200 MB/s, latency: 50 us }
${more}
workloads:
  cache: { type: read, size: 200 MiB }
  sockets: { type: blocks, order: 0, keep: 3000, each: 20 }
  large: { type: blocks, order: 4, keep: 20, pace: 20 ms, gfp: GFP_KERNEL|__GFP_RETRY_MAYFAIL, start: 1 s }
`

function run(more: string) {
  const file = machineFromYaml(fragments(more), 'm.yaml')
  const policy = machinePolicy('scope')
  const simulation = machineSimulation(file, { seed: 1, seconds: file.seconds, policy })
  simulation.run()
  assertConsistent(simulation)
  const facts = factsOf(simulation)
  return (name: string): number => facts[name] ?? Number.NaN
}

describe('pages that stay', () => {
  const [old, now, mode] = [
    run('kernel: 6.1'),
    run('kernel: "6.18"'),
    run('kernel: 6.18\nsysctls: { defrag_mode: 1 }'),
  ]

  it('take single pages of others since 6.15, where they took all that was free in a pageblock before', () => {
    expect(now('fallback_unmovable')).toBeGreaterThan(3 * old('fallback_unmovable'))
    expect(now('fallback_pageblocks')).toBeLessThan(now('fallback_unmovable') / 3)
  })

  it('have pageblocks of their own with defrag_mode, for which others reclaim and compact', () => {
    expect(mode('fallback_unmovable')).toBeLessThan(old('fallback_unmovable') / 2)
    expect(mode('pageblocks_mixed')).toBeLessThan(old('pageblocks_mixed') / 2)
    expect(mode('stall_count')).toBeGreaterThan(old('stall_count'))
    expect(mode('kswapd_cpu_ms')).toBeGreaterThan(1.3 * old('kswapd_cpu_ms'))
    expect(mode('large.0.misses')).toBe(0)
  })
})

it('a machine that does not say which kernel it has is 6.1, and counts no fallbacks', () => {
  const unsaid = run('')
  expect(unsaid('fallback_unmovable')).toBeNaN()
  const said = run('kernel: 6.1')
  for (const name of ['stall_count', 'compact_stall', 'pgsteal_kswapd', 'cache.0.MB_s']) {
    expect(unsaid(name)).toBe(said(name))
  }
})

it.each([
  ['sysctls: { defrag_mode: 1 }', 5],
  ['kernel: 6.1\nsysctls: { defrag_mode: 0 }', 6],
])('defrag_mode is refused where the kernel has none: %s', (more, line) => {
  const sentence =
    'sysctls.defrag_mode is there since Linux 6.15: kernel: 6.18 has it, and 6.1, which is the default, has not'
  expect(() => machineFromYaml(fragments(more), 'm.yaml')).toThrow(
    new InputError(`m.yaml, line ${line}: ${sentence}`),
  )
})

it.each(['6.12', '6.10', '"6.10"', 'no'])('other kernels are not there: %s', (kernel) => {
  expect(() => machineFromYaml(fragments(`kernel: ${kernel}`), 'm.yaml')).toThrow(
    `kernel takes one of 6.1, 6.18, not ${kernel === 'no' ? '"no"' : kernel}`,
  )
})

it('a version without quotes is read as it is written', () => {
  expect(() => machineFromYaml(fragments('kernel: 6.1'), 'm.yaml')).not.toThrow()
  expect(() => machineFromYaml(fragments('kernel: "6.18"'), 'm.yaml')).not.toThrow()
})
