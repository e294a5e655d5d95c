/**
 * Recent: a map that keeps the entries that were added last. What it forgets it counts, so that a report can say
 * that something was forgotten.
 */
export class Recent<K, V> {
  readonly #entries = new Map<K, V>()
  readonly #limit: number
  #forgotten = 0
  /** What was looked for last: mostly that is looked for again. */
  #lastKey: K | undefined
  #lastValue: V | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#entries.size
  }

  /** How many entries had to make room for others. */
  get forgotten(): number {
    return this.#forgotten
  }

  get(key: K): V | undefined {
    if (key === this.#lastKey) return this.#lastValue
    const value = this.#entries.get(key)
    this.#remember(key, value)
    return value
  }

  /** Adds or replaces an entry, which is the most recent one then. */
  set(key: K, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    this.#remember(key, value)
    if (this.#entries.size > this.#limit) {
      for (const oldest of this.#entries.keys()) {
        this.take(oldest)
        this.#forgotten++
        return
      }
    }
  }

  /** Removes an entry and returns it. */
  take(key: K): V | undefined {
    const value = this.#entries.get(key)
    this.#entries.delete(key)
    if (key === this.#lastKey) this.#lastValue = undefined
    return value
  }

  values(): IterableIterator<V> {
    return this.#entries.values()
  }

  clear(): void {
    this.#entries.clear()
    this.#lastValue = undefined
  }

  #remember(key: K, value: V | undefined): void {
    this.#lastKey = key
    this.#lastValue = value
  }
}
