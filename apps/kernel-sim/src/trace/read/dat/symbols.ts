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

const LF = 10
const SPACE = 32
const DOLLAR = 36
const LOWER_A = 97

export class Symbols {
  readonly #high: Uint32Array
  readonly #low: Uint32Array
  readonly #text: string
  /** Where in the text each name begins: it ends at the next blank. */
  readonly #names: Uint32Array
  readonly #places = new Map<number, Map<number, Place | undefined>>()
  #remembered = 0

  /**
   * A kernel has 200,000 symbols, of which a recording names a few thousand: only the addresses are read at once.
   * @param kallsyms lines `ADDRESS TYPE NAME[\t[module]]`.
   */
  constructor(kallsyms: string) {
    this.#text = kallsyms
    // No line is shorter than an address of one digit, a type and a name of one letter.
    const most = Math.ceil(kallsyms.length / 6) + 1
    const high = new Uint32Array(most)
    const low = new Uint32Array(most)
    const names = new Uint32Array(most)
    let count = 0
    let ordered = true
    for (let at = 0; at < kallsyms.length; ) {
      const name = nameIn(kallsyms, at)
      if (name > 0) {
        const address = name - 3
        const middle = Math.max(at, address - 8)
        high[count] = hexadecimal(kallsyms, at, middle)
        low[count] = hexadecimal(kallsyms, middle, address)
        names[count] = name
        ordered &&= count === 0 || isAscending(high, low, count)
        count++
      }
      const end = kallsyms.indexOf('\n', at)
      at = end < 0 ? kallsyms.length : end + 1
    }
    const all = [high, low, names].map((each) => each.subarray(0, count))
    const [sortedHigh = high, sortedLow = low, sortedNames = names] = ordered
      ? all
      : sorted(all, count)
    this.#high = sortedHigh
    this.#low = sortedLow
    this.#names = sortedNames
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
    return { name: this.#name(this.#names[at] ?? 0), offset }
  }

  #name(at: number): string {
    let end = at
    while (end < this.#text.length && this.#text.charCodeAt(end) > SPACE) end++
    return this.#text.slice(at, end)
  }

  #isAfter(index: number, high: number, low: number): boolean {
    const symbolHigh = this.#high[index] as number
    return symbolHigh > high || (symbolHigh === high && (this.#low[index] as number) > low)
  }
}

/**
 * Where the name of the symbol on a line begins; 0 where the line has none that is code or data: absolute ones (`a`) are neither, and
 * those with `$` mark what instructions follow (on arm).
 */
function nameIn(text: string, start: number): number {
  let at = start
  while (isHexadecimal(text.charCodeAt(at))) at++
  if (at === start || text.charCodeAt(at) !== SPACE) return 0
  const type = text.charCodeAt(at + 1)
  const first = text.charCodeAt(at + 3)
  if (text.charCodeAt(at + 2) !== SPACE || type === LF || (type | 32) === LOWER_A) return 0
  return first > SPACE && first !== DOLLAR ? at + 3 : 0
}

function isHexadecimal(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102)
}

/** Up to eight digits; no digit is nothing. */
function hexadecimal(text: string, start: number, end: number): number {
  let value = 0
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    value = value * 16 + (code <= 57 ? code - 48 : code - 87)
  }
  return value
}

/** Returns true if the symbol before this one is not above it. */
function isAscending(high: Uint32Array, low: Uint32Array, at: number): boolean {
  const [h = 0, before = 0] = [high[at], high[at - 1]]
  return h > before || (h === before && (low[at] ?? 0) >= (low[at - 1] ?? 0))
}

/** In order of their addresses; symbols of the same address keep theirs. */
function sorted([high, low, names]: readonly Uint32Array[], count: number): Uint32Array[] {
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => (high?.[a] ?? 0) - (high?.[b] ?? 0) || (low?.[a] ?? 0) - (low?.[b] ?? 0) || a - b,
  )
  return [high, low, names].map((each) => order.map((at) => each?.[at] ?? 0))
}
