/**
 * Slab table: what a cache knows of each of its slabs, in typed arrays (what struct slab is in the kernel). There is no object
 * per slab or per slab object: a slab is a number, an object its number in the slab.
 */

/** No slab. */
export const NO_SLAB = -1
/** No object. */
export const NO_INDEX = 0xffff
/** What an object in use has instead of the next that is free. */
const USED = 0xfffe

/** Where a slab is. */
export const UNUSED = 0
/** On no list: all its objects are in use. */
export const FULL = 1
/** A CPU allocates from it. */
export const ACTIVE = 2
/** A CPU keeps it at hand. */
export const CPU_PARTIAL = 3
/** On the list of slabs with free objects. */
export const PARTIAL = 4

/** All that a cache knows of its slabs: a copy. */
export interface SlabTableState {
  /** How many numbers of slabs there are, in use or not. */
  readonly size: number
  /** The first number that is not in use; -1 for none. */
  readonly spare: number
  /** What is known of each slab, a column for each fact. */
  readonly bySlab: readonly SlabColumn[]
  /** What is known of each object, a column for each fact. */
  readonly byObject: readonly Uint16Array[]
}

/** One fact about every slab, by the number of the slab. */
export type SlabColumn = Int32Array | Uint16Array | Uint8Array

export class SlabTable {
  /** How many objects a slab has at most. */
  readonly #stride: number
  /** The first page. */
  page = new Int32Array(0)
  order = new Uint8Array(0)
  place = new Uint8Array(0)
  /** How many objects it has, and how many are in use. */
  objects = new Uint16Array(0)
  inUse = new Uint16Array(0)
  /** The first object that is free. */
  free = new Uint16Array(0)
  /** Neighbours on the list that it is on. Unused slabs are on one as well. */
  next = new Int32Array(0)
  previous = new Int32Array(0)
  /** By object: the next that is free. */
  #nextFree = new Uint16Array(0)
  /** By object: the call site that allocated it last. */
  #owner = new Uint16Array(0)
  /** So many slabs there have been at once. */
  #size = 0
  #spare = NO_SLAB

  /** @param objects how many a slab has at most: 1 to 32,767 */
  constructor(objects: number) {
    this.#stride = objects
  }

  /** Slabs are numbers below this. */
  get size(): number {
    return this.#size
  }

  /** A new slab, all of whose objects are free: the first of them comes first. */
  add(page: number, order: number, objects: number): number {
    let slab = this.#spare
    if (slab !== NO_SLAB) this.#spare = this.next[slab] as number
    else {
      slab = this.#size++
      if (slab === this.page.length) this.#grow()
    }
    this.page[slab] = page
    this.order[slab] = order
    this.objects[slab] = objects
    this.inUse[slab] = 0
    this.free[slab] = 0
    const first = slab * this.#stride
    for (let index = 0; index < objects; index++) this.#nextFree[first + index] = index + 1
    this.#nextFree[first + objects - 1] = NO_INDEX
    return slab
  }

  /** Forgets a slab that is on no list. */
  remove(slab: number): void {
    this.place[slab] = UNUSED
    this.next[slab] = this.#spare
    this.#spare = slab
  }

  /** Takes the first free object; there is one. */
  take(slab: number, owner: number): number {
    const index = this.free[slab] as number
    const at = slab * this.#stride + index
    this.free[slab] = this.#nextFree[at] as number
    this.#nextFree[at] = USED
    this.#owner[at] = owner
    this.inUse[slab] = (this.inUse[slab] as number) + 1
    return index
  }

  /** Puts an object that is in use back. */
  put(slab: number, index: number): void {
    this.#nextFree[slab * this.#stride + index] = this.free[slab] as number
    this.free[slab] = index
    this.inUse[slab] = (this.inUse[slab] as number) - 1
  }

  isUsed(slab: number, index: number): boolean {
    return this.#nextFree[slab * this.#stride + index] === USED
  }

  /** The call site that allocated an object last. */
  owner(slab: number, index: number): number {
    return this.#owner[slab * this.#stride + index] as number
  }

  /**
   * Says why the list of free objects of a slab and its counter disagree; undefined when they agree.
   */
  fault(slab: number): string | undefined {
    const objects = this.objects[slab] as number
    const first = slab * this.#stride
    let free = 0
    for (let index = this.free[slab] as number; index !== NO_INDEX; free++) {
      if (index >= objects || free >= objects) return 'its list of free objects is broken'
      index = this.#nextFree[first + index] as number
    }
    let used = 0
    for (let index = 0; index < objects; index++) if (this.isUsed(slab, index)) used++
    if (free + used !== objects || used !== this.inUse[slab]) {
      return `${free} objects of ${objects} are free, ${used} in use, and ${this.inUse[slab]} counted`
    }
    return undefined
  }

  /** A copy of everything. */
  save(): SlabTableState {
    const slabs = this.#size
    return {
      size: slabs,
      spare: this.#spare,
      bySlab: this.#columns().map((column) => column.slice(0, slabs)),
      byObject: [this.#nextFree, this.#owner].map((column) =>
        column.slice(0, slabs * this.#stride),
      ),
    }
  }

  /** Puts everything back as it was. */
  load(state: SlabTableState): void {
    this.#size = state.size
    this.#spare = state.spare
    while (this.page.length < state.size) this.#grow()
    for (const [i, column] of this.#columns().entries()) column.set(state.bySlab[i] ?? [])
    this.#nextFree.set(state.byObject[0] ?? [])
    this.#owner.set(state.byObject[1] ?? [])
  }

  #columns(): readonly SlabColumn[] {
    const { page, order, place, objects, inUse, free, next, previous } = this
    return [page, order, place, objects, inUse, free, next, previous]
  }

  #grow(): void {
    const slabs = Math.max(8, this.page.length * 2)
    this.page = grown(this.page, new Int32Array(slabs))
    this.order = grown(this.order, new Uint8Array(slabs))
    this.place = grown(this.place, new Uint8Array(slabs))
    this.objects = grown(this.objects, new Uint16Array(slabs))
    this.inUse = grown(this.inUse, new Uint16Array(slabs))
    this.free = grown(this.free, new Uint16Array(slabs))
    this.next = grown(this.next, new Int32Array(slabs))
    this.previous = grown(this.previous, new Int32Array(slabs))
    this.#nextFree = grown(this.#nextFree, new Uint16Array(slabs * this.#stride))
    this.#owner = grown(this.#owner, new Uint16Array(slabs * this.#stride))
  }
}

/** `larger`, with what `column` has. */
function grown<T extends SlabColumn>(column: T, larger: T): T {
  larger.set(column)
  return larger
}
