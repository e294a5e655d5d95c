/**
 * Symbols: the functions of the recorded kernel by their addresses, from its /proc/kallsyms. Addresses are two halves of 32
 * bits: as one number they would lose their low bits.
 */

/** The function that an address is in. */
export interface Place {
  readonly name: string
  /** From the beginning of the function. */
  readonly offset: number
}

/** No function is larger: an address further behind a symbol is in something that has none. */
const LARGEST = 1 << 20

/** How many addresses are remembered. */
const LIMIT = 1 << 17

export class Symbols {
  readonly #high: Uint32Array
  readonly #low: Uint32Array
  readonly #names: readonly string[]
  readonly #places = new Map<number, Map<number, Place | undefined>>()
  #remembered = 0

  /** @param kallsyms lines `ADDRESS TYPE NAME[\t[module]]`. */
  constructor(kallsyms: string) {
    const found: { high: number; low: number; name: string }[] = []
    for (const line of kallsyms.split('\n')) {
      const [, address, name] = /^([\da-f]+) [^aA] ([^\s$]\S*)/.exec(line) ?? []
      if (address === undefined || name === undefined) continue
      const high = address.length > 8 ? Number.parseInt(address.slice(0, -8), 16) : 0
      found.push({ high, low: Number.parseInt(address.slice(-8), 16), name })
    }
    // Mostly in order already; symbols of the same address keep theirs.
    found.sort((a, b) => a.high - b.high || a.low - b.low)
    this.#high = Uint32Array.from(found, ({ high }) => high)
    this.#low = Uint32Array.from(found, ({ low }) => low)
    this.#names = found.map(({ name }) => name)
  }

  /** Returns true if no address is known: the kernel hides them from who may not see them (kptr_restrict). */
  get areHidden(): boolean {
    const last = this.#names.length - 1
    return last < 0 || (this.#high[last] === 0 && this.#low[last] === 0)
  }

  /** Returns the function that an address is in; undefined where none is. */
  at(high: number, low: number): Place | undefined {
    let places = this.#places.get(high)
    if (places === undefined) {
      if (this.#places.size === LIMIT) return this.#find(high, low)
      this.#places.set(high, (places = new Map()))
    }
    let place = places.get(low)
    if (place !== undefined || places.has(low)) return place
    place = this.#find(high, low)
    if (this.#remembered++ < LIMIT) places.set(low, place)
    return place
  }

  #find(high: number, low: number): Place | undefined {
    let from = 0
    let to = this.#names.length
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.#isAfter(middle, high, low)) to = middle
      else from = middle + 1
    }
    let at = from - 1
    if (at < 0) return undefined
    const symbolHigh = this.#high[at] as number
    const symbolLow = this.#low[at] as number
    const offset = (high - symbolHigh) * 2 ** 32 + (low - symbolLow)
    // Above the last symbol nothing is known; of names for one address the kernel takes the first.
    if (offset >= LARGEST || (from === this.#names.length && offset > 0)) return undefined
    while (at > 0 && this.#high[at - 1] === symbolHigh && this.#low[at - 1] === symbolLow) at--
    const name = this.#names[at]
    return name === undefined ? undefined : { name, offset }
  }

  #isAfter(index: number, high: number, low: number): boolean {
    const symbolHigh = this.#high[index] as number
    return symbolHigh > high || (symbolHigh === high && (this.#low[index] as number) > low)
  }
}
