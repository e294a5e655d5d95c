/**
 * Costs: what the CPU is used for, taken apart from the table of the machine that was measured. The table says what freeing a page
 * costs on a long list; part of that is the round over lists and shrinkers, which short lists need as well.
 */
import type { CpuCosts } from './machine-spec.js'

/** A vain reclaim goes through priorities 12 to 0 twice: the second time with active pages (mm/vmscan.c, do_try_to_free_pages). */
const VAIN_ROUNDS = 26
/** The list on which the table was taken has 15,993 pages: kswapd frees 3+7+15+31+62 of them in 5 rounds, a request 3+7+15+31 in 4. */
const KSWAPD = { pages: 118, rounds: 5 }
const DIRECT = { pages: 56, rounds: 4 }

export class Costs {
  /** A round of reclaim, without the pages that it frees. */
  readonly round: number
  /** A page that kswapd, or a request, frees. */
  readonly kswapdPage: number
  readonly directPage: number
  /**
   * Of a read that misses: copying the page, the rest being the allocation. The table does not divide it; a cached pread is a system
   * call and a copy, of which the copy is taken to be half. No figure of a whole read depends on it.
   */
  readonly copy: number
  readonly readPage: number
  readonly readHit: number
  readonly write: number
  readonly anonFault: number
  readonly createUnlink: number
  readonly statHit: number

  constructor(table: CpuCosts) {
    this.round = table.vainReclaim / VAIN_ROUNDS
    this.kswapdPage = table.kswapdPage - (this.round * KSWAPD.rounds) / KSWAPD.pages
    this.directPage = table.directPage - (this.round * DIRECT.rounds) / DIRECT.pages
    this.copy = table.readHit / 2
    this.readPage = table.readMiss - this.copy
    this.readHit = table.readHit
    this.write = table.write
    this.anonFault = table.anonFault
    this.createUnlink = table.createUnlink
    this.statHit = table.statHit
  }
}
