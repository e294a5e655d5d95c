/**
 * Zsmalloc: memory for objects of less than a page that nobody looks into, such as compressed pages (mm/zsmalloc.c, 6.1.192). There are classes of
 * sizes, 16 bytes apart; a zspage is one to four single pages in a row, so many that little is left over, and holds objects of one class. Pages come
 * from the page allocator, and go back to it when the last object of a zspage does. Zspages are not compacted here (zs_compact is a shrinker's work).
 */
import { NO_PAGE } from '../pages/page-frames.js'

/** No memory for an object. */
export const NO_HANDLE = -1

const PAGE_SIZE = 4096
/** ZS_MIN_ALLOC_SIZE and ZS_SIZE_CLASS_DELTA. */
const MIN_SIZE = 32
const DELTA = PAGE_SIZE >> 8
const CLASSES = Math.ceil((PAGE_SIZE - MIN_SIZE) / DELTA) + 1
/** ZS_MAX_PAGES_PER_ZSPAGE. */
const MOST_PAGES = 4
/** Each object has its handle in front of it (ZS_HANDLE_SIZE). */
const HANDLE_SIZE = 8

/** Where pages come from. */
export interface ZsPages {
  /** A page, or NO_PAGE. */
  alloc(gfp: number): number
  /** A page goes back. */
  free(page: number): void
}

/** Objects of one size (struct size_class). */
export interface ZsClass {
  /** Bytes, the handle included. */
  readonly size: number
  /** Single pages in a zspage. */
  readonly pages: number
  /** Objects in a zspage. */
  readonly objects: number
}

/** How full a zspage is (enum fullness_group); full ones are on no list that anybody searches. */
const ALMOST_EMPTY = 0
const ALMOST_FULL = 1
const FULL = 2
/** A new zspage is on no list. */
const NOWHERE = -1

interface Zspage {
  readonly place: number
  readonly objects: number
  readonly pages: readonly number[]
  inuse: number
  group: number
  next: Zspage | null
  previous: Zspage | null
}

/** Returns how many pages a zspage of a class has: those of which most is used (get_pages_per_zspage). */
function pagesOf(size: number): number {
  let best = 1
  let mostUsed = 0
  for (let pages = 1; pages <= MOST_PAGES; pages++) {
    const bytes = pages * PAGE_SIZE
    const used = Math.floor(((bytes - (bytes % size)) * 100) / bytes)
    if (used <= mostUsed) continue
    mostUsed = used
    best = pages
  }
  return best
}

/** The classes, smallest first; those of like shape are one, the largest of them (zs_create_pool). */
export function zsClasses(): readonly ZsClass[] {
  const classes: ZsClass[] = []
  let previous: ZsClass | null = null
  for (let place = CLASSES - 1; place >= 0; place--) {
    const size = Math.min(MIN_SIZE + place * DELTA, PAGE_SIZE)
    const pages = pagesOf(size)
    const objects = Math.floor((pages * PAGE_SIZE) / size)
    if (previous === null || previous.pages !== pages || previous.objects !== objects) {
      previous = { size, pages, objects }
    }
    classes[place] = previous
  }
  return classes
}

/** Objects from this size on, in bytes, get a page of their own: they had better be stored as they are (zs_huge_class_size). */
export function zsHugeClassSize(): number {
  const largest = [...zsClasses()]
    .reverse()
    .find(({ pages, objects }) => pages !== 1 && objects !== 1)
  return (largest?.size ?? PAGE_SIZE) - (HANDLE_SIZE - 1)
}

/** A pool of objects (struct zs_pool). */
export class Zsmalloc {
  readonly #source: ZsPages
  readonly #classes = zsClasses()
  /** By class and fullness: the first zspage with room. */
  readonly #first: (Zspage | null)[] = new Array<Zspage | null>(CLASSES * (FULL + 1)).fill(null)
  /** By handle. */
  readonly #zspages: (Zspage | null)[] = []
  readonly #freeHandles: number[] = []
  #pages = 0

  constructor(source: ZsPages) {
    this.#source = source
  }

  /** Pages that it has from the page allocator (zs_get_total_pages). */
  get pages(): number {
    return this.#pages
  }

  /**
   * Allocates an object (zs_malloc).
   * @param size bytes, 1 to 4096
   * @returns its handle, or {@link NO_HANDLE}
   * @throws RangeError for another size
   */
  malloc(size: number, gfp: number): number {
    if (!(size >= 1 && size <= PAGE_SIZE))
      throw new RangeError(`an object has 1 to 4096 bytes, not ${size}`)
    const place = Math.min(
      CLASSES - 1,
      Math.max(0, Math.ceil((size + HANDLE_SIZE - MIN_SIZE) / DELTA)),
    )
    // Those of like shape share the lists of the largest.
    const shape = this.#classes[place] as ZsClass
    const lists = this.#listsOf(shape)
    const zspage =
      this.#first[lists + ALMOST_FULL] ??
      this.#first[lists + ALMOST_EMPTY] ??
      this.#grow(shape, gfp)
    if (zspage === null) return NO_HANDLE
    zspage.inuse++
    this.#settle(zspage)
    const handle = this.#freeHandles.pop() ?? this.#zspages.length
    this.#zspages[handle] = zspage
    return handle
  }

  /**
   * Gives an object back (zs_free).
   * @throws RangeError for a handle that is not in use
   */
  free(handle: number): void {
    const zspage = this.#zspages[handle] ?? null
    if (zspage === null) throw new RangeError(`the handle ${handle} is not in use`)
    this.#zspages[handle] = null
    this.#freeHandles.push(handle)
    zspage.inuse--
    if (zspage.inuse > 0) {
      this.#settle(zspage)
      return
    }
    this.#unlink(zspage)
    for (const page of zspage.pages) this.#source.free(page)
    this.#pages -= zspage.pages.length
  }

  #listsOf({ size }: ZsClass): number {
    return Math.ceil((size - MIN_SIZE) / DELTA) * (FULL + 1)
  }

  /** A new zspage, or null when there is not memory enough for all of it (alloc_zspage). */
  #grow(shape: ZsClass, gfp: number): Zspage | null {
    const pages: number[] = []
    while (pages.length < shape.pages) {
      const page = this.#source.alloc(gfp)
      if (page === NO_PAGE) {
        for (const each of pages) this.#source.free(each)
        return null
      }
      pages.push(page)
    }
    this.#pages += pages.length
    return {
      place: this.#listsOf(shape),
      objects: shape.objects,
      pages,
      inuse: 0,
      group: NOWHERE,
      next: null,
      previous: null,
    }
  }

  /** A zspage gets on the list of its fullness, if that is another now (fix_fullness_group). */
  #settle(zspage: Zspage): void {
    const { inuse, objects } = zspage
    let group = ALMOST_FULL
    if (inuse === objects) group = FULL
    else if (inuse <= Math.floor((3 * objects) / 4)) group = ALMOST_EMPTY
    if (group === zspage.group) return
    if (zspage.group !== NOWHERE) this.#unlink(zspage)
    zspage.group = group
    const head = this.#first[zspage.place + group] ?? null
    // Fuller ones come first, so that more of them get full (insert_zspage).
    const before = head !== null && inuse < head.inuse ? head : null
    zspage.previous = before
    zspage.next = before === null ? head : before.next
    if (zspage.next !== null) zspage.next.previous = zspage
    if (before === null) this.#first[zspage.place + group] = zspage
    else before.next = zspage
  }

  #unlink(zspage: Zspage): void {
    const { previous, next } = zspage
    if (next !== null) next.previous = previous
    if (previous === null) this.#first[zspage.place + zspage.group] = next
    else previous.next = next
    zspage.previous = null
    zspage.next = null
  }
}
