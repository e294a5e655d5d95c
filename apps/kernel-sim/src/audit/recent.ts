/**
 * Recent: a map that keeps the entries that were added last. What it forgets it counts, so that a report can say
 * that something was forgotten.
 */
export class Recent<K, V> {
  readonly #entries = new Map<K, V>()
  readonly #limit: number
  #forgotten = 0

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
    return this.#entries.get(key)
  }

  /** Adds or replaces an entry, which is the most recent one then. */
  set(key: K, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#limit) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest)
        this.#forgotten++
        return
      }
    }
  }

  /** Removes an entry and returns it. */
  take(key: K): V | undefined {
    const value = this.#entries.get(key)
    this.#entries.delete(key)
    return value
  }

  values(): IterableIterator<V> {
    return this.#entries.values()
  }

  clear(): void {
    this.#entries.clear()
  }
}
