/**
 * Per-CPU pages: small blocks that one CPU keeps at hand, so that most requests touch no list that others use (mm/page_alloc.c,
 * struct per_cpu_pages, 6.1.192). They are taken from the zone and given back in batches.
 */

import type { Buddy } from './buddy.js'
import { Order } from './order.js'
import { InvariantError, Kind, NO_PAGE } from './page-frames.js'

/** Requests of more than 8 pages are costly: they are not kept, and may fail; smaller ones are tried for as long as there is hope. */
export const PAGE_ALLOC_COSTLY_ORDER: number = Order.COSTLY

/** Lists of a CPU. (Why an enum: see order.ts.) */
enum Lists {
  /** The migratetypes that have lists here (MIGRATE_PCPTYPES). */
  TYPES = 3,
  /** Those of orders 0 to 3. */
  LOW_ORDER = 12,
}
/** One list more, for huge pages. */
export const PER_CPU_LISTS = Lists.LOW_ORDER + 1
/** With more than 1 MiB a batch nobody gains. */
const MAX_BATCH = 256

/** Returns true if blocks of an order are kept per CPU (pcp_allowed_order). */
export function perCpuOrder(order: number): boolean {
  return order <= Order.COSTLY || order === Order.PAGEBLOCK
}

/** How many pages are moved at once (zone_batchsize): about 1/4096 of the zone. */
export function zoneBatchsize(managed: number): number {
  const quarter = Math.max(1, Math.floor(Math.min(managed >> 10, MAX_BATCH) / 4))
  // One less than a power of two: with powers of two, CPUs met the same pages again and again.
  return (1 << (31 - Math.clz32(quarter + (quarter >> 1)))) - 1
}

/** How many pages a CPU keeps (zone_highsize): its share of the low watermark. */
export function zoneHighsize(low: number, cpus: number, batch: number): number {
  return Math.max(Math.floor(low / cpus), batch << 2)
}

/** All that is known beside the pages: a copy. */
export type PerCpuState = readonly [count: number, freeFactor: number]

/** The free blocks that one CPU keeps of one zone. */
export class PerCpuPages {
  readonly #buddy: Buddy
  /** How many pages are moved at once: about 1/4096 of the zone. */
  readonly batch: number
  #high = 0
  #reclaiming = false
  /** Grows while pages are only freed: then more are given back at once. */
  #freeFactor = 0
  // These are private by type only, for speed: see buddy.ts. The arrays are those of the page frames.
  private readonly lists: number
  private readonly next: Int32Array
  private readonly previous: Int32Array
  private readonly state: Uint8Array
  private kept = 0
  /** When a page is freed that makes it so many, some may have to be given back: 0 while that depends on more. */
  private limit = 0

  constructor(buddy: Buddy, batch: number) {
    this.#buddy = buddy
    this.batch = Math.max(1, batch)
    this.lists = buddy.frames.newList()
    this.next = buddy.frames.next
    this.previous = buddy.frames.previous
    this.state = buddy.frames.state
    for (let i = 1; i < PER_CPU_LISTS; i++) buddy.frames.newList()
  }

  /** More than so many pages are not kept. */
  get high(): number {
    return this.#high
  }

  /** In pages. */
  set high(pages: number) {
    this.#high = pages
    this.#setLimit()
  }

  /** The zone is being reclaimed: then little is kept. */
  set reclaiming(reclaiming: boolean) {
    this.#reclaiming = reclaiming
    this.#setLimit()
  }

  /** How many pages are here. */
  get count(): number {
    return this.kept
  }

  /** Takes a block, from the zone's lists if there is none here (rmqueue_pcplist). */
  alloc(order: number, migratetype: number, allocFlags: number): number {
    const { next } = this
    const list = this.list(order, migratetype)
    if (this.limit === 0) this.allocates()
    if (next[list] === list) this.refill(list, order, migratetype, allocFlags)
    const page = next[list] as number
    if (page === list) return NO_PAGE
    const after = next[page] as number
    next[list] = after
    this.previous[after] = list
    this.state[page] = Kind.USED | order
    this.kept -= 1 << order
    return page
  }

  /**
   * Keeps a block that is free now, and gives some back to the zone if there are too many (free_unref_page, free_unref_page_commit).
   * @param migratetype one of those that have lists here
   */
  free(page: number, order: number, migratetype: number): void {
    const { next, previous } = this
    const list = this.list(order, migratetype)
    const first = next[list] as number
    next[page] = first
    previous[page] = list
    previous[first] = page
    next[list] = page
    this.state[page] = Kind.PER_CPU | order
    this.kept += 1 << order
    if (this.kept >= this.limit) this.trim(order)
  }

  /** Gives everything back (drain_pages). */
  drain(): void {
    if (this.kept > 0) this.#giveBack(this.kept)
  }

  /** What is known beside the pages. */
  save(): PerCpuState {
    return [this.kept, this.#freeFactor]
  }

  /** Puts it back. */
  load([count, freeFactor]: PerCpuState): void {
    this.kept = count
    this.#freeFactor = freeFactor
    this.#setLimit()
  }

  /** @throws InvariantError when the lists and the counter disagree. */
  validate(): void {
    const { frames } = this.#buddy
    let count = 0
    for (let index = 0; index < PER_CPU_LISTS; index++) {
      const order = index < Lists.LOW_ORDER ? Math.floor(index / Lists.TYPES) : Order.PAGEBLOCK
      const blocks = frames.checkBlocks(this.lists + index, Kind.PER_CPU | order, "a CPU's list")
      count += blocks << order
    }
    if (count !== this.kept) {
      throw new InvariantError(
        this.#buddy.start,
        `a CPU has ${count} pages, and counted ${this.kept}`,
      )
    }
  }

  /** Fetches blocks from the zone's lists, as many as it has (rmqueue_bulk). */
  private refill(list: number, order: number, migratetype: number, allocFlags: number): void {
    const buddy = this.#buddy
    const { frames } = buddy
    const blocks = this.batch > 1 ? Math.max(this.batch >> order, 2) : this.batch
    for (let i = 0; i < blocks; i++) {
      const page = buddy.alloc(order, migratetype, allocFlags)
      if (page === NO_PAGE) break
      frames.state[page] = Kind.PER_CPU | order
      frames.addTail(list, page)
      this.kept += 1 << order
    }
  }

  /** Pages are not only freed. */
  private allocates(): void {
    this.#freeFactor >>= 1
    this.#setLimit()
  }

  #setLimit(): void {
    this.limit = this.#freeFactor > 0 || this.#reclaiming ? 0 : this.#high
  }

  /** Gives back what is too much after a block of this order was freed (nr_pcp_high). */
  private trim(order: number): void {
    const all = this.#freeFactor > 0 && order > 0 && order <= Order.COSTLY
    const high = all ? 0 : this.#reclaiming ? Math.min(this.batch << 2, this.#high) : this.#high
    if (this.kept >= high) this.#giveBack(all ? this.kept : this.#surplus(high))
  }

  /** How many pages are too many (nr_pcp_free). */
  #surplus(high: number): number {
    const { batch } = this
    if (high < batch) return 1
    const most = high - batch
    const wanted = batch << this.#freeFactor
    if (wanted < most) {
      this.#freeFactor++
      this.#setLimit()
    }
    return Math.max(batch, Math.min(wanted, most))
  }

  /** The oldest pages of all lists in turn (free_pcppages_bulk). */
  #giveBack(pages: number): void {
    const buddy = this.#buddy
    const { frames } = buddy
    let left = Math.min(pages, this.kept)
    for (let index = 0; left > 0; index = (index + 1) % PER_CPU_LISTS) {
      const list = this.lists + index
      const page = frames.previous[list] as number
      if (page === list) continue
      const order = frames.order(page)
      frames.remove(page)
      buddy.release(page, order)
      this.kept -= 1 << order
      left -= 1 << order
    }
  }

  private list(order: number, migratetype: number): number {
    if (order > Order.COSTLY) return this.lists + Lists.LOW_ORDER
    return this.lists + order * Lists.TYPES + migratetype
  }
}
