/** Machines that have several things at once: nodes, CMA areas, memory cgroups, swap, generations, disks in files, caches that are destroyed. */
import { assert, constantFrom, option, property, record } from 'fast-check'
import { expect, it } from 'vitest'
import { machineFromObject } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import type { Simulation } from '../../src/simulate/simulation.js'
import { SECOND } from '../../src/simulate/time.js'
import { assertConserved, assertConsistent } from './conserved.js'

const MACHINES = Number(process.env.RANDOM_MACHINES ?? 4)
const SECONDS = 1

/** By what it adds to a machine: fields of the file. */
const parts = record({
  memory: constantFrom(
    { memory: '112 MiB', cpus: 2 },
    {
      nodes: [
        { memory: '96 MiB', cpus: [0] },
        { memory: '64 MiB', cpus: [1] },
      ],
    },
  ),
  areas: option(constantFrom({ cma: [{ name: 'camera', size: '16 MiB' }] })),
  groups: option(constantFrom({ cgroups: { web: { 'memory.max': '12 MiB' } } })),
  swap: option(constantFrom({ swap: { size: '32 MiB' } })),
  rules: constantFrom(
    {},
    { kernel: 6.18 },
    { kernel: 6.18, sysctls: { defrag_mode: 1, watermark_boost_factor: 15000 } },
  ),
  lists: constantFrom({}, { lru_gen: true }),
  disk: constantFrom({}, { disk: { crypt: true } }, { disk: { loop: true } }),
  policy: constantFrom('scope', 'nofs', 'unrestricted'),
})

type Parts = typeof parts extends { generate(...args: never): { value: infer T } } ? T : never

function machineOf({ policy, areas, groups, ...others }: Parts): Simulation {
  const cgroup = groups === null ? {} : { cgroup: 'web' }
  const workloads = {
    stat: { type: 'stat', directories: 10, files_each: 200, ...cgroup },
    program: { type: 'working-set', size: '20 MiB', touches: 64, pace: '2 ms', ...cgroup },
    backup: { type: 'write', size: '40 MiB' },
    reader: { type: 'read', size: '60 MiB', ...cgroup },
    unmounted: { type: 'mount', files: 2000 },
    ...(areas === null
      ? {}
      : {
          camera: { type: 'device', size: '2 MiB', buffers: 2, hold: '100 ms', period: '200 ms' },
        }),
  }
  const file = machineFromObject(
    Object.assign({ seconds: SECONDS, workloads }, areas, groups, ...Object.values(others)),
    'combined',
  )
  return machineSimulation(file, { seed: 1, seconds: SECONDS, policy: machinePolicy(policy) })
}

it('nothing is lost whatever a machine has, and each run is the same', () => {
  assert(
    property(parts, (drawn) => {
      const simulation = machineOf(drawn)
      simulation.run(undefined, SECOND / 2)
      assertConserved(simulation)
      simulation.run()
      assertConsistent(simulation)
      const again = machineOf(drawn)
      again.run()
      expect(again.vm.memory.counters()).toEqual(simulation.vm.memory.counters())
    }),
    { numRuns: MACHINES, seed: 5 },
  )
})
