/**
 * CMA area: pageblocks that a device may want in one piece (mm/cma.c, 6.1.192). Until it does, movable pages may be there. The area knows
 * which of its pages have been handed out; whether those can be had is another question (see alloc/contig-alloc.ts).
 */
import { PAGEBLOCK_ORDER } from './fallback.js'

const PAGEBLOCK = 1 << PAGEBLOCK_ORDER

/** An area, as it is reserved when the machine is started (cma_declare_contiguous). */
export interface CmaAreaOptions {
  /** What it is called; by default `cma` and its number. */
  readonly name?: string
  /** Its first page: a multiple of 512 (CMA_MIN_ALIGNMENT_PAGES). */
  readonly start: number
  /** How many pages it has: a multiple of 512, all in one zone. */
  readonly pages: number
  /** It is handed out in units of 2 to this power pages, 0 to 9; by default 0. */
  readonly orderPerBit?: number
}

/** What an area knows: a copy. */
export interface CmaAreaState {
  /** By unit: 1 for what is handed out. */
  readonly used: Uint8Array
  /** See {@link CmaArea.succeeded}. */
  readonly succeeded: number
  /** See {@link CmaArea.failed}. */
  readonly failed: number
}

/** An area, and which of its pages are handed out (struct cma). */
export class CmaArea {
  /** What it is called. */
  readonly name: string
  /** Its first page. */
  readonly start: number
  /** How many pages it has. */
  readonly pages: number
  /** Pages that were handed out since the machine was started (alloc_pages_success of its sysfs folder). */
  succeeded = 0
  /** Pages that were wanted in vain (alloc_pages_fail). */
  failed = 0
  readonly #orderPerBit: number
  /** By unit of 2^orderPerBit pages: 1 for what is handed out. */
  readonly #used: Uint8Array

  /** @throws RangeError for an area that does not consist of pageblocks. */
  constructor({ name, start, pages, orderPerBit = 0 }: CmaAreaOptions, number: number) {
    this.name = name ?? `cma${number}`
    if (!(isMultiple(start) && isMultiple(pages) && pages > 0)) {
      throw new RangeError(
        `CMA area ${this.name} begins at a multiple of ${PAGEBLOCK} pages and has as many: not at ${start} with ${pages}`,
      )
    }
    if (!Number.isInteger(orderPerBit) || orderPerBit < 0 || orderPerBit > PAGEBLOCK_ORDER) {
      throw new RangeError(
        `CMA area ${this.name} is handed out in units of order 0 to ${PAGEBLOCK_ORDER}, not ${orderPerBit}`,
      )
    }
    this.start = start
    this.pages = pages
    this.#orderPerBit = orderPerBit
    this.#used = new Uint8Array(pages >> orderPerBit)
  }

  /** Pages that are handed out. */
  get used(): number {
    return this.#used.reduce((sum, bit) => sum + bit, 0) << this.#orderPerBit
  }

  /** Returns true if all of these pages are part of the area. */
  has(page: number, pages: number): boolean {
    return page >= this.start && page + pages <= this.start + this.pages
  }

  /**
   * The first pages in a row that are not handed out (bitmap_find_next_zero_area_off).
   * @param align they begin at a multiple of 2 to this power
   * @param from not before this page
   * @returns the first of them; undefined when there are not so many
   */
  find(pages: number, align: number, from = this.start): number | undefined {
    const units = this.#units(pages)
    const step = 1 << Math.max(0, align - this.#orderPerBit)
    const offset = (this.start & ((1 << align) - 1)) >> this.#orderPerBit
    let at = (from - this.start) >> this.#orderPerBit
    for (;;) {
      at = Math.ceil((at + offset) / step) * step - offset
      if (at + units > this.#used.length) return undefined
      const inTheWay = this.#used.subarray(at, at + units).lastIndexOf(1)
      if (inTheWay < 0) return this.start + (at << this.#orderPerBit)
      at += inTheWay + 1
    }
  }

  /** Where to look next when the pages at this place cannot be had. */
  after(page: number, align: number): number {
    const step = 1 << Math.max(0, align - this.#orderPerBit)
    return page + (step << this.#orderPerBit)
  }

  /** Pages are handed out, or given back. */
  mark(page: number, pages: number, used: boolean): void {
    const at = (page - this.start) >> this.#orderPerBit
    this.#used.fill(used ? 1 : 0, at, at + this.#units(pages))
  }

  /** What is known: a copy. */
  save(): CmaAreaState {
    const { succeeded, failed } = this
    return { used: this.#used.slice(), succeeded, failed }
  }

  /** Puts it back. */
  load({ used, succeeded, failed }: CmaAreaState): void {
    this.#used.set(used)
    this.succeeded = succeeded
    this.failed = failed
  }

  #units(pages: number): number {
    return Math.ceil(pages / (1 << this.#orderPerBit))
  }
}

function isMultiple(pages: number): boolean {
  return Number.isInteger(pages) && pages >= 0 && pages % PAGEBLOCK === 0
}
