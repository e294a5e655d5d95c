/**
 * Recorded memory: the free blocks that the recording implies, by its own arithmetic. Where a block is, the kernel has decided; here it
 * is only taken out of what is free, and merged with its buddies when it comes back.
 */
const ORDERS = 11

export class RecordedMemory {
  /** How many pages are free. */
  free = 0
  /** By order: how many blocks are free. */
  readonly blocks = new Int32Array(ORDERS)
  /** By page: the order of the free block that begins there, and one more; 0 for none. */
  readonly #begins: Uint8Array

  constructor(pages: number) {
    this.#begins = new Uint8Array(pages)
  }

  /** A block is free from now on. None of its pages is yet. */
  give(page: number, order: number): void {
    this.free += 1 << order
    let first = page
    let size = order
    while (size < ORDERS - 1) {
      const buddy = first ^ (1 << size)
      if (this.#begins[buddy] !== size + 1) break
      this.#remove(buddy, size)
      first &= buddy
      size++
    }
    this.#add(first, size)
  }

  /**
   * A block is in use from now on.
   * @returns false when it is not free as a whole: then nothing has changed
   */
  take(page: number, order: number): boolean {
    let size = order
    let first = page
    while (this.#begins[first] !== size + 1) {
      if (++size === ORDERS) return false
      first = page & -(1 << size)
    }
    this.#remove(first, size)
    while (size > order) {
      size--
      // The half without the block stays free.
      const upper = first + (1 << size)
      if (page >= upper) {
        this.#add(first, size)
        first = upper
      } else this.#add(upper, size)
    }
    this.free -= 1 << order
    return true
  }

  #add(page: number, order: number): void {
    this.#begins[page] = order + 1
    this.blocks[order] = (this.blocks[order] as number) + 1
  }

  #remove(page: number, order: number): void {
    this.#begins[page] = 0
    this.blocks[order] = (this.blocks[order] as number) - 1
  }
}
