/** What must hold whatever happens: no page is lost, all time is somebody's, and a run is the same each time. */
import { expect, it } from 'vitest'
import { plainMachine } from '../../src/simulate/machines/plain.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { parsePlan } from '../../src/simulate/plan/plan.js'
import { planned } from '../../src/simulate/plan/run-plan.js'
import { SECOND } from '../../src/simulate/time.js'
import { assertConserved, assertConsistent } from './conserved.js'
import { simulated } from './recorded.js'

it('pages, their lists, files and all time agree each virtual second', () => {
  const simulation = simulated('W3-128-1-def')
  for (let second = 1; second <= 12; second++) {
    simulation.run(undefined, second * SECOND)
    assertConserved(simulation)
  }
  assertConsistent(simulation)
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
    assertConsistent(simulation)
    const { dirty, writeback: writing } = writeback
    expect(dirty + writing).toBeLessThanOrEqual(writeback.throttle.hardLimit * 1.1)
  }
  expect(journal.counts.handles).toBeGreaterThan(4000)
  if (what === 'a stream') expect(writeback.throttle.pauses.count).toBeGreaterThan(100)
  else expect(writeback.discarded).toBeGreaterThan(4000)
})
