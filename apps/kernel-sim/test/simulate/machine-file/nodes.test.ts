/** Nodes of a machine file: what they become, and what is said of mistakes. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { placed } from '../../../src/simulate/machine-file/nodes.js'
import { machineFromYaml } from '../../../src/simulate/machine-file/read-machine.js'
import { said } from './said.js'

const WORKLOADS = 'workloads: { a: { type: stat } }\n'

it('become memory by node, on which the kernel itself has the first', () => {
  const { spec, workloads } = machineFromYaml(
    `nodes:
  - { cpus: [3], distances: [10, 16, 32] }
  - { memory: 128 MiB, cpus: [0, 2], distances: [16, 10, 20] }
  - { memory: 4 GiB, cpus: [1], distances: [32, 20, 10] }
sysctls: { zone_reclaim_mode: 1 }
workloads:
  a: { type: stat, processes: 2, cpus: [0, 3], numa: { policy: preferred-many, nodes: [1, 2] } }
  b: { type: stat, numa: { policy: local } }
`,
    'm.yaml',
  )
  const { memory, freeAtStart } = spec
  const one = machineFromYaml(`memory: 4224 MiB\n${WORKLOADS}`, 'm.yaml').spec
  const sum = (zones: Readonly<Record<string, number>> | undefined): number =>
    Object.values(zones ?? {}).reduce((all, pages) => all + pages, 0)
  // As much as on one node, in all.
  const nodes = memory.nodes as readonly Readonly<Record<string, number>>[]
  expect(nodes.reduce((all, zones) => all + sum(zones), 0)).toBe(sum(one.memory.nodes[0]))
  expect(freeAtStart.reduce((all, zones) => all + sum(zones), 0)).toBe(sum(one.freeAtStart[0]))
  expect(nodes.map((zones) => Object.keys(zones))).toEqual([[], ['DMA32'], ['DMA32', 'Normal']])
  // 3 GiB are below 4 GiB: 128 MiB of them on node 1.
  expect((nodes[2]?.DMA32 ?? 0) / sum(nodes[2])).toBeCloseTo((3072 - 128) / 4096, 4)
  // Each page of node 2 is one of memory, but for its struct page and what tables grow by.
  expect(sum(nodes[2]) / (4096 * 256)).toBeCloseTo(0.983, 3)
  expect(128 * 256 - sum(nodes[1])).toBeGreaterThan(9000)
  expect(memory).toMatchObject({
    cpuNodes: [1, 2, 1, 0],
    distances: [
      [10, 16, 32],
      [16, 10, 20],
      [32, 20, 10],
    ],
    zoneReclaimMode: 1,
  })
  expect(spec.cpus).toBe(4)
  expect(workloads.map(({ placement }) => placed(placement))).toEqual([
    { mempolicy: { mode: 'preferred-many', nodes: 0b110 }, cpus: [0, 3] },
    { mempolicy: { mode: 'preferred-many', nodes: 0b110 }, cpus: [0, 3] },
    { mempolicy: { mode: 'local', nodes: 0 } },
  ])
})

it.each([
  ['nodes: []', ['line 1: nodes takes a list of nodes, not an empty one']],
  ['seconds: 1', ['line 1: a machine needs memory: a size such as 128 MiB, from 80 MiB to 16 GiB']],
  [
    'memory: 1 GiB\nnodes: [{ memory: 1 GiB, cpus: [0] }]',
    ['line 1: memory and nodes both say how much memory there is: leave memory out'],
  ],
  [
    'nodes: [{ memory: 64 MiB, cpus: [0] }, { memory: 1 GiB }]',
    ["line 1: nodes: the first with memory has the kernel's own too, and needs 80 MiB at least"],
  ],
  [
    'nodes: [{ memory: 16 GiB, cpus: [0] }, { memory: 4 MiB }]',
    ['line 1: nodes: all of them have 16 GiB at most'],
  ],
  ['nodes: [{ memory: 1 GiB }]', ['line 1: nodes: none has CPUs; cpus: [0] gives one to a node']],
  [
    'nodes: [{ memory: 1 GiB, cpus: [0, 1] }, { cpus: [1] }]',
    ['line 1: nodes: CPU 1 is on two of them'],
  ],
  [
    'nodes: [{ memory: 1 GiB, cpus: [0, 2] }]',
    ['line 1: nodes: CPU 1 is on none; CPUs are numbered from 0'],
  ],
  [
    'cpus: 1\nnodes: [{ memory: 1 GiB, cpus: [0, 1] }]',
    ['line 2: nodes: CPU 1 is on one, and the machine has CPU 0'],
  ],
  [
    'nodes: [{ memory: 1 GiB, cpus: [0], distances: [10, 20] }, { cpus: [1] }]',
    ['line 1: nodes: some have distances and others have none: all have, or none has'],
  ],
  [
    'nodes: [{ memory: 1 GiB, cpus: [0], distances: [11, 10] }, { cpus: [1], distances: [10] }]',
    [
      'line 1: nodes: node 0 is 10 away from itself, not 11',
      'line 1: nodes: node 1 is more than 10 away from node 0',
      'line 1: nodes: node 1 has 1 distances, and there are 2 nodes',
    ],
  ],
  ['nodes: [{ memory: 1 GiB, cpu: [0] }]', ['line 1: a node has no cpu; is cpus meant?']],
  [
    'nodes: [{ memory: 1 MiB, cpus: [64], distances: [9] }]',
    [
      'line 1: nodes[0].memory takes a size such as 128 MiB, from 4 MiB to 16 GiB, not "1 MiB"',
      'line 1: nodes[0].cpus[0] takes a whole number from 0 to 63, not 64',
      'line 1: nodes[0].distances[0] takes a whole number from 10 to 254, not 9',
    ],
  ],
])('have a sentence for each mistake: %s', (nodes, sentences) => {
  const all = said(`${nodes}\n${WORKLOADS}`)
  const [first] = sentences
  expect(all).toEqual(
    sentences.length === 1
      ? [`m.yaml, ${first}`]
      : [`m.yaml has ${sentences.length} mistakes:`, ...sentences.map((each) => `  ${each}`)],
  )
})

it.each([
  ['cpus: [1, 4]', 'cpus: there is no CPU 4; the machine has CPUs 0 to 1'],
  ['numa: { policy: bind, nodes: [3] }', 'numa: there is no node 3; the machine has nodes 0 to 2'],
  ['numa: { policy: bind, nodes: [0, 2] }', 'numa: node 2 has no memory'],
  ['numa: { policy: local, nodes: [0] }', 'numa: the policy local has no nodes'],
  [
    'numa: { policy: preferred, nodes: [0, 1] }',
    'numa: the policy preferred has one node, not 2; preferred-many has several',
  ],
  ['numa: { policy: interleave }', 'numa: the policy interleave needs nodes: [0], for example'],
])('workloads have a sentence for each mistake: %s', (field, sentence) => {
  expect(
    said(`nodes: [{ memory: 1 GiB, cpus: [0] }, { memory: 8 MiB, cpus: [1] }, {}]
workloads:
  cache: { type: read, size: 1 MiB, processes: 3, ${field} }
`),
  ).toEqual([`m.yaml, line 3: workloads.cache.${sentence}`])
})

it('what has no effect is said, and the machine that comes along is one', () => {
  const { notes } = machineFromYaml(
    `memory: 128 MiB\nsysctls: { zone_reclaim_mode: 1 }\n${WORKLOADS}`,
    'm.yaml',
  )
  expect(notes).toEqual(['sysctls.zone_reclaim_mode has no effect: this machine has one node.'])
  const text = readFileSync(
    new URL('../../../examples/machines/two-nodes.yaml', import.meta.url),
    'utf8',
  )
  expect(machineFromYaml(text, 'two-nodes.yaml').spec.memory.nodes.length).toBe(2)
})
