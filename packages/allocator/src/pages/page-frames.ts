/**
 * Page frames: what is known of each page of a machine, in typed arrays, 12 bytes a page (what mem_map is in the
 * kernel). There is no object per page: a page is its number, counted from the beginning of memory.
 *
 * `next` and `previous` link the first pages of blocks into lists, as `page->lru` does: free blocks, pages of a CPU, LRU lists.
 * Lists are circular; behind the pages each list has an entry of its own, where it begins and ends. So a page leaves its list
 * without knowing which one that is.
 */

/** No page. */
export const NO_PAGE = -1

/**
 * What a block is: in the upper half of its first page's `state`, with its order in the lower. Pages inside it have 0. (Why an
 * enum: see order.ts.)
 */
export enum Kind {
  FREE = 0x10,
  /** Allocated. */
  USED = 0x20,
  /** Free, on a list of one CPU. */
  PER_CPU = 0x30,
  /** Allocated, and on an LRU list. */
  LRU = 0x40,
  /** Allocated, as a slab. */
  SLAB = 0x50,
  /** Memory of a device (ZONE_DEVICE): its driver hands it out, the page allocator never has it. */
  DEVICE = 0x60,
  /** Allocated, and kept in memory by its owner (mlock): reclaim does not look at it. */
  UNEVICTABLE = 0x70,
  /** Allocated, and taken off its LRU list by somebody who works on it. */
  ISOLATED = 0x80,
}

const ORDER_MASK = 0x0f
const KIND_MASK = 0xf0

/** Two accounts of the same pages that must agree do not. */
export class InvariantError extends Error {
  /** @internal */
  constructor(page: number, why: string) {
    super(`page ${page}: ${why}`)
    this.name = 'InvariantError'
  }
}

/** All that {@link PageFrames} know: a copy. */
export type FramesState = Readonly<
  Record<'next' | 'previous', Int32Array> & {
    /** See {@link PageFrames.state}. */
    state: Uint8Array
    /** See {@link PageFrames.owner}. */
    owner: Uint16Array
    /** See {@link PageFrames.flags}. */
    flags: Uint8Array
    /** See {@link PageFrames.memcg}. */
    memcg: Uint16Array | null
  }
>

/** What each page of a machine is, in typed arrays of 12 bytes a page, and the lists that pages are on. */
export class PageFrames {
  /** How many page numbers there are: from 0 to this. */
  readonly pages: number
  /** The next page or list head, by page; lists follow the pages. */
  readonly next: Int32Array
  /** The page or list head before, by page. */
  readonly previous: Int32Array
  /** Kind and order of the block that begins with the page. */
  readonly state: Uint8Array
  /** The call site that the block was allocated for: see call-sites.ts. It stays when the block is freed. */
  readonly owner: Uint16Array
  /** Of pages on LRU lists: see lru.ts. */
  readonly flags: Uint8Array
  /** The number of the memory cgroup that the block is charged to, 0 for none; null as long as there are no groups. */
  memcg: Uint16Array | null = null
  #lists: number

  /**
   * @param pages how many pages, 0 to 2^30
   * @param lists how many lists {@link newList} may make
   * @throws RangeError for other numbers of pages
   */
  constructor(pages: number, lists: number) {
    if (!Number.isInteger(pages) || pages < 0 || pages > 2 ** 30) {
      throw new RangeError(`memory has 0 to 2^30 pages, not ${pages}`)
    }
    // Whole blocks of the highest order, so that every page has a buddy to ask, if only to hear that there is none.
    this.pages = Math.ceil(pages / 1024) * 1024
    this.next = new Int32Array(this.pages + lists)
    this.previous = new Int32Array(this.pages + lists)
    this.state = new Uint8Array(this.pages)
    this.owner = new Uint16Array(this.pages)
    this.flags = new Uint8Array(this.pages)
    this.#lists = this.pages
  }

  /**
   * A new, empty list.
   * @throws RangeError when there are as many as the frames were made for.
   */
  newList(): number {
    const list = this.#lists++
    if (list >= this.next.length) throw new RangeError('more lists than there is room for')
    this.next[list] = list
    this.previous[list] = list
    return list
  }

  /** Returns true if no page is on the list. */
  isEmpty(list: number): boolean {
    return this.next[list] === list
  }

  /** The first page of a list, {@link NO_PAGE} when it is empty. */
  first(list: number): number {
    const page = this.next[list] as number
    return page === list ? NO_PAGE : page
  }

  /** The last page of a list, {@link NO_PAGE} when it is empty. */
  last(list: number): number {
    const page = this.previous[list] as number
    return page === list ? NO_PAGE : page
  }

  /** Puts a page at the front of a list. */
  add(list: number, page: number): void {
    const { next, previous } = this
    const first = next[list] as number
    next[page] = first
    previous[page] = list
    previous[first] = page
    next[list] = page
  }

  /** Puts a page at the end of a list. */
  addTail(list: number, page: number): void {
    const { next, previous } = this
    const last = previous[list] as number
    previous[page] = last
    next[page] = list
    next[last] = page
    previous[list] = page
  }

  /** Takes a page off the list that it is on. */
  remove(page: number): void {
    const { next, previous } = this
    const after = next[page] as number
    const before = previous[page] as number
    next[before] = after
    previous[after] = before
  }

  /** Takes the first page off a list that is not empty. What was before it is known, and need not be read. */
  removeFirst(list: number): void {
    const { next } = this
    const after = next[next[list] as number] as number
    next[list] = after
    this.previous[after] = list
  }

  /** How many pages a list has: it is counted. */
  length(list: number): number {
    let length = 0
    for (let page = this.next[list]; page !== list; page = this.next[page as number]) length++
    return length
  }

  /** From now on pages know their memory cgroup: 2 bytes a page more. */
  trackMemcg(): void {
    this.memcg ??= new Uint16Array(this.pages)
  }

  /** The number of the memory cgroup that a block is charged to. */
  memcgOf(page: number): number {
    return this.memcg === null ? 0 : (this.memcg[page] as number)
  }

  /** Returns true if a block that is allocated begins with a page, whatever is done with it. */
  isUsed(page: number): boolean {
    const kind = this.kind(page)
    return kind !== 0 && kind !== Kind.FREE && kind !== Kind.PER_CPU && kind !== Kind.DEVICE
  }

  /** The order of the block that begins with a page. */
  order(page: number): number {
    return (this.state[page] as number) & ORDER_MASK
  }

  /** What the block is that begins with a page; 0 when none does. */
  kind(page: number): number {
    return (this.state[page] as number) & KIND_MASK
  }

  /** The first page of the block that a page is in; the page itself when it is in none. */
  head(page: number): number {
    for (let order = 0; order <= 10; order++) {
      const head = page & -(1 << order)
      if (this.kind(head) !== 0) return this.order(head) >= order ? head : page
    }
    return page
  }

  /**
   * Goes through a list and proves that it leads back the way it leads on.
   * @returns how many pages it has
   * @throws InvariantError for the first page where it does not; and what `prove` throws for a page.
   */
  check(list: number, prove: (page: number) => void): number {
    let length = 0
    let before = list
    for (let page = this.next[list] as number; page !== list; page = this.next[page] as number) {
      if (page >= this.pages) throw new InvariantError(page, 'a list leads into another list')
      if (this.previous[page] !== before) throw new InvariantError(page, 'its list is broken')
      if (++length > this.pages) throw new InvariantError(page, 'its list has no end')
      prove(page)
      before = page
    }
    if (this.previous[list] !== before) throw new InvariantError(before, 'its list is broken')
    return length
  }

  /**
   * Goes through a list of blocks that are all alike, and proves what {@link check} proves.
   * @param state kind and order that they must have
   * @param where names the list in errors
   * @returns how many blocks it has
   */
  checkBlocks(list: number, state: number, where: string): number {
    const { next, previous } = this
    // Most lists are empty, and tests validate often.
    if (next[list] === list && previous[list] === list) return 0
    return this.check(list, (page) => {
      if (this.state[page] !== state) {
        throw new InvariantError(page, `it is on ${where} of order ${state & ORDER_MASK}, wrongly`)
      }
    })
  }

  /** A copy of everything: 12 bytes a page. */
  save(): FramesState {
    const { next, previous, state, owner, flags, memcg } = this
    return {
      next: next.slice(),
      previous: previous.slice(),
      state: state.slice(),
      owner: owner.slice(),
      flags: flags.slice(),
      memcg: memcg === null ? null : memcg.slice(),
    }
  }

  /**
   * Puts everything back as it was.
   * @throws RangeError for what another number of pages or lists was copied from.
   */
  load(saved: FramesState): void {
    if (saved.next.length !== this.next.length) {
      throw new RangeError('a snapshot of another memory does not fit')
    }
    this.next.set(saved.next)
    this.previous.set(saved.previous)
    this.state.set(saved.state)
    this.owner.set(saved.owner)
    this.flags.set(saved.flags)
    if (saved.memcg === null) this.memcg?.fill(0)
    else {
      this.trackMemcg()
      this.memcg?.set(saved.memcg)
    }
  }
}
