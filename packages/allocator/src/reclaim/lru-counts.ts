/**
 * LRU counts: how many pages are on which kind of list, by memory cgroup, node and zone (mm/vmstat.c, NR_LRU_BASE, and
 * lru_zone_size, 6.1). The classic lists and the generations count here alike: everybody else asks for inactive and active pages.
 */
import { InvariantError, NO_PAGE } from '../pages/page-frames.js'
import { HIGHEST_ZONE, ZONES } from '../pages/zone.js'

/** Pages without a file that are not known to be used. */
export const INACTIVE_ANON = 0
/** Pages without a file that were used lately. */
export const ACTIVE_ANON = 1
/** Pages of files that are not known to be used: reclaim begins here. */
export const INACTIVE_FILE = 2
/** Pages of files that were used lately. */
export const ACTIVE_FILE = 3
/** How many kinds of lists there are. */
export const LISTS = 4
/** In the kernel's order (enum lru_list). */
export const LRU_LISTS = ['inactive_anon', 'active_anon', 'inactive_file', 'active_file'] as const

/** The counts, and their sums, which reclaim asks for all the time. */
export class LruCounts {
  readonly #nodes: number
  /** Pages by lruvec, zone and list. */
  readonly #pages: Int32Array
  /** Pages by lruvec and list. */
  readonly #sums: Int32Array
  /** Of all groups: pages by node, zone and list, and by node and list. */
  readonly #zonePages: Int32Array
  readonly #nodePages: Int32Array

  /** @param lruvecs of all groups, those of one node every `nodes` places */
  constructor(lruvecs: number, nodes: number) {
    this.#nodes = nodes
    this.#pages = new Int32Array(lruvecs * ZONES.length * LISTS)
    this.#sums = new Int32Array(lruvecs * LISTS)
    this.#zonePages = new Int32Array(nodes * ZONES.length * LISTS)
    this.#nodePages = new Int32Array(nodes * LISTS)
  }

  /** Pages get on a kind of list of an lruvec in a zone, or leave it (update_lru_size). */
  add(lruvec: number, zone: number, list: number, pages: number): void {
    const node = lruvec % this.#nodes
    const at = this.place(lruvec, zone, list)
    const sum = lruvec * LISTS + list
    const zoneSum = (node * ZONES.length + zone) * LISTS + list
    const nodeSum = node * LISTS + list
    this.#pages[at] = (this.#pages[at] as number) + pages
    this.#sums[sum] = (this.#sums[sum] as number) + pages
    this.#zonePages[zoneSum] = (this.#zonePages[zoneSum] as number) + pages
    this.#nodePages[nodeSum] = (this.#nodePages[nodeSum] as number) + pages
  }

  /** The place of a count. */
  place(lruvec: number, zone: number, list: number): number {
    return (lruvec * ZONES.length + zone) * LISTS + list
  }

  /** Pages of a node, of all groups. */
  ofNode(node: number, list: number): number {
    return this.#nodePages[node * LISTS + list] as number
  }

  /** Pages of one zone, of all groups. */
  ofZone(node: number, zone: number, list: number): number {
    return this.#zonePages[(node * ZONES.length + zone) * LISTS + list] as number
  }

  /** Pages of one lruvec (lruvec_lru_size). @param highest of zones up to this one only */
  ofLruvec(lruvec: number, list: number, highest: number): number {
    if (highest >= HIGHEST_ZONE) return this.#sums[lruvec * LISTS + list] as number
    let pages = 0
    for (let zone = 0; zone <= highest; zone++) {
      pages += this.#pages[this.place(lruvec, zone, list)] as number
    }
    return pages
  }

  /** A copy of the counts. */
  save(): Int32Array {
    return this.#pages.slice()
  }

  /** Puts it back. */
  load(pages: Int32Array): void {
    this.#pages.fill(0)
    this.#sums.fill(0)
    this.#zonePages.fill(0)
    this.#nodePages.fill(0)
    for (const [at, counted] of pages.entries()) {
      if (counted === 0) continue
      const zone = Math.floor(at / LISTS) % ZONES.length
      this.add(Math.floor(at / (LISTS * ZONES.length)), zone, at % LISTS, counted)
    }
  }

  /** Counts of no page yet, as many as there are: for whoever counts anew. */
  empty(): Int32Array {
    return new Int32Array(this.#pages.length)
  }

  /** @throws InvariantError when somebody who has counted anew comes to another count */
  assertIs(counted: Int32Array): void {
    for (const [at, pages] of counted.entries()) {
      const kept = this.#pages[at]
      if (pages === kept) continue
      throw new InvariantError(
        NO_PAGE,
        `${LRU_LISTS[at % LISTS]} has ${pages} pages, ${kept} counted`,
      )
    }
  }
}
