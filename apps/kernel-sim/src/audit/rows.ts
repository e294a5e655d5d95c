/**
 * Rows: the rows of a table, found by what they are about. Their number is limited, so that memory is too whatever a
 * recording holds: when there are too many names, what belongs to further ones is counted as `(others)`.
 */
export const OTHERS = '(others)'

const LIMIT = 1 << 14

export class Rows<P extends readonly string[], R> {
  readonly #rows = new Map<string, R>()
  readonly #make: (...parts: P) => R
  readonly #names: number

  /**
   * @param names how many of the parts of a key, the first ones, come from the recording and so have no end.
   * @param make makes the row for a key.
   */
  constructor(names: number, make: (...parts: P) => R) {
    this.#names = names
    this.#make = make
  }

  /** The row for a key. */
  of(...parts: P): R {
    return (
      this.#rows.get(parts.join('\n')) ??
      (this.#rows.size < LIMIT ? this.#add(parts) : this.#overflow(parts))
    )
  }

  values(): R[] {
    return [...this.#rows.values()]
  }

  #add(parts: P): R {
    const row = this.#make(...parts)
    this.#rows.set(parts.join('\n'), row)
    return row
  }

  #overflow(parts: P): R {
    const others = parts.map((part, i) => (i < this.#names ? OTHERS : part)) as unknown as P
    return this.#rows.get(others.join('\n')) ?? this.#add(others)
  }
}
