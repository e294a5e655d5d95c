/** Pages by node: how many pages of one kind there are, in all and on each node. On a machine with one node nothing is asked of a page. */
import type { Zones } from '@scopemask/allocator'

export class PagesByNode {
  /** On all nodes. */
  total = 0
  readonly #zones: Zones
  readonly #nodes: Int32Array | null

  constructor(zones: Zones) {
    this.#zones = zones
    this.#nodes = zones.nodes === 1 ? null : new Int32Array(zones.nodes)
  }

  /** One more, or one less. */
  count(page: number, by: 1 | -1): void {
    this.total += by
    const nodes = this.#nodes
    if (nodes === null) return
    const { node } = this.#zones.zoneOf(page)
    nodes[node] = (nodes[node] as number) + by
  }

  /** On one node. */
  of(node: number): number {
    return this.#nodes === null ? this.total : (this.#nodes[node] ?? 0)
  }
}
