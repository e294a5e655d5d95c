/** Nodes of a machine file (NUMA): the memory and the CPUs that each has, and what workloads want of them. */
import type { NodeLayout } from '../machines/node-pages.js'
import type { MempolicySpec } from '../simulation.js'
import {
  type Complaints,
  count,
  list,
  oneOf,
  optional,
  record,
  required,
  withDefault,
} from './kinds.js'
import type { Place, Tree } from './tree.js'
import { size } from './units.js'

const MIB = 1024 * 1024
const GIB = 1024 * MIB
/** Sets of nodes are masks of 32 bits; nobody has simulated more than some. */
const MOST_NODES = 16
const MOST_CPUS = 64
/** Of a node itself, and as far as nodes can be from each other (include/linux/topology.h; a byte of the SLIT, of which 255 says that there is no way). */
const LOCAL_DISTANCE = 10
const MOST_DISTANCE = 254

const CPU = count(0, MOST_CPUS - 1)
const NODE = count(0, MOST_NODES - 1)

/** What `nodes:` takes. */
export const NODES = list(
  record('a node', {
    memory: optional(
      size({ least: 4 * MIB, most: 16 * GIB, says: '128 MiB' }),
      'how much memory it has; by default none',
    ),
    cpus: withDefault(list(CPU, 'numbers of CPUs'), [], 'its CPUs; by default it has none'),
    distances: optional(
      list(count(LOCAL_DISTANCE, MOST_DISTANCE), 'distances, one for each node'),
      'how far each node is, as numactl --hardware prints it; by default 10 for itself and 20 for others',
    ),
  }),
  'nodes',
  1,
)

/** By name, what set_mempolicy(2) calls it: MPOL_PREFERRED is one node, MPOL_LOCAL none. */
const POLICIES = ['bind', 'preferred', 'preferred-many', 'interleave', 'local'] as const

/** What workloads can say of their place on the machine. */
export const PLACEMENT = {
  numa: optional(
    record('numa', {
      policy: required(oneOf(POLICIES), 'the memory policy, as set_mempolicy(2) names it'),
      nodes: withDefault(list(NODE, 'numbers of nodes'), [], 'its nodes; local has none'),
    }),
    'from which nodes its memory comes; by default from the one where it runs, and from others when that has none left',
  ),
  cpus: optional(
    list(CPU, 'numbers of CPUs', 1),
    'the CPUs that it may run on (its affinity); by default all',
  ),
}

type ReadNode = NonNullable<ReturnType<typeof NODES.read>>[number]

/** What a workload has said of that. */
export interface Placement {
  readonly numa:
    | { readonly policy: (typeof POLICIES)[number]; readonly nodes: readonly number[] }
    | undefined
  readonly cpus: readonly number[] | undefined
  /** Where it stands. */
  readonly place: Place
}

/** Says what is wrong with the nodes of a machine. @param cpus as the machine says it, if it does */
export function checkNodes(
  nodes: readonly ReadNode[],
  { cpus, place }: { readonly cpus: number | undefined; readonly place: Place | Tree },
  complaints: Complaints,
): void {
  const say = (sentence: string): void => {
    complaints.add(place, `nodes: ${sentence}`)
  }
  if (nodes.length > MOST_NODES) say(`there are ${nodes.length}; ${MOST_NODES} is the most`)
  const all = nodes.flatMap((node) => node.cpus)
  const twice = all.find((cpu, index) => all.indexOf(cpu) !== index)
  const wanted = cpus ?? all.length
  if (twice !== undefined) say(`CPU ${twice} is on two of them`)
  else if (all.length === 0) say('none has CPUs; cpus: [0] gives one to a node')
  else {
    const missing = Array.from({ length: wanted }, (_, cpu) => cpu).find(
      (cpu) => !all.includes(cpu),
    )
    const more = all.find((cpu) => cpu >= wanted)
    if (missing !== undefined) say(`CPU ${missing} is on none; CPUs are numbered from 0`)
    else if (more !== undefined)
      say(`CPU ${more} is on one, and the machine has ${numbered(wanted, 'CPU')}`)
  }
  const told = nodes.filter(({ distances }) => distances !== undefined)
  if (told.length === 0) return
  if (told.length < nodes.length) {
    say('some have distances and others have none: all have, or none has')
    return
  }
  for (const [from, { distances = [] }] of nodes.entries()) {
    if (distances.length !== nodes.length) {
      say(`node ${from} has ${distances.length} distances, and there are ${nodes.length} nodes`)
      continue
    }
    for (const [to, distance] of distances.entries()) {
      if (from === to && distance !== LOCAL_DISTANCE) {
        say(`node ${from} is ${LOCAL_DISTANCE} away from itself, not ${distance}`)
      } else if (from !== to && distance === LOCAL_DISTANCE) {
        say(`node ${to} is more than ${LOCAL_DISTANCE} away from node ${from}`)
      }
    }
  }
}

/** The nodes of a machine without mistakes. */
export function layoutOf(nodes: readonly ReadNode[]): NodeLayout {
  const cpus = nodes.flatMap((node) => node.cpus)
  const distances = nodes.flatMap((node) => (node.distances === undefined ? [] : [node.distances]))
  return {
    memory: nodes.map(({ memory = 0 }) => memory),
    cpuNodes: Array.from({ length: cpus.length }, (_, cpu) =>
      nodes.findIndex((node) => node.cpus.includes(cpu)),
    ),
    ...(distances.length === 0 ? {} : { distances }),
  }
}

/** Says what is wrong with the places of workloads. @param memory by node: how much it has */
export function checkPlacement(
  { numa, cpus, place }: Placement,
  machine: { readonly memory: readonly number[]; readonly cpus: number },
  complaints: Complaints,
): void {
  const { memory } = machine
  const say = (sentence: string): void => {
    complaints.add(place, `${place.path}.${sentence}`)
  }
  const cpu = cpus?.find((each) => each >= machine.cpus)
  if (cpu !== undefined) {
    say(`cpus: there is no CPU ${cpu}; the machine has ${numbered(machine.cpus, 'CPU')}`)
  }
  if (numa === undefined) return
  const { policy, nodes } = numa
  const missing = nodes.find((node) => node >= memory.length)
  const empty = nodes.find((node) => memory[node] === 0)
  if (missing !== undefined) {
    say(`numa: there is no node ${missing}; the machine has ${numbered(memory.length, 'node')}`)
  } else if (empty !== undefined) say(`numa: node ${empty} has no memory`)
  else if (policy === 'local' && nodes.length > 0) say('numa: the policy local has no nodes')
  else if (policy === 'preferred' && nodes.length !== 1) {
    say(`numa: the policy preferred has one node, not ${nodes.length}; preferred-many has several`)
  } else if (policy !== 'local' && nodes.length === 0) {
    say(`numa: the policy ${policy} needs nodes: [0], for example`)
  }
}

/** As the simulation takes them. */
export function placed({ numa, cpus }: Placement): {
  readonly mempolicy?: MempolicySpec
  readonly cpus?: readonly number[]
} {
  return {
    ...(numa === undefined
      ? {}
      : {
          mempolicy: {
            mode: numa.policy,
            nodes: numa.nodes.reduce((mask, node) => mask | (1 << node), 0),
          },
        }),
    ...(cpus === undefined ? {} : { cpus }),
  }
}

function numbered(many: number, what: string): string {
  return many === 1 ? `${what} 0` : `${what}s 0 to ${many - 1}`
}
