/**
 * Memory policy: from which nodes the pages of a task come (mm/mempolicy.c, policy_node, policy_nodemask and alloc_pages, 6.1.192). The
 * page allocator knows nothing of it: a policy becomes the node that a request begins with, and the nodes that it is restricted to.
 */
import { __GFP_DIRECT_RECLAIM, __GFP_NOFAIL, __GFP_NOWARN, __GFP_THISNODE } from '../gfp/flags.js'
import { gfpZoneIndex, ZONE_NORMAL } from '../gfp/zone.js'
import type { Zones } from '../pages/zones.js'
import { inInterrupt } from '../task/preempt.js'

/**
 * What a policy does with its nodes (MPOL_*): `bind` takes no others; `preferred` begins with the first of them; `preferred-many` tries
 * all of them first, without an effort; `interleave` begins with each in turn; `local` and `default` begin where the task runs.
 */
export type MempolicyMode =
  | 'default'
  | 'local'
  | 'preferred'
  | 'preferred-many'
  | 'bind'
  | 'interleave'

/** Nodes are bits of a mask. */
const MOST_NODES = 32
const MOVABLE = ZONE_NORMAL + 1

/** The memory policy of one task: where its next page is interleaved belongs to it (il_prev). */
export class Mempolicy {
  /** What is done with the nodes. */
  readonly mode: MempolicyMode
  /** A bit for each of its nodes. */
  readonly nodes: number
  /** With `bind` and `preferred-many`: the node to begin with, -1 for the one where the task runs (set_mempolicy_home_node). */
  readonly homeNode: number
  #previous = MOST_NODES - 1

  /** @throws RangeError for a policy that needs nodes, and has none. */
  constructor(mode: MempolicyMode, nodes = 0, homeNode = -1) {
    if (nodes === 0 && mode !== 'default' && mode !== 'local') {
      throw new RangeError(`the policy ${mode} is made of nodes: the mask of them is 0`)
    }
    this.mode = mode
    this.nodes = nodes
    this.homeNode = homeNode
  }

  /** The next node in turn (interleave_nodes). */
  interleave(): number {
    for (let step = 1; step <= MOST_NODES; step++) {
      const node = (this.#previous + step) % MOST_NODES
      if ((this.nodes & (1 << node)) === 0) continue
      this.#previous = node
      return node
    }
    return this.#previous
  }

  /** The node of a page of a mapping (offset_il_node). @param index its place there, from 0 */
  interleaveAt(index: number): number {
    const nodes = Array.from({ length: MOST_NODES }, (_, node) => node).filter(
      (node) => (this.nodes & (1 << node)) !== 0,
    )
    return nodes[index % nodes.length] ?? 0
  }

  /** The node that a request begins with (policy_node). @param local the node where the task runs */
  node(local: number): number {
    if (this.mode === 'preferred') return firstOf(this.nodes)
    const hasHome = this.mode === 'bind' || this.mode === 'preferred-many'
    return hasHome && this.homeNode >= 0 ? this.homeNode : local
  }

  /** The nodes that a request is restricted to, undefined for all (policy_nodemask). */
  nodemask(gfp: number, zones: Zones): number | undefined {
    if (this.mode === 'preferred-many') return this.nodes
    if (this.mode !== 'bind') return undefined
    // Lower zones are few, and not on each node: whoever needs one takes it where it is.
    return gfpZoneIndex(gfp) >= policyZone(zones, this.nodes) ? this.nodes : undefined
  }
}

/** What a policy looks at in a request, and decides on: see PageRequest. */
interface Placed {
  readonly gfp: number
  readonly preemptCount?: number
  readonly cpu?: number
  readonly node?: number
  readonly nodemask?: number
  readonly mappingIndex?: number
  readonly interleaved?: boolean
}

/** The tries that a request makes under a policy, one after the other until one finds a page (alloc_pages). */
export function triesOf<R extends Placed>(
  request: R,
  policy: Mempolicy | undefined,
  zones: Zones,
): R[] {
  const { gfp, preemptCount = 0, cpu = 0 } = request
  // An interrupt belongs to no task, and who wants one node has said which.
  if (policy === undefined || inInterrupt(preemptCount) || (gfp & __GFP_THISNODE) !== 0) {
    return [request]
  }
  if (policy.mode === 'interleave') {
    const { mappingIndex: index } = request
    const node = index === undefined ? policy.interleave() : policy.interleaveAt(index)
    return [{ ...request, node, interleaved: true }]
  }
  const node = policy.node(request.node ?? zones.nodeOf(cpu))
  const nodemask = policy.nodemask(gfp, zones)
  if (nodemask === undefined) return [{ ...request, node }]
  const restricted = { ...request, node, nodemask }
  if (policy.mode === 'bind') return [restricted]
  const light = ((gfp | __GFP_NOWARN) & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL)) >>> 0
  return [
    { ...restricted, gfp: light },
    { ...request, node },
  ]
}

/** From which zone on a policy applies (apply_policy_zone): the highest of the machine, ZONE_MOVABLE for nodes that have no other. */
function policyZone(zones: Zones, nodes: number): number {
  let highest = 0
  let has = false
  for (const zone of zones.all) {
    if (zone.index > ZONE_NORMAL) continue
    highest = Math.max(highest, zone.index)
    has ||= (nodes & (1 << zone.node)) !== 0
  }
  return has ? highest : MOVABLE
}

function firstOf(nodes: number): number {
  return 31 - Math.clz32(nodes & -nodes)
}
