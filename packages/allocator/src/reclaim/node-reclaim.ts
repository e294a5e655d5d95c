/**
 * Node reclaim: frees page cache of the node that a request prefers before the request goes on to a node farther away (mm/vmscan.c,
 * node_reclaim, 6.1.192). The sysctl zone_reclaim_mode turns it on; most machines leave it off, since the page cache is worth more.
 */
import { gfpflagsAllowBlocking } from '../gfp/predicates.js'
import { gfpZoneIndex } from '../gfp/zone.js'
import type { Zone } from '../pages/zone.js'
import type { NodeReclaimRequest, Zones } from '../pages/zones.js'
import { PF_MEMALLOC } from '../task/flags.js'
import type { Lru } from './lru.js'
import { ACTIVE_FILE, INACTIVE_FILE } from './lru-counts.js'
import type { ReclaimHooks } from './reclaim-hooks.js'
import { ScanControl, SWAP_CLUSTER_MAX } from './scan-control.js'
import { type VmEvents, ZONE_RECLAIM_FAILED } from './vm-events.js'
import type { Vmscan } from './vmscan.js'

/** Of the sysctl zone_reclaim_mode: dirty pages are written for it. */
const RECLAIM_WRITE = 2
/** Of the same: pages that programs have mapped are taken too. */
const RECLAIM_UNMAP = 4

/** It begins with a sixteenth of each list. */
const NODE_RECLAIM_PRIORITY = 4
/** The sysctls min_unmapped_ratio and min_slab_ratio: so much of a node, in percent, is left. */
const MIN_UNMAPPED_RATIO = 1
const MIN_SLAB_RATIO = 5

export class NodeReclaim {
  readonly #zones: Zones
  readonly #lru: Lru
  readonly #vmscan: Vmscan
  readonly #events: VmEvents
  readonly #hooks: ReclaimHooks
  readonly #mode: number
  /** By node: somebody is at it (PGDAT_RECLAIM_LOCKED). */
  readonly #locked: boolean[]

  constructor(parts: {
    readonly zones: Zones
    readonly lru: Lru
    readonly vmscan: Vmscan
    readonly events: VmEvents
    readonly hooks: ReclaimHooks
    readonly mode: number
  }) {
    this.#zones = parts.zones
    this.#lru = parts.lru
    this.#vmscan = parts.vmscan
    this.#events = parts.events
    this.#hooks = parts.hooks
    this.#mode = parts.mode
    this.#locked = new Array<boolean>(parts.zones.nodes).fill(false)
  }

  /** Reclaims the node of a zone that has not enough. Returns true if it has been tried: the zone is looked at once more. */
  reclaim({ node }: Zone, request: NodeReclaimRequest): boolean {
    const { gfp, order, cpu, taskFlags } = request
    if (!this.#hasEnough(node)) return false
    if (!gfpflagsAllowBlocking(gfp) || (taskFlags & PF_MEMALLOC) !== 0) return false
    // A node with CPUs is left to those.
    const { numa } = this.#zones
    if (numa.cpusOf(node) > 0 && node !== numa.nodeOf(cpu)) return false
    if (this.#locked[node] === true) return false
    this.#locked[node] = true
    try {
      const pages = 1 << order
      const control = new ScanControl({
        gfp,
        order,
        highest: gfpZoneIndex(gfp),
        cpu,
        kswapd: false,
        toReclaim: Math.max(pages, SWAP_CLUSTER_MAX),
        priority: NODE_RECLAIM_PRIORITY,
        mayWritepage: (this.#mode & RECLAIM_WRITE) !== 0,
        mayUnmap: (this.#mode & RECLAIM_UNMAP) !== 0,
      })
      const enough = this.#vmscan.shrinkNodeFor(node, pages, control)
      const { reclaimed, priority } = control
      const rounds = NODE_RECLAIM_PRIORITY - Math.max(0, priority) + 1
      this.#hooks.nodeReclaimed?.({ node, gfp, reclaimed, rounds })
      if (!enough)
        this.#events[ZONE_RECLAIM_FAILED] = (this.#events[ZONE_RECLAIM_FAILED] as number) + 1
      return true
    } finally {
      this.#locked[node] = false
    }
  }

  /** Returns true if a node has more page cache or slabs than are always left to it. */
  #hasEnough(node: number): boolean {
    const managed = this.#zones.all.reduce(
      (sum, zone) => (zone.node === node ? sum + zone.managed : sum),
      0,
    )
    const file = this.#lru.pages(node, INACTIVE_FILE) + this.#lru.pages(node, ACTIVE_FILE)
    const dirty = (this.#mode & RECLAIM_WRITE) !== 0 ? 0 : (this.#hooks.dirtyPages?.(node) ?? 0)
    const slab = this.#hooks.slabPages?.(node) ?? 0
    return (
      Math.max(0, file - dirty) > Math.floor((managed * MIN_UNMAPPED_RATIO) / 100) ||
      slab > Math.floor((managed * MIN_SLAB_RATIO) / 100)
    )
  }
}
