/**
 * Pfmemalloc: the blocks that were to be had without any watermark only (page_is_pfmemalloc, include/linux/mm.h, 6.1.192). They are there to
 * free memory, and nothing else should be done with them. There are hardly ever any: whoever gives blocks back asks for their number first.
 */
export class PfmemallocBlocks {
  readonly #blocks = new Set<number>()
  /** How many there are. */
  count = 0

  /** Returns true if a block is one of them. */
  has(page: number): boolean {
    return this.#blocks.has(page)
  }

  /** A block was to be had so. */
  add(page: number): void {
    this.#blocks.add(page)
    this.count = this.#blocks.size
  }

  /** A block is free, or was to be had otherwise. */
  delete(page: number): void {
    this.#blocks.delete(page)
    this.count = this.#blocks.size
  }

  /** Their first pages. */
  save(): readonly number[] {
    return [...this.#blocks]
  }

  /** Puts them back. */
  load(blocks: readonly number[]): void {
    this.#blocks.clear()
    for (const page of blocks) this.#blocks.add(page)
    this.count = this.#blocks.size
  }
}
