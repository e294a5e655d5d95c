/** Filesystems that come and go: what they take, what shrinkers free of it, and that slabs give all of it back in the end. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { machineFromYaml } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import { procFiles } from '../../src/simulate/proc/proc-files.js'
import type { Simulation } from '../../src/simulate/simulation.js'
import { SECOND } from '../../src/simulate/time.js'
import { assertConsistent } from './conserved.js'

function machine(text: string, policy = 'scope'): Simulation {
  const file = machineFromYaml(text, 'm.yaml')
  return machineSimulation(file, { seed: 1, seconds: file.seconds, policy: machinePolicy(policy) })
}

const STICK = `memory: 128 MiB
cpus: 2
seconds: 3
disk: { bandwidth: 200 MB/s, latency: 20 us }
workloads:
  stick: { type: mount, files: 20000, hold: 1 s, period: 10 s }
`

const slabPages = ({ vm }: Simulation) => vm.slab.slabPages(true)
const cacheLine = (simulation: Simulation, name: string) =>
  procFiles(simulation)
    .slabinfo.match(new RegExp(`^${name} .*$`, 'm'))?.[0]
    .split(/ +/) ?? null

it('what was mounted is in slabs, and is gone with its cache once it has been unmounted', () => {
  const simulation = machine(STICK)
  const before = { pages: slabPages(simulation), free: simulation.vm.free }
  expect(cacheLine(simulation, 'stick_inode')).toBeNull()
  simulation.run(undefined, 0.9 * SECOND)
  // 20,000 inodes of 1,200 bytes, 13 in a slab of 4 pages: with 2 CPUs SLUB wants 12 at least (calculate_order).
  const [, active, , size, perSlab, pagesPerSlab] = cacheLine(simulation, 'stick_inode') ?? []
  expect([active, size, perSlab, pagesPerSlab]).toEqual(['20007', '1200', '13', '4'])
  const inodes = 4 * Math.ceil(20_000 / 13)
  const dentries = Math.ceil(20_000 / 21)
  expect(slabPages(simulation) - before.pages).toBeGreaterThanOrEqual(inodes + dentries)
  expect(cacheLine(simulation, 'dentry')?.[1]).toBe(String(21 * dentries))
  simulation.run()
  assertConsistent(simulation)
  expect(cacheLine(simulation, 'stick_inode')).toBeNull()
  // SLUB keeps some empty slabs of dentries; those of inodes are all gone.
  const kept = slabPages(simulation) - before.pages
  expect(kept).toBeLessThan(20)
  const facts = factsOf(simulation)
  expect(facts.unmounts).toBe(1)
  expect(facts.unmount_slab_pages_before).toBeGreaterThanOrEqual(inodes + dentries)
  expect(facts.unmount_slab_pages_after).toBe(kept)
})

it('what others want meanwhile shrinkers free, unless they must keep out of the filesystem', () => {
  const text = `${STICK.replace('hold: 1 s', 'hold: 2 s')}  hog: { type: hog, size: 48 MiB, pace: 5 ms, start: 800 ms }\n`
  const [scope, nofs] = ['scope', 'nofs'].map((policy) => {
    const simulation = machine(text, policy)
    simulation.run()
    assertConsistent(simulation)
    expect(cacheLine(simulation, 'stick_inode')).toBeNull()
    return factsOf(simulation)
  })
  expect(scope?.unmount_objects_shrunk_before).toBeGreaterThan(5000)
  expect(scope?.oom_kill).toBe(0)
  expect(scope?.stall_count).toBeGreaterThan(0)
  expect(nofs?.unmount_objects_shrunk_before).toBeLessThan(
    scope?.unmount_objects_shrunk_before ?? 0,
  )
})

it('whatever else runs, all is given back, and a module can be loaded again', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 0, max: 150 }),
      fc.constantFrom(
        'stat, pace: 100 us',
        'create, keep: 100, pace: 500 us',
        'burst, size: 50 MiB, period: 200 ms',
        'hog, size: 70 MiB, pace: 3 ms',
      ),
      (sizes, hold, other) => {
        const mounts = sizes.map(
          (files, index) =>
            `  m${index}: { type: mount, files: ${files}, hold: ${1 + hold} ms, period: 100 ms, image: shared.img }\n`,
        )
        const simulation = machine(
          `memory: 96 MiB\ncpus: 2\nseconds: 0.6\ndisk: { bandwidth: 200 MB/s, latency: 20 us }\nworkloads:\n  other: { type: ${other} }\n${mounts.join('')}`,
        )
        simulation.run()
        assertConsistent(simulation)
        const names = simulation.vm.slab.info().map(({ name }) => name)
        expect(names.filter((name) => name.startsWith('m') && name.endsWith('_inode'))).toEqual([])
        expect(factsOf(simulation).unmounts).toBeGreaterThanOrEqual(sizes.length)
      },
    ),
    { numRuns: 6, seed: 3 },
  )
})
