/** Machines with several nodes: any layout loses nothing, and the kernel's rules about nodes hold. */
import { ACTIVE_FILE, INACTIVE_FILE } from '@scopemask/allocator'
import { array, assert, constantFrom, integer, option, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { machineFromObject } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import type { Simulation } from '../../src/simulate/simulation.js'
import { SECOND } from '../../src/simulate/time.js'
import { assertConserved, assertConsistent } from './conserved.js'

function simulated(machine: Readonly<Record<string, unknown>>): Simulation {
  const read = machineFromObject(machine, 'machine')
  const { seed, seconds } = read
  return machineSimulation(read, { seed, seconds, policy: machinePolicy('scope') })
}

/** By node: how many pages a workload has there. */
function pagesOf({ vm, tasks }: Simulation, workload: number): number[] {
  const { zones } = vm.memory
  const pages = new Array<number>(zones.nodes).fill(0)
  for (const page of tasks[workload]?.anon ?? []) {
    if (page < 0) continue
    const { node } = zones.zoneOf(page)
    pages[node] = (pages[node] ?? 0) + 1
  }
  return pages
}

const TWO = [
  { memory: '96 MiB', cpus: [0] },
  { memory: '96 MiB', cpus: [1] },
]
const MEMORY = { type: 'working-set', size: '24 MiB', pace: '100 ms' }

const layouts = record({
  nodes: array(constantFrom(0, 8, 24, 80), { minLength: 1, maxLength: 4 }).filter((sizes) =>
    sizes.some((size) => size > 0),
  ),
  cpus: array(integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
  mode: constantFrom(0, 0, 1, 3),
  swap: constantFrom(false, true),
  workloads: array(
    record({
      type: constantFrom('read', 'write', 'create', 'hog', 'working-set', 'stat'),
      mib: integer({ min: 4, max: 120 }),
      policy: constantFrom(
        null,
        null,
        'bind',
        'preferred',
        'preferred-many',
        'interleave',
        'local',
      ),
      node: integer({ min: 0, max: 3 }),
      cpu: option(integer({ min: 0, max: 3 })),
      nofs: constantFrom(false, true),
    }),
    { minLength: 1, maxLength: 4 },
  ),
})

it('pages of each node, dirty pages and time are conserved on any machine', () => {
  assert(
    property(layouts, ({ nodes, cpus, mode, swap, workloads }) => {
      // The first node with memory has the kernel's own.
      const first = nodes.findIndex((size) => size > 0)
      const sizes = nodes.map((size, node) => (node === first ? 96 : size))
      const cpuNodes = cpus.map((node) => node % sizes.length)
      const withMemory = [...sizes.keys()].filter((node) => (sizes[node] ?? 0) > 0)
      const numa = (policy: string, number: number) => {
        const node = withMemory[number % withMemory.length]
        const several = withMemory.filter((_, index) => index <= number)
        const of = policy === 'local' ? [] : policy === 'preferred' ? [node] : several
        return { policy, nodes: of }
      }
      const simulation = simulated({
        nodes: sizes.map((size, node) => ({
          ...(size === 0 ? {} : { memory: `${size} MiB` }),
          cpus: [...cpuNodes.keys()].filter((cpu) => cpuNodes[cpu] === node),
        })),
        seconds: 0.5,
        disk: { bandwidth: '400 MB/s', latency: '20 us' },
        sysctls: { zone_reclaim_mode: mode },
        ...(swap ? { swap: { size: '16 MiB' } } : {}),
        workloads: Object.fromEntries(
          workloads.map(({ type, mib, policy, node, cpu, nofs }, index) => [
            `w${index}`,
            {
              type,
              ...(['create', 'stat'].includes(type) ? {} : { size: `${mib} MiB` }),
              ...(type === 'hog' ? { pace: '5 ms' } : {}),
              // Files are unlinked while they are dirty.
              ...(type === 'create' ? { keep: 5, pace: '100 us' } : {}),
              ...(policy === null ? {} : { numa: numa(policy, node) }),
              ...(cpu === null ? {} : { cpus: [cpu % cpuNodes.length] }),
              nofs,
            },
          ]),
        ),
      })
      for (const half of [0.25, 0.5, 0.8]) {
        simulation.run(undefined, half * SECOND)
        assertConserved(simulation)
      }
      assertConsistent(simulation)
      const { vm, tasks, cpus: processors } = simulation
      // mm/vmscan.c, kswapd_run, is called for each node with memory, and it runs on the CPUs of its node.
      expect(vm.kswapd.map(({ task }) => task.name)).toEqual(
        withMemory.map((node) => `kswapd${node}`),
      )
      expect(vm.kcompactd.map(({ task }) => task.name)).toEqual(
        withMemory.map((node) => `kcompactd${node}`),
      )
      for (const { node, task } of vm.kswapd) {
        const own = cpuNodes.includes(node) ? node : cpuNodes[task.cpu]
        expect([task.name, cpuNodes[task.cpu]]).toEqual([task.name, own])
      }
      for (const [index, { cpu }] of workloads.entries()) {
        if (cpu !== null) expect(tasks[index]?.cpu).toBe(cpu % cpuNodes.length)
      }
      expect(processors.count).toBe(cpuNodes.length)
      // Whoever is bound has no page elsewhere.
      for (const [index, { policy, node }] of workloads.entries()) {
        if (policy !== 'bind') continue
        const { nodes: allowed } = numa(policy, node)
        for (const page of tasks[index]?.anon ?? []) {
          if (page >= 0) expect(allowed).toContain(vm.memory.zones.zoneOf(page).node)
        }
      }
    }),
    {
      numRuns: Number(globalThis.process.env.RANDOM_LAYOUTS ?? 3),
      seed: Number(globalThis.process.env.RANDOM_SEED ?? 3),
    },
  )
})

describe('memory comes from', () => {
  const at = (seconds: number, machine: Readonly<Record<string, unknown>>): Simulation => {
    const simulation = simulated({ seconds: 10, ...machine })
    simulation.run(undefined, seconds * SECOND)
    assertConsistent(simulation)
    return simulation
  }

  it('the node where a task runs, which is the nearest with memory for one without', () => {
    const simulation = at(0.5, {
      nodes: [
        { memory: '96 MiB', cpus: [0], distances: [10, 20, 40] },
        { memory: '96 MiB', cpus: [1], distances: [20, 10, 15] },
        { cpus: [2], distances: [40, 15, 10] },
      ],
      workloads: Object.fromEntries(
        [0, 1, 2].map((cpu) => [`on${cpu}`, { ...MEMORY, cpus: [cpu] }]),
      ),
    })
    expect([0, 1, 2].map((workload) => pagesOf(simulation, workload))).toEqual([
      [6144, 0, 0],
      [0, 6144, 0],
      [0, 6144, 0],
    ])
    expect(simulation.vm.kswapd.map(({ node }) => node)).toEqual([0, 1])
    // A hit on node 1, and not local (zone_statistics).
    const { numa_other = 0, numa_miss } = factsOf(simulation)
    expect(numa_other).toBeGreaterThanOrEqual(6144)
    expect(numa_miss).toBe(0)
  })

  it('node after node, by the places of pages, where it is interleaved (mm/mempolicy.c, interleave_nid)', () => {
    const simulation = at(0.5, {
      nodes: [...TWO, { memory: '16 MiB' }],
      workloads: { spread: { ...MEMORY, numa: { policy: 'interleave', nodes: [0, 1] } } },
    })
    expect(pagesOf(simulation, 0)).toEqual([3072, 3072, 0])
    const { zones } = simulation.vm.memory
    const anon = simulation.tasks[0]?.anon ?? []
    expect([...anon].every((page, place) => zones.zoneOf(page).node === place % 2)).toBe(true)
    expect(factsOf(simulation).numa_interleave).toBeGreaterThanOrEqual(6144)
  })

  it.each([
    ['preferred', 'goes on to the other'],
    ['bind', 'has somebody killed, though the other node has plenty'],
  ])('node 1 under the policy %s, and when that has none left a task %s', (policy) => {
    const simulation = at(1, {
      nodes: [
        { memory: '128 MiB', cpus: [0] },
        { memory: '24 MiB', cpus: [1] },
      ],
      workloads: {
        much: {
          type: 'working-set',
          size: '32 MiB',
          start: '100 ms',
          numa: { policy, nodes: [1] },
        },
        larger: { type: 'working-set', size: '40 MiB', numa: { policy: 'bind', nodes: [0] } },
      },
    })
    const { kills } = simulation.vm.oom
    if (policy === 'preferred') {
      expect(pagesOf(simulation, 0)[0]).toBeGreaterThan(2000)
      expect(kills).toEqual([])
    } else {
      // Those that are bound elsewhere are no help (mm/mempolicy.c, mempolicy_in_oom_domain).
      expect(kills.map(({ victim }) => victim)).toEqual(['much'])
      expect(simulation.vm.memory.zones.freePages(0)).toBeGreaterThan(2000)
    }
  })

  it('the nearest other node when the own one has none left', () => {
    const far = (from: number) =>
      [0, 1, 2].map((to) => (from === to ? 10 : from + to === 2 ? 30 : 20))
    const simulation = at(2, {
      nodes: [
        { memory: '96 MiB', cpus: [0], distances: far(0) },
        { memory: '32 MiB', distances: far(1) },
        { memory: '96 MiB', distances: far(2) },
      ],
      workloads: { much: { type: 'working-set', size: '88 MiB' } },
    })
    const [own = 0, near = 0, beyond = 0] = pagesOf(simulation, 0)
    expect(own).toBeGreaterThan(near)
    expect(near).toBeGreaterThan(6000)
    expect(beyond).toBe(88 * 256 - own - near)
    expect(factsOf(simulation).numa_miss).toBeGreaterThanOrEqual(near + beyond)
  })
})

it('pages to be dirtied pass over a node that has its share of them (mm/page-writeback.c, node_dirty_ok)', () => {
  const simulation = simulated({
    nodes: TWO,
    seconds: 2,
    disk: { bandwidth: '1 MB/s' },
    workloads: { writer: { type: 'write', size: '60 MiB', cpus: [0] } },
  })
  const { writeback, vm } = simulation
  const { zones, lru } = vm.memory
  const dirty = (node: number): number =>
    writeback.dirtyPages.of(node) + writeback.writebackPages.of(node)
  const file = (node: number): number =>
    lru.pages(node, ACTIVE_FILE) + lru.pages(node, INACTIVE_FILE)
  let passed = 0
  for (let at = 1; at <= 100; at++) {
    simulation.run(undefined, (at * SECOND) / 50)
    // As long as the other node takes them, no more than a fifth of what could be dirty here is, while plenty is free.
    if (!vm.nodeDirtyOk(1)) continue
    expect(dirty(0)).toBeLessThanOrEqual(
      0.2 * (zones.freePages(0) - zones.reserveOf(0) + file(0)) + 8,
    )
    if (!vm.nodeDirtyOk(0)) passed++
  }
  assertConsistent(simulation)
  expect(passed).toBeGreaterThan(3)
  expect(dirty(1)).toBeGreaterThan(500)
  expect(zones.freePages(0)).toBeGreaterThan(5000)
})

it('a node that is short is reclaimed, and nothing of the other: page cache for whoever is bound, dentries and inodes by their nodes (list_lru)', () => {
  const stat = { type: 'stat', directories: 40, pace: '20 us' }
  const simulation = simulated({
    nodes: [
      { memory: '112 MiB', cpus: [0] },
      { memory: '96 MiB', cpus: [1] },
    ],
    seconds: 2,
    disk: { bandwidth: '1 GB/s', latency: '10 us' },
    workloads: {
      near: { ...stat, cpus: [0], numa: { policy: 'bind', nodes: [0] } },
      far: { ...stat, directories: 30, cpus: [1], stop: '900 ms' },
      cache: { type: 'read', size: '20 MiB', passes: 1, cpus: [1], stop: '900 ms' },
      hog: {
        type: 'hog',
        size: '96 MiB',
        pace: '10 ms',
        start: '1 s',
        numa: { policy: 'bind', nodes: [0] },
      },
    },
  })
  const { vm } = simulation
  const far = (): [number, number] => [
    vm.slabPages(1, true),
    vm.memory.lru.pages(1, ACTIVE_FILE) + vm.memory.lru.pages(1, INACTIVE_FILE),
  ]
  simulation.run(undefined, SECOND)
  const [slab, file] = far()
  expect(slab).toBeGreaterThan(1000)
  expect(file).toBeGreaterThan(20 * 256)
  simulation.run(undefined, 2 * SECOND)
  assertConsistent(simulation)
  // It was short: slabs of node 0 were reclaimed, by the one who is bound too.
  expect(vm.reclaim.stalls.byTask.get('near')).toBeGreaterThan(0)
  expect(simulation.files.objects.freed).toBeGreaterThan(1000)
  expect(far()).toEqual([slab, file])
})
