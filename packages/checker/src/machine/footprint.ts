/**
 * Footprint: the bits of a row that were looked at or written. What is done works on a row through its fields and on nothing else,
 * so it does the same to every row that has the same bits there.
 */
/** Where a field lies in a row. */
interface Place {
  readonly word: number
  readonly shift: number
  readonly limit: number
}

export class Footprint {
  /** For each word of a row, the bits that were looked at or written. */
  readonly masks: Int32Array
  constructor(words: number) {
    this.masks = new Int32Array(words)
  }

  /** Begins anew. */
  open(): void {
    this.masks.fill(0)
  }

  /** A field was looked at, or written. */
  note({ word, shift, limit }: Place): void {
    this.masks[word] = (this.masks[word] as number) | (limit << shift)
  }
}
