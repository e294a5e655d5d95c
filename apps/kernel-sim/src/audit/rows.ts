/**
 * Rows: the rows of a table, found by what they are about. Their number is limited, so that memory is too whatever a
 * recording holds: when there are too many names, what belongs to further ones is counted as `(others)`.
 */
export const OTHERS = '(others)'

const LIMIT = 1 << 13

/** What is found by one part of a key: the row if it is the last one, else what is found by the next part. */
type Level<R> = Map<string, Level<R> | R>

export class Rows<P extends readonly string[], R extends object> {
  readonly #rows: R[] = []
  readonly #first: Level<R> = new Map()
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

  /** The row for a key: the same number of parts in all calls. Finding it makes no string. */
  of(...parts: P): R {
    let level: Level<R> | R | undefined = this.#first
    for (let i = 0; i < parts.length && level !== undefined; i++) {
      level = (level as Level<R>).get(parts[i] as string)
    }
    return (level as R | undefined) ?? this.#add(parts)
  }

  values(): R[] {
    return [...this.#rows]
  }

  #add(parts: P): R {
    if (this.#rows.length >= LIMIT && parts.slice(0, this.#names).some((name) => name !== OTHERS)) {
      const others = parts.map((part, i) => (i < this.#names ? OTHERS : part))
      return this.of(...(others as unknown as P))
    }
    let level = this.#first
    for (const part of parts.slice(0, -1)) {
      let next = level.get(part) as Level<R> | undefined
      if (next === undefined) level.set(part, (next = new Map()))
      level = next
    }
    const row = this.#make(...parts)
    level.set(parts.at(-1) ?? '', row)
    this.#rows.push(row)
    return row
  }
}

/** Rows that are about more than a few things: found by an object that names each part of their key. */
export class KeyedRows<K extends Readonly<Record<keyof K, string>>, R extends object> {
  readonly #parts: readonly (keyof K & string)[]
  readonly #rows: Rows<readonly string[], R>

  /**
   * @param names the parts that come from the recording and so have no end.
   * @param others the other parts.
   * @param make makes the row for a key.
   */
  constructor(
    names: readonly (keyof K & string)[],
    others: readonly (keyof K & string)[],
    make: (key: K) => R,
  ) {
    this.#parts = [...names, ...others]
    this.#rows = new Rows(names.length, (...parts) =>
      make(Object.fromEntries(this.#parts.map((part, i) => [part, parts[i]])) as unknown as K),
    )
  }

  of(key: K): R {
    return this.#rows.of(...this.#parts.map((part) => key[part]))
  }

  values(): R[] {
    return this.#rows.values()
  }
}
