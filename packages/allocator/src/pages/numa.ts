/**
 * NUMA: which nodes are online, which CPUs they have, how far they are from each other, and in which order a request goes on to other
 * nodes when its own has nothing (mm/page_alloc.c, find_next_best_node and build_zonelists, 6.1.192).
 */

/** The distance of a node from itself, and of other nodes unless the firmware says something else (include/linux/topology.h). */
const LOCAL_DISTANCE = 10
/** See {@link LOCAL_DISTANCE}. */
const REMOTE_DISTANCE = 20
/** Nodes that are farther away are not reclaimed for the sake of locality (node_reclaim_distance). */
const RECLAIM_DISTANCE = 30
/** MAX_NUMNODES of Debian's amd64 kernels: how loaded a node is decides only between nodes that are equally far. */
const MAX_NUMNODES = 1024
/** A node with CPUs is left to those (PENALTY_FOR_NODE_WITH_CPUS). */
const PENALTY_FOR_NODE_WITH_CPUS = 1

/** What is said of nodes beside their memory. */
export interface NumaOptions {
  /** How many CPUs there are; by default 1. */
  readonly cpus?: number
  /** The node of each CPU; by default the CPUs are spread evenly over the nodes, in their order. */
  readonly cpuNodes?: readonly number[]
  /** By node, then by node: how far it is, from 10 for a node itself (the SLIT of ACPI). By default 20 for all others. */
  readonly distances?: readonly (readonly number[])[]
}

/** The nodes of a machine. A node may have no memory, or no CPUs. */
export class Numa {
  /** How many nodes are online (nr_online_nodes), also those without memory. */
  readonly nodes: number
  /** How many CPUs there are. */
  readonly cpus: number
  /** The node of each CPU, for hot paths: see {@link nodeOf}. */
  readonly cpuNodes: Uint16Array
  readonly #cpusOf: Uint16Array
  readonly #distances: readonly (readonly number[])[] | undefined
  readonly #orders: readonly (readonly number[])[]

  /**
   * @param memory by node: true if it has pages (N_MEMORY)
   * @throws RangeError for CPUs on nodes that there are not, and for distances that do not fit the nodes.
   */
  constructor(memory: readonly boolean[], options: NumaOptions) {
    const { cpus = options.cpuNodes?.length ?? 1, cpuNodes, distances } = options
    const nodes = memory.length
    this.nodes = nodes
    this.cpus = cpus
    if (!Number.isInteger(cpus) || cpus < 1) throw new RangeError(`a machine has CPUs, not ${cpus}`)
    if (cpuNodes !== undefined && cpuNodes.length !== cpus) {
      throw new RangeError(`${cpus} CPUs are each on a node: cpuNodes has ${cpuNodes.length}`)
    }
    for (const node of cpuNodes ?? []) {
      if (!Number.isInteger(node) || node < 0 || node >= nodes) {
        throw new RangeError(`a CPU is on node 0 to ${nodes - 1}, not on ${node}`)
      }
    }
    assertDistances(distances, nodes)
    this.cpuNodes = Uint16Array.from(
      { length: cpus },
      (_, cpu) => cpuNodes?.[cpu] ?? Math.floor((cpu * nodes) / cpus),
    )
    this.#cpusOf = new Uint16Array(nodes)
    for (const node of this.cpuNodes) this.#cpusOf[node] = this.cpusOf(node) + 1
    this.#distances = distances
    this.#orders = this.#fallbackOrders(memory)
  }

  /**
   * The node of a CPU (cpu_to_node).
   * @throws RangeError for a CPU that there is not.
   */
  nodeOf(cpu: number): number {
    const node = this.cpuNodes[cpu]
    if (node === undefined) throw new RangeError(`CPUs are 0 to ${this.cpus - 1}, not ${cpu}`)
    return node
  }

  /** How many CPUs a node has. */
  cpusOf(node: number): number {
    return this.#cpusOf[node] ?? 0
  }

  /** The first CPU of a node, where its kernel threads run; the first of all for a node without. */
  firstCpuOf(node: number): number {
    return Math.max(0, this.cpuNodes.indexOf(node))
  }

  /** Over how many CPUs a zone of a node spreads the pages that they keep: all, when the node has none of its own (zone_highsize). */
  splitCpus(node: number): number {
    return this.cpusOf(node) || this.cpus
  }

  /** How far it is from a node to another (node_distance). */
  distance(from: number, to: number): number {
    const distance = this.#distances?.[from]?.[to]
    return distance ?? (from === to ? LOCAL_DISTANCE : REMOTE_DISTANCE)
  }

  /** Returns true if a node is so near that reclaim there is better than pages from elsewhere (zone_allows_reclaim). */
  allowsReclaim(from: number, to: number): boolean {
    return this.distance(from, to) <= RECLAIM_DISTANCE
  }

  /** The nodes that serve requests of a node, the first to be asked first: itself, then nearer ones before farther ones. */
  fallbackOrder(node: number): readonly number[] {
    return this.#orders[node] ?? []
  }

  /** Node after node, as the kernel builds their lists: those that are first in a list already are the last choice for others. */
  #fallbackOrders(memory: readonly boolean[]): number[][] {
    const load = new Array<number>(memory.length).fill(0)
    return memory.map((_, local) => {
      const order = [local]
      let previous = local
      for (;;) {
        const next = this.#nextBest(local, memory, order, load)
        if (next < 0) return order
        if (this.distance(local, next) !== this.distance(local, previous)) {
          load[next] = (load[next] as number) + 1
        }
        order.push(next)
        previous = next
      }
    })
  }

  /** find_next_best_node. */
  #nextBest(
    local: number,
    memory: readonly boolean[],
    used: readonly number[],
    load: readonly number[],
  ): number {
    let best = -1
    let least = Number.POSITIVE_INFINITY
    for (const [node, hasMemory] of memory.entries()) {
      if (!hasMemory || used.includes(node)) continue
      const after = node < local ? 1 : 0
      const penalty = this.cpusOf(node) > 0 ? PENALTY_FOR_NODE_WITH_CPUS : 0
      const value =
        (this.distance(local, node) + after + penalty) * MAX_NUMNODES + (load[node] as number)
      if (value < least) {
        least = value
        best = node
      }
    }
    return best
  }
}

function assertDistances(distances: NumaOptions['distances'], nodes: number): void {
  if (distances === undefined) return
  if (distances.length !== nodes || distances.some((row) => row.length !== nodes)) {
    throw new RangeError(`the distances of ${nodes} nodes are ${nodes} rows of ${nodes} numbers`)
  }
  for (const [from, row] of distances.entries()) {
    for (const [to, distance] of row.entries()) {
      const isLocal = from === to
      if (Number.isInteger(distance) && distance <= 255) {
        if (isLocal ? distance === LOCAL_DISTANCE : distance >= LOCAL_DISTANCE) continue
      }
      throw new RangeError(
        `node ${to} is ${isLocal ? 10 : '10 to 255'} away from node ${from}, not ${distance}`,
      )
    }
  }
}
