/** Mixture: how many pageblocks have pages in use of more than one migratetype. That is what fallbacks leave behind. */
import { MIGRATETYPES, PAGEBLOCK } from './footprint.js'

export class Mixture {
  /** By pageblock and migratetype: pages in use. */
  readonly #used: Int32Array

  constructor(pages: number) {
    this.#used = new Int32Array(Math.ceil(pages / PAGEBLOCK) * MIGRATETYPES)
  }

  /** So many pages more, or less, of a migratetype are in use, from this page on. */
  count(page: number, pages: number, migratetype: number): void {
    const most = Math.min(Math.abs(pages), PAGEBLOCK)
    for (let at = page; at < page + Math.abs(pages); at += PAGEBLOCK) {
      const i = Math.floor(at / PAGEBLOCK) * MIGRATETYPES + Math.min(migratetype, MIGRATETYPES - 1)
      this.#used[i] = (this.#used[i] as number) + (pages < 0 ? -most : most)
    }
  }

  /** Pageblocks with pages in use of some migratetype, and of more than one. */
  blocks(): { readonly used: number; readonly mixed: number } {
    let used = 0
    let mixed = 0
    for (let i = 0; i < this.#used.length; i += MIGRATETYPES) {
      let types = 0
      for (let type = 0; type < MIGRATETYPES; type++)
        if ((this.#used[i + type] as number) > 0) types++
      if (types > 0) used++
      if (types > 1) mixed++
    }
    return { used, mixed }
  }
}
