/**
 * Zone compaction: what is remembered of a zone between two compactions: where the scanners go on, which pageblocks are not worth a
 * look, and how long not to try again after failures (mm/compaction.c, defer_compaction and its kin; struct zone, 6.1.192).
 *
 * Simpler than the kernel: when all is forgotten the scanners start at the ends of the zone, not at the first pageblocks that look
 * promising (__reset_isolation_suitable).
 */
import { PAGEBLOCK_ORDER } from '../pages/fallback.js'

const PAGEBLOCK = 1 << PAGEBLOCK_ORDER
/** After so many failures in a row only each 64th attempt is made (COMPACT_MAX_DEFER_SHIFT). */
const MAX_DEFER_SHIFT = 6

/** What is known of a zone: a copy. */
export interface ZoneCompactionState {
  /** Where the scanner for pages to move goes on when it only does what is cheap: a page. */
  readonly migrateAsync: number
  /** Where it goes on when it does all. */
  readonly migrateSync: number
  /** The pageblock in which the scanner for free pages goes on: its first page. */
  readonly free: number
  /** Attempts since the last failure. */
  readonly considered: number
  /** 2 to this power, less 1, is how many attempts are left out after a failure. */
  readonly deferShift: number
  /** The lowest order that failed. */
  readonly orderFailed: number
  /** A request has seen the scanners meet since kswapd last went to sleep. */
  readonly flush: boolean
  /** By pageblock: 1 when scanning it was in vain lately. */
  readonly skip: Uint8Array
}

export class ZoneCompaction {
  /** The first page of the zone. */
  readonly start: number
  /** The page behind its last one. */
  readonly end: number
  /** Where the scanner for pages to move goes on, when it only does what is cheap, and when it does all. */
  migrateAsync: number
  migrateSync: number
  /** The pageblock in which the scanner for free pages goes on. */
  free: number
  /** Attempts since the last failure, and how many of them are left out: 2^deferShift - 1. */
  considered = 0
  deferShift = 0
  /** The lowest order that failed: lower ones are not left out. */
  orderFailed = 0
  /** A request has seen the scanners meet: kswapd forgets {@link skip} when it goes to sleep (compact_blockskip_flush). */
  flush = false
  /** By pageblock: 1 when scanning it was in vain lately. */
  readonly #skip: Uint8Array

  constructor({ start, managed }: { readonly start: number; readonly managed: number }) {
    this.start = start
    this.end = start + managed
    this.migrateAsync = start
    this.migrateSync = start
    this.free = this.lastBlock
    this.#skip = new Uint8Array(Math.ceil(managed / PAGEBLOCK))
  }

  /** The first page of the last pageblock. */
  get lastBlock(): number {
    return (this.end - 1) & -PAGEBLOCK
  }

  skips(page: number): boolean {
    return this.#skip[(page - this.start) >> PAGEBLOCK_ORDER] === 1
  }

  skip(page: number): void {
    this.#skip[(page - this.start) >> PAGEBLOCK_ORDER] = 1
  }

  /** The scanners start at the ends of the zone again (reset_cached_positions). */
  restart(): void {
    this.migrateAsync = this.start
    this.migrateSync = this.start
    this.free = this.lastBlock
  }

  /** Forgets which pageblocks were not worth a look (__reset_isolation_suitable). */
  reset(): void {
    this.flush = false
    this.#skip.fill(0)
    this.restart()
  }

  /** It has failed: so many of the next attempts are left out, twice as many as the last time (defer_compaction). */
  defer(order: number): void {
    this.considered = 0
    this.deferShift = Math.min(this.deferShift + 1, MAX_DEFER_SHIFT)
    if (order < this.orderFailed) this.orderFailed = order
  }

  /** Counts an attempt, and returns true if it is to be left out (compaction_deferred). */
  deferred(order: number): boolean {
    if (order < this.orderFailed) return false
    const limit = 1 << this.deferShift
    if (++this.considered < limit) return true
    this.considered = limit
    return false
  }

  /**
   * It has made a block (compaction_defer_reset).
   * @param allocated true if the request has got it
   */
  succeeded(order: number, allocated: boolean): void {
    if (allocated) {
      this.considered = 0
      this.deferShift = 0
    }
    if (order >= this.orderFailed) this.orderFailed = order + 1
  }

  /** Returns true if this is the first attempt after the longest pause (compaction_restarting). */
  restarting(order: number): boolean {
    if (order < this.orderFailed) return false
    return this.deferShift === MAX_DEFER_SHIFT && this.considered >= 1 << this.deferShift
  }

  /** What is known: a copy. */
  save(): ZoneCompactionState {
    const { migrateAsync, migrateSync, free, considered, deferShift, orderFailed, flush } = this
    const skip = this.#skip.slice()
    return { migrateAsync, migrateSync, free, considered, deferShift, orderFailed, flush, skip }
  }

  /** Puts it back. */
  load({ skip, ...state }: ZoneCompactionState): void {
    Object.assign(this, state)
    this.#skip.set(skip)
  }
}
