/**
 * Kept row: a state that somebody keeps while others work on the same machine. Where one of them makes a field wider, rows get
 * another arrangement; this one follows when it is looked at next, whoever it was.
 */
import { fitting, type Layout, type Row } from './layout.js'

export class KeptRow {
  readonly #layout: Layout
  #row: Row
  #arrangement: number

  /** Keeps the row that `make` makes. It is made again, in a wider arrangement, where a field has no room for a value. */
  constructor(layout: Layout, make: () => Row) {
    this.#layout = layout
    this.#row = fitting(make, (overflow) => layout.widen(overflow))
    this.#arrangement = layout.arrangement
  }

  /** The row, in the arrangement of now. It is good until a field gets wider. */
  get row(): Row {
    if (this.#arrangement !== this.#layout.arrangement) this.#follow()
    return this.#row
  }

  /** Keeps another row instead, which is of the arrangement of now. */
  set row(row: Row) {
    this.#row = row
    this.#arrangement = this.#layout.arrangement
  }

  /** Does something with the row. Where a field is too narrow it is made wider, and it is done again. */
  fitting<T>(act: () => T): T {
    return fitting(act, (overflow) => this.#layout.widen(overflow))
  }

  #follow(): void {
    const layout = this.#layout
    this.#row = this.fitting(() => {
      const row = new Int32Array(layout.words)
      layout.since(this.#arrangement)(this.#row, 1, row)
      return row
    })
    this.#arrangement = layout.arrangement
  }
}
