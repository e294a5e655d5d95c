/**
 * Swap space: slots to which pages of programs are written (mm/swapfile.c, 6.1.192): areas by priority, the areas of one priority in turn,
 * and slots one after the other, so that what is written together lies together.
 *
 * An area may be compressed memory (zram): it has no disk, but a page that it stores takes part of a page of memory, and time of a CPU.
 */

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
  /** It is compressed memory. */
  readonly zram?: {
    /** Bytes of a page once it is compressed, 1 to 4096: by the entry, so that pages differ. Pages that hardly shrink are stored whole. */
    readonly size: (entry: number) => number
  }
}

/** zram stores a page whole when compression saves less than that (huge_class_size of zsmalloc with 4 KiB pages). */
const HUGE_CLASS_SIZE = 3264
const PAGE_SIZE = 4096

interface Area {
  readonly index: number
  readonly pages: number
  readonly priority: number
  readonly zram: SwapAreaOptions['zram']
  readonly used: Uint8Array
  /** Where the search for a free slot goes on. */
  next: number
  free: number
  /** Of zram: bytes that it stores. */
  bytes: number
}

/** All swap space of a machine. What it stores is whoever writes it's business: it hands out slots, and counts. */
export class SwapSpace {
  readonly #areas: Area[]
  /** By priority, the highest first; areas of one priority take turns. */
  readonly #order: Area[]

  /** @throws RangeError for areas without pages, and for too many. */
  constructor(areas: readonly SwapAreaOptions[]) {
    this.#areas = areas.map(({ pages, priority = 0, zram }, index) => {
      if (!Number.isInteger(pages) || pages < 1 || pages >= AREA) {
        throw new RangeError(`a swap area has 1 page or more, not ${pages}`)
      }
      const used = new Uint8Array(pages)
      return { index, pages, priority, zram, used, next: 0, free: pages, bytes: 0 }
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

  /** Pages of memory that compressed areas take: what they store, packed, as zsmalloc would at best. */
  get zramPages(): number {
    return this.#areas.reduce((sum, { bytes }) => sum + Math.ceil(bytes / PAGE_SIZE), 0)
  }

  /** Takes a slot (get_swap_pages). Returns its entry, or {@link NO_SWAP_ENTRY}. */
  alloc(): number {
    const place = this.#order.findIndex(({ free }) => free > 0)
    const area = this.#order[place]
    if (area === undefined) return NO_SWAP_ENTRY
    let slot = area.next
    while (area.used[slot] === 1) slot = slot + 1 === area.pages ? 0 : slot + 1
    area.used[slot] = 1
    area.next = slot + 1 === area.pages ? 0 : slot + 1
    area.free--
    const entry = area.index * AREA + slot
    area.bytes += stored(area, entry)
    this.#rotate(place)
    return entry
  }

  /**
   * Gives a slot back: its page has been read again, or nobody needs it.
   * @throws RangeError for a slot that is free.
   */
  release(entry: number): void {
    const area = this.#areas[Math.floor(entry / AREA)]
    const slot = entry % AREA
    if (area === undefined || area.used[slot] !== 1) {
      throw new RangeError(`swap entry ${entry} is not in use`)
    }
    area.used[slot] = 0
    area.free++
    area.bytes -= stored(area, entry)
  }

  /** Returns true if an entry is in compressed memory: no disk is needed to read it. */
  isZram(entry: number): boolean {
    return this.#areas[Math.floor(entry / AREA)]?.zram !== undefined
  }

  /** Bytes that an entry takes of memory: 0 for one on a disk. */
  bytes(entry: number): number {
    const area = this.#areas[Math.floor(entry / AREA)]
    return area === undefined ? 0 : stored(area, entry)
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

function stored({ zram }: Area, entry: number): number {
  if (zram === undefined) return 0
  const bytes = Math.ceil(zram.size(entry))
  return bytes >= HUGE_CLASS_SIZE ? PAGE_SIZE : Math.max(1, bytes)
}
