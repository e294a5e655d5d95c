/**
 * Call sites: who allocates. A site has a name and a number; pages carry the number of their owner. A site whose requests
 * ask for more than the scope of their task allows is reported: once, in the words of the proposal of 2015 that such
 * a check be always on. Every such request is counted.
 */
import { __GFP_FS, __GFP_IO } from '../gfp/flags.js'

/** Page owners are numbers of 16 bits. */
const MOST_SITES = 0xffff

/** A site and its unsafe requests. */
export interface UnsafeSite {
  /** The name of the site: the function that asks. */
  readonly site: string
  /** How many requests asked for more than their scope allows. */
  readonly count: number
}

/**
 * Call sites by number, and how often each asked for more than the scope of its task allows. The number 0 has no name.
 */
export class CallSites {
  readonly #names: string[] = ['(unnamed)']
  readonly #numbers = new Map<string, number>()
  readonly #unsafe: number[] = [0]
  /** Those whose contradicting flags have been reported. */
  readonly #contradicting = new Set<number>()

  /**
   * The number of a site, to allocate with.
   * @throws RangeError when there are more than 65,535 sites.
   */
  number(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const number = this.#names.length
    if (number > MOST_SITES)
      throw new RangeError(`${name} is one call site more than ${MOST_SITES}`)
    this.#names.push(name)
    this.#unsafe.push(0)
    this.#numbers.set(name, number)
    return number
  }

  /** The name of a site. */
  name(site: number): string {
    return this.#names[site] ?? `(site ${site})`
  }

  /** The sites that asked for more than a scope allowed, in the order of their numbers. */
  unsafe(): UnsafeSite[] {
    return this.#names.flatMap((site, number) => {
      const count = this.#unsafe[number] ?? 0
      return count > 0 ? [{ site, count }] : []
    })
  }

  /**
   * Counts a request that asks for more than its scope allows.
   * @returns what to report, the first time; undefined later
   */
  countUnsafe(site: number, gfp: number, allowed: number): string | undefined {
    const count = (this.#unsafe[site] ?? 0) + 1
    this.#unsafe[site] = count
    if (count > 1) return undefined
    const lost = gfp & ~allowed
    const flag =
      (lost & __GFP_IO) !== 0 ? 'GFP_IO' : (lost & __GFP_FS) !== 0 ? 'GFP_FS' : '__GFP_MOVABLE'
    return `${this.name(site)}: ${flag} allocation is unsafe for this context`
  }

  /**
   * A site asks for pages that move and do not move: `__GFP_MOVABLE` with `__GFP_RECLAIMABLE`.
   * @returns what to report, the first time; undefined later
   */
  contradiction(site: number, gfp: number): string | undefined {
    if (this.#contradicting.has(site)) return undefined
    this.#contradicting.add(site)
    const flags = `0x${(gfp >>> 0).toString(16)}`
    return `${this.name(site)}: ${flags} has __GFP_MOVABLE and __GFP_RECLAIMABLE: pages are one or the other`
  }

  /** The counts, for {@link load}. Names stay: a number means the same for ever. */
  save(): readonly number[] {
    return this.#unsafe.slice()
  }

  /** Puts the counts back. */
  load(counts: readonly number[]): void {
    for (let site = 0; site < this.#unsafe.length; site++) this.#unsafe[site] = counts[site] ?? 0
  }
}
