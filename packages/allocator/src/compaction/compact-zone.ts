/**
 * Compact zone: one compaction of one zone (mm/compaction.c, compact_zone, 6.1.192). One scanner goes up from the beginning of the zone
 * and takes pages that can move; another goes down from its end and takes free pages; the first are moved to the second, until there is
 * a block of the order that is wanted or the scanners meet. What may be moved follows from the gfp of the request: without `__GFP_FS`
 * only memory of programs, whose pages depend on no lock of a filesystem.
 *
 * Left out are the kernel's two short cuts through the free lists (fast_isolate_freepages, fast_find_migrateblock) and pages that move
 * without being on an LRU list (drivers' movable pages).
 */

import { ALLOC_CMA } from '../gfp/alloc-flags.js'
import { __GFP_FS } from '../gfp/flags.js'
import { gfpMigratetype, MIGRATE_MOVABLE } from '../gfp/migratetype.js'
import { MIGRATE_CMA } from '../pages/cma-migratetypes.js'
import { findSuitableFallback, PAGEBLOCK_ORDER } from '../pages/fallback.js'
import { Kind, type PageFrames } from '../pages/page-frames.js'
import { MAX_ORDER, withFreePages, zoneWatermarkOk } from '../pages/watermark.js'
import type { Zone } from '../pages/zone.js'
import type { Lru } from '../reclaim/lru.js'
import { PG_FILE, PG_WRITEBACK } from '../reclaim/lru-flags.js'
import type { ReclaimHooks } from '../reclaim/reclaim-hooks.js'
import {
  COMPACT_COMPLETE,
  COMPACT_CONTENDED,
  COMPACT_CONTINUE,
  COMPACT_PARTIAL_SKIPPED,
  COMPACT_SKIPPED,
  COMPACT_SUCCESS,
} from './compact-result.js'
import type { MigrateHooks } from './migrate-hooks.js'
import { compactedEnough } from './proactive.js'
import { compactionSuitable, type WantedBlock } from './suitable.js'
import type { ZoneCompaction } from './zone-compaction.js'

const PAGEBLOCK = 1 << PAGEBLOCK_ORDER
/** Where movable pages may be: also in CMA areas (is_migrate_movable). */
const MOVABLE = (1 << MIGRATE_MOVABLE) | (1 << MIGRATE_CMA)
/** Pages are moved in clusters of so many (COMPACT_CLUSTER_MAX). */
const CLUSTER = 32

/** What compaction has just done: whoever steps charges time for it. */
export interface CompactionStep {
  /** Its only kind. */
  readonly kind: 'compact'
  /** Pages that the scanner for pages to move has looked at. */
  readonly migrateScanned: number
  /** Pages that the scanner for free pages has looked at. */
  readonly freeScanned: number
  /** Pages that it has taken, to move or to move to. */
  readonly isolated: number
  /** Pages moved. */
  readonly moved: number
  /** Pages that could not be. */
  readonly failed: number
}

/** The steps of a compaction that returns `R` in the end. They are to be taken one by one; nothing is answered. */
export type CompactionSteps<R> = Generator<CompactionStep, R, void>

/** What a compaction works on. */
export interface CompactionParts {
  readonly zone: Zone
  readonly known: ZoneCompaction
  readonly frames: PageFrames
  readonly lru: Lru
  readonly hooks: ReclaimHooks & MigrateHooks
}

/** How a compaction is done (struct compact_control). */
export interface CompactOptions extends WantedBlock {
  readonly gfp: number
  /** The CPU that it runs on. */
  readonly cpu: number
  /** Does what is expensive too (MIGRATE_SYNC_LIGHT); else only what is cheap (MIGRATE_ASYNC). */
  readonly sync: boolean
  /** For a request, which waits for it; else kcompactd does it. */
  readonly direct: boolean
  /** From end to end, whatever is known of it. */
  readonly whole: boolean
  /**
   * It is done without being asked, and for no block in particular: until the zone is less fragmented, or this returns true, since
   * kswapd runs.
   */
  readonly proactive?: (() => boolean) | undefined
}

export class CompactZone {
  readonly #parts: CompactionParts
  readonly #options: CompactOptions
  readonly #migratetype: number
  /** The migratetypes whose free blocks serve the request, a bit for each. */
  readonly #suitable: number
  #whole: boolean
  /** Where the scanners are. */
  #migrateAt = 0
  #freeAt = 0
  /** Pages to be moved, and free pages to move them to. */
  readonly #pages: number[] = []
  readonly #free: number[] = []
  /** The first page that was taken since CPUs last gave back what they keep; -1 for none. */
  #lastMigrated = -1
  #scanned = { migrate: 0, free: 0, isolated: 0 }

  constructor(parts: CompactionParts, options: CompactOptions) {
    this.#parts = parts
    this.#options = options
    this.#migratetype = gfpMigratetype(options.gfp)
    this.#suitable = this.#migratetype === MIGRATE_MOVABLE ? MOVABLE : 1 << this.#migratetype
    this.#whole = options.whole
  }

  /** Compacts, and returns what came of it. */
  *run(): CompactionSteps<number> {
    const { zone, known } = this.#parts
    const { sync, order } = this.#options
    if (order >= 0) {
      const suitable = compactionSuitable(zone, this.#options)
      if (suitable === COMPACT_SUCCESS || suitable === COMPACT_SKIPPED) return suitable
    }
    if (known.restarting(order)) known.reset()
    this.#begin()
    let updates = !sync && known.migrateAsync === known.migrateSync
    try {
      for (;;) {
        const result = this.#finished()
        if (result !== COMPACT_CONTINUE) return result
        const block = this.#migrateAt & -PAGEBLOCK
        // A pageblock that is met again is done to its end, lest it be met for ever.
        const again = this.#lastMigrated >= 0 && (this.#lastMigrated & -PAGEBLOCK) === block
        const from = this.#migrateAt
        this.#isolate(again)
        if (this.#pages.length === 0) {
          if (updates) known.migrateSync = known.migrateAsync
          yield this.#step(0, 0)
        } else {
          updates = false
          this.#lastMigrated = from
          const { moved, failed, nowhere } = this.#migrate()
          yield this.#step(moved, failed)
          if (nowhere && !this.#met()) return COMPACT_CONTENDED
          if (failed > 0 && this.#cheap()) {
            // There will be no block of the order here: on to the next.
            this.#migrateAt = alignUp(this.#migrateAt, 1 << order)
            this.#lastMigrated = -1
          }
        }
        this.#drain()
      }
    } finally {
      this.#release()
    }
  }

  /** Sets the scanners up where they were left, or at the ends of the zone. */
  #begin(): void {
    const { known } = this.#parts
    if (this.#whole) {
      this.#migrateAt = known.start
      this.#freeAt = known.lastBlock
      return
    }
    this.#freeAt = known.free
    if (this.#freeAt < known.start || this.#freeAt >= known.end) {
      this.#freeAt = known.lastBlock
      known.free = this.#freeAt
    }
    this.#migrateAt = this.#options.sync ? known.migrateSync : known.migrateAsync
    if (this.#migrateAt < known.start || this.#migrateAt >= known.end) {
      this.#migrateAt = known.start
      known.migrateAsync = known.start
      known.migrateSync = known.start
    }
    if (this.#migrateAt <= known.start) this.#whole = true
  }

  /** Returns true for a request that only wants what is cheap. */
  #cheap(): boolean {
    return this.#options.direct && !this.#options.sync
  }

  /** compact_scanners_met. */
  #met(): boolean {
    return this.#freeAt >> PAGEBLOCK_ORDER <= this.#migrateAt >> PAGEBLOCK_ORDER
  }

  /** compact_finished. */
  #finished(): number {
    const { zone, known } = this.#parts
    if (this.#met()) {
      known.restart()
      if (this.#options.direct) known.flush = true
      return this.#whole ? COMPACT_COMPLETE : COMPACT_PARTIAL_SKIPPED
    }
    const { proactive } = this.#options
    if (proactive !== undefined) {
      if (proactive()) return COMPACT_PARTIAL_SKIPPED
      return compactedEnough(zone) ? COMPACT_SUCCESS : COMPACT_CONTINUE
    }
    if (this.#options.order < 0) return COMPACT_CONTINUE
    // A pageblock is always finished, so that fewer are broken up later.
    if ((this.#migrateAt & (PAGEBLOCK - 1)) !== 0) return COMPACT_CONTINUE
    const { order: wanted, highest, allocFlags, inBlocks } = this.#options
    if (inBlocks === true) {
      const blocks = withFreePages(zone, zone.freeInPageblocks)
      const mark = zone.watermarks.high + zone.boost
      const reserve = zone.lowmemReserve[highest] ?? 0
      return zoneWatermarkOk(blocks, wanted, mark, reserve, allocFlags)
        ? COMPACT_SUCCESS
        : COMPACT_CONTINUE
    }
    for (let order = wanted; order < MAX_ORDER; order++) {
      const lists = zone.lists(order)
      if ((lists & this.#suitable) !== 0) return COMPACT_SUCCESS
      const area = { free: lists, lists }
      const fallback = findSuitableFallback(area, order, this.#migratetype, true)
      if (fallback.migratetype >= 0) return COMPACT_SUCCESS
    }
    return COMPACT_CONTINUE
  }

  /** Takes pages from the next pageblock that is worth it (isolate_migratepages). */
  #isolate(again: boolean): void {
    const { zone, known } = this.#parts
    let low = this.#migrateAt
    let end = alignUp(low + 1, PAGEBLOCK)
    for (; end <= this.#freeAt; low = end, end += PAGEBLOCK) {
      this.#migrateAt = low
      const unpromising = !this.#options.whole && known.skips(low)
      if ((low & (PAGEBLOCK - 1)) === 0 && unpromising) {
        this.#migrateAt = end
        continue
      }
      const type = zone.buddy.pageblockMigratetype(low)
      // For little effort: where the block that is wanted will be looked for.
      if (this.#cheap() && (this.#suitable & (1 << type)) === 0) {
        this.#remember(end)
        this.#migrateAt = end
        continue
      }
      this.#isolateBlock(low, end, again)
      return
    }
    this.#migrateAt = low
  }

  /** Takes pages that can move from a part of a pageblock (isolate_migratepages_block). */
  #isolateBlock(from: number, end: number, again: boolean): void {
    const { frames, known } = this.#parts
    const { order } = this.#options
    const cheap = this.#cheap()
    const pages = this.#pages
    const size = 1 << order
    let next = cheap ? alignUp(from + 1, size) : 0
    let page = from
    for (; page < end; page++) {
      if (cheap && page >= next) {
        if (pages.length > 0) break
        next = alignUp(page + 1, size)
      }
      this.#scanned.migrate++
      const kind = frames.kind(page)
      if (kind === Kind.FREE) {
        page += (1 << frames.order(page)) - 1
        continue
      }
      if (this.#isMovable(page, kind)) {
        if (page === (from & -PAGEBLOCK) && !this.#options.whole) known.skip(page)
        pages.push(page)
        if (pages.length >= CLUSTER && !again) {
          page++
          break
        }
        continue
      }
      if (kind !== 0 && kind !== Kind.PER_CPU) page += (1 << frames.order(page)) - 1
      if (!cheap) continue
      // What was taken before stays: with this page in it there will be no block.
      pages.length = 0
      if (page < next) {
        page = next - 1
        next += size
      }
    }
    this.#migrateAt = Math.min(page, end)
    this.#scanned.isolated += pages.length
    if (this.#migrateAt === end && (pages.length === 0 || again)) {
      known.skip(from)
      this.#remember(end)
    }
  }

  #isMovable(page: number, kind: number): boolean {
    const { frames, hooks } = this.#parts
    if (hooks.migrate === undefined || kind !== Kind.LRU || frames.order(page) > 0) return false
    const flags = frames.flags[page] as number
    if ((flags & PG_FILE) !== 0 && (this.#options.gfp & __GFP_FS) === 0) return false
    return this.#options.sync || (flags & PG_WRITEBACK) === 0
  }

  /** Moves the pages that were taken (migrate_pages). */
  #migrate(): { moved: number; failed: number; nowhere: boolean } {
    const { zone, frames, lru, hooks } = this.#parts
    let moved = 0
    let failed = 0
    let nowhere = false
    for (const page of this.#pages) {
      if (this.#free.length === 0 && !nowhere) this.#isolateFree()
      const to = this.#free[0]
      if (to === undefined) {
        nowhere = true
        failed++
        lru.rotate(page)
        continue
      }
      const busy = (lru.flags(page) & PG_WRITEBACK) !== 0 || hooks.locked?.(page) === true
      if (busy || hooks.migrate?.(page, to) !== true) {
        failed++
        lru.rotate(page)
        continue
      }
      this.#free.shift()
      frames.owner[to] = frames.owner[page] as number
      lru.migrate(page, to)
      zone.free(page, 0, this.#options.cpu)
      moved++
    }
    this.#pages.length = 0
    return { moved, failed, nowhere }
  }

  /** Takes free pages from the end of the zone, as many as there are pages to move (isolate_freepages). */
  #isolateFree(): void {
    const { known, zone } = this.#parts
    const wanted = this.#pages.length
    const low = alignUp(this.#migrateAt + 1, PAGEBLOCK)
    let at = this.#freeAt
    let block = at & -PAGEBLOCK
    let stride = this.#options.sync ? 1 : CLUSTER
    for (; block >= low; block -= PAGEBLOCK, at = block) {
      const end = Math.min(block + PAGEBLOCK, known.end)
      if (!this.#isTarget(block) || (!this.#options.whole && known.skips(block))) continue
      const before = this.#free.length
      at = this.#isolateFreeBlock(at, end, stride, wanted)
      if (at === end) {
        known.skip(block)
        if (block < known.free) known.free = block
      }
      if (this.#free.length >= wanted) {
        if (at >= end) at = block - PAGEBLOCK
        break
      }
      // The watermark was in the way.
      if (at < end) break
      stride = this.#free.length > before ? 1 : Math.min(CLUSTER, stride << 1)
    }
    this.#freeAt = Math.max(at, zone.start)
  }

  /** suitable_migration_target. */
  #isTarget(block: number): boolean {
    const { zone, frames } = this.#parts
    if (frames.kind(block) === Kind.FREE && frames.order(block) >= PAGEBLOCK_ORDER) return false
    const any = this.#options.whole && this.#options.direct
    return any || (MOVABLE & (1 << zone.buddy.pageblockMigratetype(block))) !== 0
  }

  /** Takes free pages from a pageblock; returns how far it came (isolate_freepages_block). */
  #isolateFreeBlock(from: number, end: number, stride: number, wanted: number): number {
    const { frames, zone } = this.#parts
    let page = from
    for (; page < end; page += stride) {
      this.#scanned.free++
      if (frames.kind(page) !== Kind.FREE) continue
      const order = frames.order(page)
      const mark = zone.watermarks.min + (1 << order)
      if (!zoneWatermarkOk(zone, 0, mark, zone.lowmemReserve[0] ?? 0, ALLOC_CMA)) break
      const pages = zone.buddy.isolate(page)
      for (let i = 0; i < pages; i++) this.#free.push(page + i)
      this.#scanned.free += pages - 1
      this.#scanned.isolated += pages
      if (this.#free.length >= wanted) {
        page += pages
        break
      }
      page += pages - 1
    }
    return Math.min(page, end)
  }

  /** Where the next compaction goes on (update_cached_migrate). */
  #remember(page: number): void {
    const { known } = this.#parts
    if (page > known.migrateAsync) known.migrateAsync = page
    if (this.#options.sync && page > known.migrateSync) known.migrateSync = page
  }

  /** Past a block of the order: what was freed in it merges, so that {@link #finished} sees it. */
  #drain(): void {
    if (this.#lastMigrated < 0 || this.#options.order < 0) return
    if (this.#lastMigrated >= (this.#migrateAt & -(1 << this.#options.order))) return
    this.#parts.zone.perCpu[this.#options.cpu]?.drain()
    this.#lastMigrated = -1
  }

  /** Gives back the free pages that were not needed (release_freepages). */
  #release(): void {
    const { zone, known } = this.#parts
    let highest = -1
    for (const page of this.#free) {
      zone.free(page, 0, this.#options.cpu)
      highest = Math.max(highest, page)
    }
    this.#free.length = 0
    // Only back, not forward.
    const block = highest & -PAGEBLOCK
    if (highest >= 0 && block > known.free) known.free = block
  }

  #step(moved: number, failed: number): CompactionStep {
    const { migrate, free, isolated } = this.#scanned
    this.#scanned = { migrate: 0, free: 0, isolated: 0 }
    return {
      kind: 'compact',
      migrateScanned: migrate,
      freeScanned: free,
      isolated,
      moved,
      failed,
    }
  }
}

/** The first multiple of `size`, a power of two, from a page on. */
function alignUp(page: number, size: number): number {
  return (page + size - 1) & -size
}
