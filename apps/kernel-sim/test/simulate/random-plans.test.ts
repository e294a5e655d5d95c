/** Every plan that can be written runs to its end, and loses nothing. */
import { array, assert, constantFrom, integer, property, record } from 'fast-check'
import { it } from 'vitest'
import { plainMachine } from '../../src/simulate/machines/plain.js'
import { parsePlan } from '../../src/simulate/plan/plan.js'
import { planned } from '../../src/simulate/plan/run-plan.js'
import { SECOND } from '../../src/simulate/time.js'
import { assertConserved, assertConsistent } from './conserved.js'

const process = record({
  type: constantFrom('read', 'write', 'create', 'stat', 'rnd', 'ws', 'hog', 'burst', 'fsync'),
  mib: integer({ min: 1, max: 160 }),
  chunk: constantFrom(4, 64, 256),
  pace: constantFrom(0, 100, 2000),
  start: integer({ min: 0, max: 700 }),
  stop: integer({ min: 500, max: 1600 }),
  few: integer({ min: 1, max: 60 }),
  nofs: constantFrom(0, 1),
})

const plans = record({
  ram: integer({ min: 128, max: 256 }),
  slow: constantFrom('', ' bw=400000000 lat_us=20', ' bw=3000000 lat_us=5000'),
  processes: array(process, { minLength: 1, maxLength: 5 }),
})

it('pages, dirty pages and time are conserved under any plan', () => {
  assert(
    property(plans, ({ ram, slow, processes }) => {
      const lines = processes.map(
        ({ type, mib, chunk, pace, start, stop, few, nofs }, index) =>
          `proc name=p${index} type=${type} mib=${mib} chunk=${chunk} pace_us=${pace} passes=0 fsync=${few} ` +
          `dirs=${few} per=${10 * few} ring=${few} kib=${chunk} n=${few} step=${4 * few} step_us=20000 ` +
          `period_us=400000 warm=1 cut1=700 cut2=900 start=${start} stop=${stop} nofs=${nofs}`,
      )
      const plan = parsePlan(`seed=3 dur=1600 fs=ext4${slow}\n${lines.join('\n')}\n`)
      const simulation = planned(plan, plainMachine(ram))
      for (let second = 1; second <= 2; second++) {
        simulation.run(undefined, second * SECOND)
        assertConserved(simulation)
      }
      assertConsistent(simulation)
    }),
    {
      numRuns: Number(globalThis.process.env.RANDOM_PLANS ?? 8),
      seed: Number(globalThis.process.env.RANDOM_SEED ?? 5),
    },
  )
})
