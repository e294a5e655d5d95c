/** Owners: whose page a page is, so that reclaim can take it from them. */

/** Who has pages on LRU lists. */
export interface PageOwner {
  /**
   * Reclaim takes a page away.
   * @param index the place that the owner gave with the page
   * @param shadow what to keep there: the allocator's workingset packs it
   */
  lose(page: number, index: number, shadow: number): void
  /** Returns true while somebody works on the page: it is read in. */
  locked(page: number): boolean
  /** A page of the owner moves: from now on it is another one. Returns false when it has to stay. @param index as in lose() */
  move(from: number, to: number, index: number): boolean
  /** Lets go of what the owner has at a page, for it to be freed; returns false when it is in use. */
  release(page: number): boolean
}

export class Owners {
  readonly #owners: (PageOwner | undefined)[] = []
  /** Numbers that are to be given out again. */
  readonly #free: number[] = []
  readonly #owner: Int32Array
  readonly #index: Int32Array

  constructor(pages: number) {
    this.#owner = new Int32Array(pages).fill(-1)
    this.#index = new Int32Array(pages)
  }

  /** Makes an owner known; returns its number. */
  add(owner: PageOwner): number {
    const number = this.#free.pop() ?? this.#owners.length
    this.#owners[number] = owner
    return number
  }

  /** An owner has no page any more: its number is given to another. */
  remove(number: number): void {
    this.#owners[number] = undefined
    this.#free.push(number)
  }

  /** @param owner by its number */
  set(page: number, owner: number, index: number): void {
    this.#owner[page] = owner
    this.#index[page] = index
  }

  /** A page moves to another one, if its owner lets it; returns true if it has. */
  move(from: number, to: number): boolean {
    const index = this.#index[from] as number
    if (this.of(from)?.move(from, to, index) !== true) return false
    this.set(to, this.#owner[from] as number, index)
    return true
  }

  of(page: number): PageOwner | undefined {
    return this.#owners[this.#owner[page] as number]
  }

  index(page: number): number {
    return this.#index[page] as number
  }
}
