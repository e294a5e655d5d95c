/** What must hold whatever happens: no page is lost, all time is somebody's, and a run is the same each time. */
import { expect, it } from 'vitest'
import { plainMachine } from '../../src/simulate/machines/plain.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { parsePlan } from '../../src/simulate/plan/plan.js'
import { planned } from '../../src/simulate/plan/run-plan.js'
import { SECOND } from '../../src/simulate/time.js'
import { simulated } from './recorded.js'

it('pages, their lists and files agree each virtual second, and CPU time adds up', () => {
  const simulation = simulated('W3-128-1-def')
  const { memory } = simulation.vm
  const managed = memory.zones.all.reduce((sum, zone) => sum + zone.managed, 0)
  for (let second = 1; second <= 12; second++) {
    simulation.run(undefined, second * SECOND)
    memory.validate()
    const counts = memory.counters()
    const perCpu = memory.zones.all.reduce(
      (sum, zone) => sum + zone.perCpu.reduce((some, { count }) => some + count, 0),
      0,
    )
    const used = managed - memory.zones.freePages() - perCpu
    const events = counts.events ?? {}
    expect((events.pgalloc_dma32 ?? 0) - (events.pgfree ?? 0)).toBe(used)
    const rss = simulation.tasks.reduce((sum, task) => sum + task.rss, 0)
    expect(counts.nodes?.[0]?.nr_anon_pages).toBe(rss)
    expect(counts.nodes?.[0]?.nr_file_pages).toBe(simulation.cache.total)
    const busy = simulation.cpus.tasks.reduce((sum, task) => sum + task.cpuTime, 0)
    const running = simulation.cpus.running(0)
    // What the running task does now is charged when it ends.
    if (running === null) {
      const total = busy + simulation.cpus.idleTime(0)
      expect(total).toBeCloseTo(simulation.clock.now, -1)
    }
  }
})

it('a run is the same each time, and another with another seed', () => {
  const facts = (seed: number) => {
    const simulation = simulated('W2-128-1-def-fast', seed)
    simulation.run()
    return JSON.stringify([factsOf(simulation), simulation.samples.rows])
  }
  expect(facts(7)).toBe(facts(7))
  expect(facts(7)).not.toBe(facts(8))
})

it.each([
  ['small files', 'proc name=create type=create dirs=4 ring=100 kib=8 pace_us=1000'],
  ['a stream', 'proc name=write type=write file=w.dat mib=200 chunk=64'],
])('what was dirtied is written, dirty, in writing, or went with its file: %s', (what, process) => {
  const plan = parsePlan(`seed=1 dur=4000 fs=ext4\n${process}\n`)
  const simulation = planned(plan, plainMachine(128))
  const { writeback, journal } = simulation
  for (let second = 1; second <= 4; second++) {
    simulation.run(undefined, second * SECOND)
    simulation.vm.memory.validate()
    simulation.vm.slab.validate()
    const { written, dirty, writeback: writing, discarded } = writeback
    expect(written + dirty + writing + discarded).toBe(writeback.dirtied)
    expect(dirty + writing).toBeLessThanOrEqual(writeback.throttle.hardLimit * 1.1)
  }
  expect(journal.counts.handles).toBeGreaterThan(4000)
  if (what === 'a stream') expect(writeback.throttle.pauses.count).toBeGreaterThan(100)
  else expect(writeback.discarded).toBeGreaterThan(4000)
})
