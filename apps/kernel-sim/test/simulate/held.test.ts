/** What the whole machine does, against what a real 6.1 did with the same plans: those that take little time to run. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { partMarkdown } from '../../src/report/form/markdown.js'
import { heldPage } from '../../src/report/machine/held-page.js'
import { judge, scores } from '../../src/simulate/held/judge.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { assertConsistent } from './conserved.js'
import { recorded, simulated } from './recorded.js'

/** Runs a configuration and returns the figures that are held against the recorded ones. */
function run(name: string) {
  const simulation = simulated(name)
  simulation.run()
  simulation.vm.memory.validate()
  const facts = factsOf(simulation)
  return { facts, figures: judge([{ recorded: recorded(name), runs: [facts] }]), simulation }
}

const inOf = (figures: ReturnType<typeof judge>, names: readonly string[]) =>
  names.map((name) => figures.find(({ figure }) => figure === name)?.in)

it('a stream read: kswapd takes as many pages in as many runs, and nobody stalls', () => {
  const { facts, figures } = run('W2-128-1-def-fast')
  const names = [
    'read.0.MB_s',
    'elapsed_s',
    'pgsteal_kswapd',
    'stolen_per_kswapd_run',
    'reclaim_efficiency',
    'disk_read_requests',
    'kswapd_cpu_ms',
  ]
  expect(inOf(figures, names)).toEqual(names.map(() => true))
  expect(facts.allocstall).toBe(0)
})

it('kcompactd goes over full memory once: it is stopped by the min watermark in its first pageblock, and leaves memory alone', () => {
  const simulation = simulated('W2-128-1-def-fast')
  simulation.run()
  const facts = factsOf(simulation)
  expect(simulation.vm.kcompactd.map(({ rounds }) => rounds)).toEqual([1])
  expect(facts.compact_migrate_scanned).toBe(512)
  expect(facts.pgmigrate_success).toBeGreaterThan(50)
  expect(facts.pgmigrate_success).toBeLessThan(300)
  assertConsistent(simulation)
})

it('a program that takes all memory is killed after 17 reclaims in vain', () => {
  const { facts, figures, simulation } = run('W3-128-1-def')
  const names = [
    'oom_first_s',
    'oom_victim_anon_rss_kb',
    'oom_kill',
    'stall_count',
    'pgsteal_kswapd',
    'stall_zero_progress',
  ]
  expect(inOf(figures, names)).toEqual(names.map(() => true))
  // 16 retries after the first.
  expect(facts.stall_zero_progress).toBeGreaterThanOrEqual(17)
  expect(simulation.vm.oom.kills.map(({ victim }) => victim)).toEqual(['hog'])
})

it('the same in a scope that keeps out of the filesystem: nobody is killed, and the program spins', () => {
  // The first second and a half of it: the whole of it takes long.
  const simulation = simulated('W3-128-1-nofs')
  simulation.run(undefined, 12e9)
  const facts = factsOf(simulation)
  expect(simulation.vm.oom.kills).toEqual([])
  expect(facts.stall_zero_progress).toBeGreaterThan(4000)
  expect(facts.stall_zero_progress).toBe(facts.stall_nofs)
  expect(facts.stall_us_p50).toBeGreaterThan(240)
  expect(facts.stall_us_p50).toBeLessThan(280)
})

it('scores count what is in', () => {
  const config = recorded('W2-128-1-def')
  const facts = Object.fromEntries([...config.facts].map(([name, [median]]) => [name, median]))
  const exact = scores(judge([{ recorded: config, runs: [facts] }]))
  for (const score of exact) expect(score.in).toBe(score.figures)
  const off = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, value * 1.3]))
  const [tight, loose] = scores(judge([{ recorded: config, runs: [off] }]))
  expect(loose?.in).toBe(loose?.figures)
  expect(tight?.in).toBeLessThan((tight?.figures ?? 0) / 2)
})

it('the documentation shows what comes out', () => {
  const path = new URL('../../../../docs/held-against-a-kernel.md', import.meta.url)
  const documented = readFileSync(path, 'utf8')
  for (const name of ['W2-128-1-def-fast', 'W3-128-1-def', 'W8-128-1-def']) {
    const start = documented.indexOf(`### ${name}\n`)
    const rows = documented.slice(start).split('\n###')[0] ?? ''
    const page = heldPage(run(name).figures)
    const tables = page.sections.find(({ id }) => id === name)?.parts ?? []
    const lines = tables
      .map(partMarkdown)
      .join('')
      .split('\n')
      .filter((line) => !line.includes('order only'))
    expect(start, name).toBeGreaterThan(0)
    for (const line of lines) expect(rows).toContain(line.trim())
  }
})
