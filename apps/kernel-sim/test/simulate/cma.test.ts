/** CMA areas of a machine: who gets buffers, what a scope changes, and that nobody's page stays in the way or is lost. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { machineFromYaml } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { placedCmaAreas } from '../../src/simulate/machines/cma-areas.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import { procFiles } from '../../src/simulate/proc/proc-files.js'
import type { Simulation } from '../../src/simulate/simulation.js'
import { SECOND } from '../../src/simulate/time.js'
import { assertConserved, assertConsistent } from './conserved.js'

const camera = readFileSync(new URL('../../examples/machines/camera.yaml', import.meta.url), 'utf8')

/** Kinds of pages, as the allocator has them, and migratetypes. */
const [USED, SLAB] = [0x20, 0x50]
const [MIGRATE_CMA, MIGRATE_ISOLATE] = [4, 5]

function machine(text: string, policy = 'scope', seed = 1): Simulation {
  const file = machineFromYaml(text, 'm.yaml')
  return machineSimulation(file, { seed, seconds: file.seconds, policy: machinePolicy(policy) })
}

function run(text: string, policy?: string) {
  const simulation = machine(text, policy)
  simulation.run()
  assertConsistent(simulation)
  assertAreas(simulation, 0)
  return { simulation, facts: factsOf(simulation) }
}

/**
 * Nothing in an area is there for good, and all of its blocks are the area's.
 * @param underWay pages at most that their tasks have got and have not put on a list yet
 */
function assertAreas({ vm }: Simulation, underWay: number): void {
  const { frames, zones } = vm.memory
  const wrong: string[] = []
  let strangers = 0
  for (const area of zones.cmaAreas) {
    const { used } = area.save()
    const { buddy } = zones.zoneOf(area.start)
    for (let page = area.start; page < area.start + area.pages; page++) {
      const kind = frames.kind(page)
      const handedOut = used[page - area.start] === 1
      const type = buddy.pageblockMigratetype(page)
      const isOwn = type === MIGRATE_CMA || (underWay > 0 && type === MIGRATE_ISOLATE)
      if (kind === SLAB || !isOwn) wrong.push(`page ${page} is ${kind} in a block of ${type}`)
      // While a range is being allocated, not all that is marked has been taken yet.
      if (kind === USED ? !handedOut : handedOut && underWay === 0) strangers++
    }
  }
  expect(wrong).toEqual([])
  expect(strangers).toBeLessThanOrEqual(underWay)
}

describe('the machine that comes along', () => {
  const { simulation, facts } = run(camera)

  it('gives the camera all buffers: pages go, and those that are written are waited for', () => {
    expect([facts.cma_alloc_success, facts.cma_alloc_fail]).toEqual([12, 0])
    expect(facts.cma_pages_moved).toBeGreaterThan(100)
    expect(facts.cma_pages_given_up).toBeGreaterThan(5000)
    // Most buffers take as long as it takes to move what is there; one has to wait for the disk.
    expect(facts.cma_alloc_us_p50).toBeLessThan(3000)
    expect(facts.cma_alloc_us_max).toBeGreaterThan(100_000)
    expect(facts.cma_wait_ms).toBeGreaterThan(100)
    const { delays } = simulation.tasks[0] ?? expect.fail()
    const waited = delays.of('write').total + delays.of('read').total
    expect(waited / 1e6).toBeCloseTo(facts.cma_wait_ms ?? 0, 1)
  })

  it('shows the area in the files of the kernel', () => {
    const { meminfo, vmstat, pagetypeinfo, zoneinfo } = procFiles(simulation)
    const [zone] = simulation.vm.memory.zones.all
    const free = 4 * (zone?.freeCma ?? -1)
    expect(meminfo).toMatch(new RegExp(`CmaTotal: +24576 kB\\nCmaFree: +${free} kB\\n`))
    expect(vmstat).toContain(`nr_free_cma ${free / 4}\n`)
    expect(vmstat).toContain('\ncma_alloc_success 12\ncma_alloc_fail 0\n')
    expect(pagetypeinfo).toMatch(/type +CMA /)
    expect(zoneinfo).toContain('        cma      6144\n')
  })

  it('gives it none in a NOFS scope: there is a page of a file in each range', () => {
    const nofs = run(camera.replace('seconds: 6', 'seconds: 4.1'), 'nofs').facts
    expect([nofs.cma_alloc_success, nofs.cma_alloc_fail]).toEqual([0, 3])
    // 24 MiB less a buffer have 21 beginnings of 1 MiB.
    expect(nofs.cma_busy_ranges).toBe(3 * 21)
    expect(nofs.cma_pages_given_up).toBe(0)
  })
})

const DRIVERS = `memory: 96 MiB
cpus: 2
seconds: 1.2
cma: [{ size: 3 MiB }, { name: video, size: 8 MiB }]
workloads:
`

it('a NOIO scope is one too, and memory of programs moves in it', () => {
  const noio =
    '  video: { type: device, area: video, size: 8 MiB, scope: noio, start: 900 ms, period: 5 s }\n'
  const programs = `${DRIVERS}${noio}  server: { type: working-set, size: 20 MiB }\n`
  const { facts } = run(programs)
  expect([facts.cma_alloc_success, facts.cma_alloc_fail]).toEqual([1, 0])
  expect(facts.cma_pages_moved).toBeGreaterThan(300)
  const files = run(`${programs}  cache: { type: read, size: 90 MiB }\n`).facts
  expect([files.cma_alloc_success, files.cma_alloc_fail]).toEqual([0, 1])
})

it('drivers take turns, and each has its area', () => {
  const device = '{ type: device, size: 2 MiB, buffers: 2, hold: 1 ms, period: 20 ms }'
  const other = device.replace('device', 'device, area: video')
  const { simulation, facts } = run(
    `${DRIVERS}  one: ${device.replace('buffers: 2, ', '')}\n  two: ${other}\n  cache: { type: read, size: 90 MiB }\n`,
  )
  const [first, second] = simulation.vm.memory.zones.cmaAreas
  expect([first?.name, first?.pages, second?.name, second?.pages]).toEqual([
    'cma0',
    1024,
    'video',
    2048,
  ])
  expect(facts.cma_alloc_fail).toBe(0)
  expect(facts['one.0.ops_s']).toBeCloseTo(50, 0)
  expect(facts['two.0.ops_s']).toBeCloseTo(100, 0)
  expect((first?.succeeded ?? 0) + (second?.succeeded ?? 0)).toBe(
    512 * (facts.cma_alloc_success ?? 0),
  )
  const turns = simulation.tasks.map(({ delays }) => delays.of('lock').times)
  expect(turns.reduce((sum, times) => sum + times)).toBeGreaterThan(10)
})

it('areas are at the end of memory, each in one zone', () => {
  expect(
    placedCmaAreas([{ DMA32: 5000, Normal: 1500 }], [{ pages: 1000 }, { name: 'b', pages: 600 }]),
  ).toEqual([
    // Normal begins at 5120, and has two whole pageblocks.
    { start: 5120, pages: 1024 },
    { name: 'b', start: 3584, pages: 1024 },
  ])
  expect(() => placedCmaAreas([{ DMA32: 700 }], [{ pages: 1000 }])).toThrow(
    'no zone has room for a CMA area of 1024 pages',
  )
})

const workload = fc.constantFrom(
  '{ type: read, size: 90 MiB }',
  '{ type: write, size: 60 MiB, fsync_every: 20 }',
  '{ type: working-set, size: 30 MiB, pace: 1 ms }',
  '{ type: burst, size: 40 MiB, period: 300 ms }',
  '{ type: create, pace: 1 ms, keep: 50, size: 64 KiB }',
  '{ type: hog, size: 70 MiB, pace: 5 ms }',
  '{ type: database, size: 20 MiB, pace: 1 ms }',
)
const driver = fc.record({
  size: fc.constantFrom('8 KiB', '700 KiB', '2 MiB', '5 MiB'),
  hold: fc.integer({ min: 1, max: 200 }),
  period: fc.integer({ min: 20, max: 300 }),
  scope: fc.constantFrom('none', 'nofs', 'noio'),
})

it('whatever runs, no page is lost, none stays in an area, and its blocks come back', () => {
  fc.assert(
    fc.property(
      fc.array(workload, { minLength: 1, maxLength: 3 }),
      fc.array(driver, { minLength: 1, maxLength: 2 }),
      fc.record({ swap: fc.boolean(), lruGen: fc.boolean(), taken: fc.boolean() }),
      fc.integer({ min: 1, max: 1000 }),
      (workloads, drivers, { swap, lruGen, taken }, seed) => {
        const lines = [
          ...workloads.map((each, index) => `  w${index}: ${each}`),
          ...drivers.map(
            ({ size, hold, period, scope }, index) =>
              `  d${index}: { type: device, size: ${size}, hold: ${hold} ms, period: ${period} ms, scope: ${scope} }`,
          ),
        ]
        const simulation = machine(
          `memory: 96 MiB
cpus: 2
seconds: 0.7
lru_gen: ${lruGen}
${swap ? 'swap: { size: 32 MiB }' : ''}
cma: [{ size: 12 MiB }]
workloads:
${lines.join('\n')}
${taken ? 'faults:\n  - { type: memory-taken, at: 200 ms, for: 300 ms, size: 20 MiB }' : ''}
`,
          'scope',
          seed,
        )
        for (const at of [0.31, 0.52]) {
          simulation.run(undefined, at * SECOND)
          assertConserved(simulation)
          simulation.vm.memory.validate()
          assertAreas(simulation, simulation.measuredTasks.length)
        }
        simulation.run()
        assertConsistent(simulation)
        assertAreas(simulation, 0)
        const cma = simulation.cma ?? expect.fail()
        expect(cma.successes.count + cma.failures.count).toBeGreaterThan(0)
      },
    ),
    { numRuns: Number(globalThis.process.env.RANDOM_MACHINES ?? 6), seed: 7 },
  )
})
