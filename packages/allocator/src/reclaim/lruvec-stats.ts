/**
 * Lruvec stats: what reclaim and working sets ask of an lruvec is the sum over its memory cgroup and all groups below it, and what they note of it is
 * noted of all groups above it, too (lruvec_page_state of include/linux/memcontrol.h and parent_lruvec, 6.1.192).
 */
import type { MemCgroup } from '../memcg/mem-cgroup.js'
import type { MemCgroups } from '../memcg/mem-cgroups.js'
import type { Lru } from './lru.js'

export class LruvecStats {
  readonly #lru: Lru
  readonly #groups: MemCgroups
  readonly #nodes: number

  constructor(lru: Lru, groups: MemCgroups, nodes: number) {
    this.#lru = lru
    this.#groups = groups
    this.#nodes = nodes
  }

  /** Pages of a node on lists of this kind, of a group and of those below it. */
  pages(group: MemCgroup, node: number, list: number): number {
    if (group.parent === null) return this.#lru.pages(node, list)
    let pages = 0
    for (const { number } of group.subtree()) {
      pages += this.#lru.size(this.#lru.lruvec(number, node), list)
    }
    return pages
  }

  /** The lruvecs of a group and of those above it, on a node. */
  *upwards(group: MemCgroup, node: number): Generator<number, void, void> {
    for (let each: MemCgroup | null = group; each !== null; each = each.parent) {
      yield this.#lru.lruvec(each.number, node)
    }
  }

  /** The group that an lruvec belongs to. */
  groupOf(lruvec: number): MemCgroup {
    return this.#groups.get(Math.floor(lruvec / this.#nodes))
  }

  /** The node that an lruvec belongs to. */
  nodeOf(lruvec: number): number {
    return lruvec % this.#nodes
  }
}
