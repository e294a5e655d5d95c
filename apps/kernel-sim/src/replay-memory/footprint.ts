/**
 * Footprint: the memory that a recording touches, and what was free of it when the recording began: exactly what it allocates before
 * it frees. Of other memory it says nothing, so to the replay all of that is in use.
 *
 * Pages are numbered anew, without the gaps: 1024 at a time, so that buddies stay buddies.
 */
import { ALLOC, type PageLog, RETURNED } from './page-log.js'

/** Pages of a pageblock: 2 MiB. */
export const PAGEBLOCK = 512
/** Unmovable, movable, reclaimable: what requests have. */
export const MIGRATETYPES = 3
/** Pages of the largest block. */
const CHUNK = 1024
/** So many are 64 GiB: a damaged recording may claim all the memory there is. */
const MOST_CHUNKS = 1 << 14

/** Where zones begin on x86-64: at 16 MiB, at 4 GiB. */
const DMA32_PFN = 4096
const NORMAL_PFN = 1 << 20

export interface ZonePages {
  readonly DMA: number
  readonly DMA32: number
  readonly Normal: number
}

export class Footprint {
  /** How many pages there are: they are numbers from 0. */
  readonly pages: number
  /** By zone, lowest first, as pages are numbered. */
  readonly zones: ZonePages
  /** By page: whether it was free when the recording began. */
  readonly initiallyFree: Uint8Array
  /** By pageblock: the migratetype that most of its pages were first allocated for. */
  readonly migratetypes: Uint8Array
  /** Events about memory that is left out. */
  readonly leftOut: number
  /** The first page number of each chunk, and the place of the chunk. */
  readonly #places: ReadonlyMap<number, number>

  /** @param most how many chunks of 1024 pages may be touched: what is in others is left out */
  constructor(log: PageLog, most = MOST_CHUNKS) {
    const chunks = new Set<number>()
    let leftOut = 0
    for (let i = 0; i < log.length; i++) {
      const chunk = Math.floor((log.pfn[i] as number) / CHUNK)
      if (chunks.has(chunk)) continue
      if (chunks.size < most) chunks.add(chunk)
      else leftOut++
    }
    const sorted = [...chunks].sort((a, b) => a - b)
    const between = (from: number, to: number) =>
      CHUNK * sorted.filter((chunk) => chunk * CHUNK >= from && chunk * CHUNK < to).length
    this.#places = new Map(sorted.map((chunk, place) => [chunk, place]))
    this.leftOut = leftOut
    this.pages = CHUNK * sorted.length
    this.zones = {
      DMA: between(0, DMA32_PFN),
      DMA32: between(DMA32_PFN, NORMAL_PFN),
      Normal: between(NORMAL_PFN, Number.POSITIVE_INFINITY),
    }
    const { initiallyFree, migratetypes } = this.#begin(log)
    this.initiallyFree = initiallyFree
    this.migratetypes = migratetypes
  }

  /** The number of a page here; -1 when it is left out. */
  page(pfn: number): number {
    const place = this.#places.get(Math.floor(pfn / CHUNK))
    return place === undefined ? -1 : place * CHUNK + (pfn % CHUNK)
  }

  #begin(log: PageLog): Pick<Footprint, 'initiallyFree' | 'migratetypes'> {
    const initiallyFree = new Uint8Array(this.pages)
    const seen = new Uint8Array(this.pages)
    const votes = new Uint32Array((this.pages / PAGEBLOCK) * MIGRATETYPES)
    for (let i = 0; i < log.length; i++) {
      const first = this.page(log.pfn[i] as number)
      if (first < 0) continue
      const end = first + (1 << (log.order[i] as number))
      const migratetype = Math.min(log.migratetype[i] as number, MIGRATETYPES - 1)
      for (let page = first; page < end; page++) {
        if (seen[page] !== 0) continue
        seen[page] = 1
        const kind = log.kind[i]
        if (kind !== ALLOC && kind !== RETURNED) continue
        initiallyFree[page] = 1
        if (kind === RETURNED) continue
        const vote = Math.floor(page / PAGEBLOCK) * MIGRATETYPES + migratetype
        votes[vote] = (votes[vote] as number) + 1
      }
    }
    const migratetypes = Uint8Array.from({ length: this.pages / PAGEBLOCK }, (_, block) => {
      const of = votes.subarray(block * MIGRATETYPES, (block + 1) * MIGRATETYPES)
      return of.indexOf(Math.max(...of))
    })
    return { initiallyFree, migratetypes }
  }
}
