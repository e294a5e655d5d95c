/**
 * Swap space: slots to which pages of programs are written (mm/swapfile.c, 6.1.192): areas by priority, the areas of one priority in turn,
 * and slots one after the other, so that what is written together lies together. A slot is charged to the memory cgroup of its page
 * (memory.swap.max; mm/swap_slots.c, folio_alloc_swap, and mm/memcontrol.c, __mem_cgroup_try_charge_swap).
 *
 * An area may be compressed memory: see zram.ts.
 */
import { type MemCgroups, NO_CHARGE } from '../memcg/mem-cgroups.js'
import { NO_PAGE } from '../pages/page-frames.js'
import type { Zram } from './zram.js'

/** No slot is free. */
export const NO_SWAP_ENTRY = -1

/** Slots by area: an entry is `area * AREA + slot`. */
const AREA = 2 ** 32

/** One area (a swap partition, file, or zram device). */
export interface SwapAreaOptions {
  /** How many pages it has. */
  readonly pages: number
  /** Areas of a higher one are filled first; by default 0. */
  readonly priority?: number
  /** It is compressed memory, of so many pages. */
  readonly zram?: Zram
}

interface Area {
  readonly index: number
  readonly pages: number
  readonly priority: number
  readonly zram: Zram | undefined
  readonly used: Uint8Array
  /** By slot: the number of the memory cgroup that it is charged to. */
  readonly groups: Uint16Array
  /** Where the search for a free slot goes on. */
  next: number
  free: number
}

/** All swap space of a machine. What it stores is whoever writes it's business: it hands out slots, and counts. */
export class SwapSpace {
  readonly #areas: Area[]
  /** By priority, the highest first; areas of one priority take turns. */
  readonly #order: Area[]
  readonly #groups: MemCgroups | null

  /**
   * @param groups who is charged; by default nobody
   * @throws RangeError for areas without pages, and for too many.
   */
  constructor(areas: readonly SwapAreaOptions[], groups: MemCgroups | null = null) {
    this.#groups = groups
    this.#areas = areas.map(({ pages, priority = 0, zram }, index) => {
      if (!Number.isInteger(pages) || pages < 1 || pages >= AREA) {
        throw new RangeError(`a swap area has 1 page or more, not ${pages}`)
      }
      const used = new Uint8Array(pages)
      const charged = new Uint16Array(pages)
      return { index, pages, priority, zram, used, groups: charged, next: 0, free: pages }
    })
    this.#order = [...this.#areas].sort((a, b) => b.priority - a.priority)
  }

  /** Pages that it has in all. */
  get pages(): number {
    return this.#areas.reduce((sum, { pages }) => sum + pages, 0)
  }

  /** Slots that are free (get_nr_swap_pages). */
  get free(): number {
    return this.#areas.reduce((sum, { free }) => sum + free, 0)
  }

  /** Pages of memory that compressed areas take. */
  get zramPages(): number {
    return this.#areas.reduce((sum, { zram }) => sum + (zram?.pages ?? 0), 0)
  }

  /**
   * Takes a slot (folio_alloc_swap).
   * @param page for which: its memory cgroup is charged
   * @returns the entry, or {@link NO_SWAP_ENTRY} when there is none, or the group may have no more
   */
  alloc(page: number = NO_PAGE): number {
    const place = this.#order.findIndex(({ free }) => free > 0)
    const area = this.#order[place]
    const groups = page === NO_PAGE ? null : this.#groups
    if (area === undefined) {
      groups?.of(page).raiseSwap('fail')
      return NO_SWAP_ENTRY
    }
    const charged = groups?.tryChargeSwap(page) ?? 0
    if (charged === NO_CHARGE) return NO_SWAP_ENTRY
    let slot = area.next
    while (area.used[slot] === 1) slot = slot + 1 === area.pages ? 0 : slot + 1
    area.used[slot] = 1
    area.groups[slot] = charged
    area.next = slot + 1 === area.pages ? 0 : slot + 1
    area.free--
    this.#rotate(place)
    return area.index * AREA + slot
  }

  /**
   * Gives a slot back: its page has been read again, or nobody needs it.
   * @throws RangeError for a slot that is free.
   */
  release(entry: number): void {
    const { area, slot } = this.#used(entry)
    area.used[slot] = 0
    area.free++
    area.zram?.free(slot)
    this.#groups?.unchargeSwap(area.groups[slot] as number)
  }

  /**
   * Writes a page to its slot. Areas that are not compressed memory are whoever's business that has the disk.
   * @param bytes what the page shrinks to: see {@link Zram.write}
   * @returns false when there is no memory for it
   * @throws RangeError for a slot that is free.
   */
  write(entry: number, bytes: number): boolean {
    const { area, slot } = this.#used(entry)
    return area.zram?.write(slot, bytes) ?? true
  }

  /**
   * Reads a page from its slot, in which it stays.
   * @throws RangeError for a slot that is free.
   */
  read(entry: number): void {
    const { area, slot } = this.#used(entry)
    area.zram?.read(slot)
  }

  /** Returns true if an entry is in compressed memory: no disk is needed to read it. */
  isZram(entry: number): boolean {
    return this.#areas[Math.floor(entry / AREA)]?.zram !== undefined
  }

  #used(entry: number): { area: Area; slot: number } {
    const area = this.#areas[Math.floor(entry / AREA)]
    const slot = entry % AREA
    if (area === undefined || area.used[slot] !== 1) {
      throw new RangeError(`swap entry ${entry} is not in use`)
    }
    return { area, slot }
  }

  /** The next area of the same priority is asked first the next time. */
  #rotate(place: number): void {
    const order = this.#order
    const priority = order[place]?.priority
    let last = place
    while (order[last + 1]?.priority === priority) last++
    const [area] = order.splice(place, 1)
    if (area !== undefined) order.splice(last, 0, area)
  }
}
