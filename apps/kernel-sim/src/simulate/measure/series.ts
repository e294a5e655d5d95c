/**
 * Series: columns of numbers over virtual time, in constant memory. When there is no more room every other row goes, and from then on
 * only every other one is taken: a run of any length has between half of the rows and all.
 */
export class Series<Name extends string> {
  readonly names: readonly Name[]
  /** ns between two rows. It doubles when the room is used up. */
  interval: number
  readonly #columns: Readonly<Record<Name, Float64Array>>
  readonly #at: Float64Array
  #rows = 0
  /** Calls of take() since the last row that was kept. */
  #skipped = 0
  #every = 1

  /**
   * @param interval ns between two calls of take()
   * @param room how many rows there are at most: an even number
   */
  constructor(
    names: readonly Name[],
    { interval, room }: { readonly interval: number; readonly room: number },
  ) {
    this.names = names
    this.interval = interval
    this.#at = new Float64Array(room)
    this.#columns = Object.fromEntries(
      names.map((name) => [name, new Float64Array(room)]),
    ) as Record<Name, Float64Array>
  }

  get rows(): number {
    return this.#rows
  }

  /** The times of the rows, ns. */
  get at(): Float64Array {
    return this.#at.subarray(0, this.#rows)
  }

  /** The values of a column, row by row. */
  column(name: Name): Float64Array {
    return this.#columns[name].subarray(0, this.#rows)
  }

  /** A row, for a time; `value` is asked for each column if the row is kept. */
  take(at: number, value: (name: Name) => number): void {
    if (++this.#skipped < this.#every) return
    this.#skipped = 0
    if (this.#rows === this.#at.length) this.#thin()
    const row = this.#rows++
    this.#at[row] = at
    for (const name of this.names) this.#columns[name][row] = value(name)
  }

  /** Every other row goes, beginning with the second. */
  #thin(): void {
    const rows = this.#rows >> 1
    for (const column of [this.#at, ...this.names.map((name) => this.#columns[name])]) {
      for (let row = 0; row < rows; row++) column[row] = column[2 * row] as number
    }
    this.#rows = rows
    this.#every *= 2
    this.interval *= 2
  }
}
