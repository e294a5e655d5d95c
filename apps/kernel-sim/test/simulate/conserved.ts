/** Conserved: what must hold at any time of any run: no page is lost, what was dirtied is somewhere, all time is somebody's. */
import { expect } from 'vitest'
import { DELAY_CAUSES } from '../../src/simulate/measure/delays.js'
import type { Simulation } from '../../src/simulate/simulation.js'

export function expectConserved(simulation: Simulation): void {
  const { vm, writeback, cache, clock, cpus } = simulation
  const { memory } = vm
  memory.validate()
  vm.slab.validate()
  const counts = memory.counters()
  const managed = memory.zones.all.reduce((sum, zone) => sum + zone.managed, 0)
  const perCpu = memory.zones.all.reduce(
    (sum, zone) => sum + zone.perCpu.reduce((some, { count }) => some + count, 0),
    0,
  )
  const used = managed - memory.zones.freePages() - perCpu
  const events = counts.events ?? {}
  expect((events.pgalloc_dma32 ?? 0) - (events.pgfree ?? 0)).toBe(used)
  const rss = simulation.tasks.reduce((sum, task) => sum + task.rss, 0)
  expect(counts.nodes?.[0]?.nr_anon_pages).toBe(rss)
  expect(counts.nodes?.[0]?.nr_file_pages).toBe(cache.total)
  const { dirtied, written, dirty, writeback: writing, discarded } = writeback
  expect(written + dirty + writing + discarded).toBe(dirtied)
  let all = 0
  for (const task of simulation.measuredTasks) {
    const { delays } = task
    const waited = DELAY_CAUSES.reduce(
      // It reclaims on a CPU, or while it waits for one: that is counted already.
      (sum, cause) => (cause === 'reclaim' ? sum : sum + delays.of(cause).total),
      delays.slept,
    )
    // Up to when it became what it is now: a running task is so since it was given its CPU.
    const ran =
      cpus.timeOf(task) - (cpus.running(task.cpu) === task ? clock.now - task.stateSince : 0)
    expect(waited + ran, task.name).toBeCloseTo(task.stateSince, 0)
  }
  for (const task of cpus.tasks) all += cpus.timeOf(task)
  const idle = cpus.idleTime(0)
  expect(all + idle).toBeCloseTo(clock.now, 0)
}
