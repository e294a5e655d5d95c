/** What must hold whatever happens: no page is lost, all time is somebody's, and a run is the same each time. */
import { expect, it } from 'vitest'
import { factsOf } from '../../src/simulate/measure/facts.js'
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
