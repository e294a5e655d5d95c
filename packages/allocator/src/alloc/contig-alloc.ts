/**
 * Contiguous allocation: gets one range of pages and no other, by moving away what is there (mm/page_alloc.c, alloc_contig_range; mm/cma.c,
 * cma_alloc, 6.1.192). Its pageblocks are isolated, pages on LRU lists are moved to others, clean ones of files are given up, and what is
 * free then is taken. The scopes of the task count: in a NOFS scope pages of files stay where they are, and the range cannot be had.
 *
 * In steps, it asks whoever steps to wait for pages that are locked or under writeback; at once there is nobody else to wait for, and they are
 * in the way.
 */

import { currentGfpContext } from '../gfp/context.js'
import {
  __GFP_FS,
  __GFP_HIGHMEM,
  __GFP_MOVABLE,
  __GFP_NOWARN,
  __GFP_RETRY_MAYFAIL,
  GFP_KERNEL,
  GFP_USER,
} from '../gfp/flags.js'
import { MIGRATE_MOVABLE } from '../gfp/migratetype.js'
import { ZONE_NORMAL } from '../gfp/zone.js'
import type { CmaArea } from '../pages/cma-area.js'
import { MIGRATE_CMA } from '../pages/cma-migratetypes.js'
import { Order } from '../pages/order.js'
import { PageError } from '../pages/page-error.js'
import { Kind, NO_PAGE, type PageFrames } from '../pages/page-frames.js'
import {
  type PageRange,
  startIsolatePageRange,
  testPagesIsolated,
  undoIsolatePageRange,
} from '../pages/page-isolation.js'
import type { Zone } from '../pages/zone.js'
import type { Zones } from '../pages/zones.js'
import { atOnce } from '../reclaim/at-once.js'
import type { Lru } from '../reclaim/lru.js'
import { PG_DIRTY, PG_FILE, PG_WRITEBACK } from '../reclaim/lru-flags.js'
import {
  CMA_ALLOC_FAIL,
  CMA_ALLOC_SUCCESS,
  PGMIGRATE_FAIL,
  PGMIGRATE_SUCCESS,
  type VmEvents,
} from '../reclaim/vm-events.js'
import type { Task } from '../task/memalloc.js'
import type { MemoryHooks } from './memory-hooks.js'
import type { PageRequest } from './request.js'
import type { AllocStep } from './steps.js'

/** Pages are taken off their lists in clusters of so many (COMPACT_CLUSTER_MAX). */
const CLUSTER = 32
/** So often it is tried to move a cluster (__alloc_contig_migrate_range). */
const MAX_TRIES = 5
/** Each time it goes over its pages so often, and waits for those that are busy from the fourth time on (migrate_pages, `pass > 2`). */
const MAX_PASSES = 10
const PATIENT_PASSES = 2
/** What the kernel's log says of a failure: see {@link ContigResult}. */
const EBUSY = -16
const ENOMEM = -12
/** What pages are moved to: a request that may fail, so that none goes on for ever. */
const TARGET = GFP_USER | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL

/** What came of it: `busy` when something in the range cannot be moved (-EBUSY), `nomem` when there was nothing to move it to (-ENOMEM). */
export type ContigResult = 'allocated' | 'busy' | 'nomem'

/** What a contiguous allocation does beside its requests for pages to move to. */
export type ContigStep =
  | {
      /** It has moved pages, when it is yielded: whoever steps charges time for it. */
      readonly kind: 'migrate'
      /** Pages moved. */
      readonly moved: number
      /** Clean pages of files that were given up instead. */
      readonly reclaimed: number
      /** Pages that could not be moved, though it was tried again and again. */
      readonly failed: number
    }
  | {
      /** Wait for a page: it is locked, or under writeback (folio_lock, folio_wait_writeback). Answered with 1 once it has been waited for. */
      readonly kind: 'wait-on-page'
      /** The page. */
      readonly page: number
      /** What for. */
      readonly until: 'unlocked' | 'written'
    }
  | {
      /** A range of a CMA area is busy, when it is yielded: the next one is tried (the tracepoint cma_alloc_busy_retry). */
      readonly kind: 'busy'
      /** The first page of the range. */
      readonly page: number
    }

/** Its steps, and those of the requests for pages to move to: these are answered as those of any request. */
export type ContigSteps<R> = Generator<AllocStep | ContigStep, R, number | undefined>
/** The steps of a request for a page to move to. */
type RequestSteps = Generator<AllocStep, number, number | undefined>

/** A range of pages that is wanted. */
export interface ContigRequest {
  /** Who asks: its scopes say which pages may be moved. */
  readonly task: Task
  /** The first page, and how many: all in one zone. */
  readonly start: number
  /** See {@link ContigRequest.start}. */
  readonly pages: number
  /** As the caller passes it; by default GFP_KERNEL. */
  readonly gfp?: number
  /** From {@link CallSites}; by default 0, no name. */
  readonly site?: number
  /** Where the task runs; by default 0. */
  readonly cpu?: number
}

/** Pages of a CMA area that are wanted. */
export interface CmaRequest extends Omit<ContigRequest, 'start'> {
  /** The area: one of `zones.cmaAreas`. */
  readonly area: CmaArea
  /** They begin at a multiple of 2 to this power; by default anywhere. */
  readonly align?: number
}

/** What it works with. */
export interface ContigParts {
  readonly zones: Zones
  readonly lru: Lru
  readonly hooks: MemoryHooks
  readonly events: VmEvents
  /** A request in steps. */
  readonly steps: (request: PageRequest) => RequestSteps
  /** Gives a block back. */
  readonly free: (page: number, order: number, cpu: number) => void
  /** Frees a clean page of a file, if that can be done at once (reclaim_clean_pages_from_list). */
  readonly reclaimClean: (page: number, cpu: number) => boolean
}

/** Allocates ranges of pages, and pages of CMA areas. */
export class ContigAllocator {
  readonly #parts: ContigParts
  readonly #frames: PageFrames

  /** @internal */
  constructor(parts: ContigParts) {
    this.#parts = parts
    this.#frames = parts.zones.frames
  }

  /**
   * Allocates a range of pages: each is a block of its own then (alloc_contig_range).
   * @throws PageError for a range that does not lie in one zone
   */
  alloc(request: ContigRequest): ContigResult {
    return atOnce(this.allocating(request))
  }

  /** The same in steps. */
  *allocating(request: ContigRequest): ContigSteps<ContigResult> {
    return yield* this.#allocating(request, MIGRATE_MOVABLE)
  }

  *#allocating(request: ContigRequest, migratetype: number): ContigSteps<ContigResult> {
    const { start, pages, cpu = 0, site = 0 } = request
    const range = { start, end: start + pages }
    const zone = this.#zoneOf(range)
    if (!startIsolatePageRange(zone, range, migratetype)) return 'busy'
    try {
      zone.drain()
      if ((yield* this.#migrate(zone, range, request)) === 'nomem') return 'nomem'
      if (!this.#grab(zone, range, cpu)) return 'busy'
      this.#frames.owner.fill(site, range.start, range.end)
      return 'allocated'
    } finally {
      undoIsolatePageRange(zone, range, migratetype)
    }
  }

  /** Gives a range back, page by page (free_contig_range). */
  free({ start, pages, cpu = 0 }: Pick<ContigRequest, 'start' | 'pages' | 'cpu'>): void {
    for (let page = start; page < start + pages; page++) this.#parts.free(page, 0, cpu)
  }

  /**
   * Allocates pages of a CMA area (cma_alloc): the first range that is not handed out and can be had.
   * @returns the first page, or {@link NO_PAGE}
   */
  allocCma(request: CmaRequest): number {
    return atOnce(this.allocatingCma(request))
  }

  /** The same in steps. */
  *allocatingCma({ area, align = 0, ...request }: CmaRequest): ContigSteps<number> {
    const { pages } = request
    let result: ContigResult = 'nomem'
    let page = area.find(pages, align)
    while (page !== undefined) {
      // Nobody else tries for it meanwhile.
      area.mark(page, pages, true)
      result = 'busy'
      try {
        result = yield* this.#allocating({ ...request, start: page }, MIGRATE_CMA)
      } finally {
        // Also when nobody steps on.
        if (result !== 'allocated') area.mark(page, pages, false)
      }
      if (result === 'allocated') {
        area.succeeded += pages
        this.#count(CMA_ALLOC_SUCCESS, 1)
        return page
      }
      if (result === 'nomem') break
      yield { kind: 'busy', page }
      page = area.find(pages, align, area.after(page, align))
    }
    area.failed += pages
    this.#count(CMA_ALLOC_FAIL, 1)
    if (((request.gfp ?? GFP_KERNEL) & __GFP_NOWARN) === 0) {
      // The kernel leaves some out where there are more than 10 in 5 s (pr_err_ratelimited).
      const error = result === 'busy' ? EBUSY : ENOMEM
      this.#parts.hooks.log?.(
        `cma: cma_alloc: ${area.name}: alloc failed, req-size: ${pages} pages, ret: ${error}`,
      )
    }
    return NO_PAGE
  }

  /**
   * Gives pages of a CMA area back (cma_release).
   * @throws PageError for pages that are not part of it
   */
  freeCma(area: CmaArea, range: Pick<ContigRequest, 'start' | 'pages' | 'cpu'>): void {
    const { start, pages } = range
    if (!area.has(start, pages)) {
      const last = start + pages - 1
      throw new PageError(`pages ${start} to ${last} are not part of CMA area ${area.name}`)
    }
    this.free(range)
    area.mark(start, pages, false)
  }

  #zoneOf({ start, end }: PageRange): Zone {
    const zone = this.#parts.zones.zoneOf(start)
    if (start < end && end <= zone.start + zone.managed) return zone
    throw new PageError(`pages ${start} to ${end - 1} do not lie in one zone`)
  }

  /** Moves what can be moved out of a range (__alloc_contig_migrate_range). */
  *#migrate(zone: Zone, range: PageRange, request: ContigRequest): ContigSteps<ContigResult> {
    const { task } = request
    const gfp = currentGfpContext(task.mask, request.gfp ?? GFP_KERNEL)
    for (let from = range.start; from < range.end; ) {
      const cluster = new Cluster(this.#parts.lru, this.#frames)
      from = this.#isolate({ start: from, end: range.end }, gfp, cluster)
      try {
        for (let tries = 0; cluster.pages.size > 0; tries++) {
          if (tries === MAX_TRIES) return 'busy'
          if ((yield* this.#migrateCluster(zone, cluster, request)) === 'nomem') return 'nomem'
        }
      } finally {
        // Also when nobody steps on.
        cluster.putback()
      }
    }
    return 'allocated'
  }

  /** Gives up clean pages of a cluster, and moves the others: what stays in it could not be moved (migrate_pages with MIGRATE_SYNC). */
  *#migrateCluster(
    zone: Zone,
    cluster: Cluster,
    request: ContigRequest,
  ): ContigSteps<ContigResult> {
    const { cpu = 0 } = request
    const reclaimed = cluster.dropIf((page) => this.#reclaimed(page, cpu))
    let moved = 0
    let result: ContigResult = 'allocated'
    try {
      for (let pass = 0; pass < MAX_PASSES && cluster.pages.size > 0; pass++) {
        for (const page of [...cluster.pages.keys()]) {
          if (pass > PATIENT_PASSES) yield* this.#waitFor(page, cluster)
          // Its owner may have freed it meanwhile. One that is busy needs no page to move to.
          if (!cluster.has(page) || this.#busy(page) !== null) continue
          const to = yield* this.#parts.steps(this.#target(zone, request))
          if (to === NO_PAGE) {
            result = 'nomem'
            return result
          }
          if (cluster.has(page) && this.#moved(page, to)) {
            cluster.moved(page, to)
            this.#parts.free(page, 0, cpu)
            moved++
          } else this.#parts.free(to, 0, cpu)
        }
      }
    } finally {
      this.#count(PGMIGRATE_SUCCESS, moved)
      this.#count(PGMIGRATE_FAIL, cluster.pages.size)
    }
    yield { kind: 'migrate', moved, reclaimed, failed: cluster.pages.size }
    return result
  }

  /** A request for a page to move to (alloc_migration_target): the scopes of the task filter it too. */
  #target(zone: Zone, { task, cpu = 0 }: ContigRequest): PageRequest {
    const gfp = zone.index > ZONE_NORMAL ? TARGET | __GFP_HIGHMEM : TARGET
    return { task, gfp, order: 0, node: zone.node, cpu }
  }

  /** What keeps a page from being moved now and will be over; null for nothing. */
  #busy(page: number): 'unlocked' | 'written' | null {
    if (this.#parts.hooks.locked?.(page) === true) return 'unlocked'
    return ((this.#frames.flags[page] as number) & PG_WRITEBACK) !== 0 ? 'written' : null
  }

  /** Waits until a page is not busy, if whoever steps does. */
  *#waitFor(page: number, cluster: Cluster): ContigSteps<void> {
    while (cluster.has(page)) {
      const until = this.#busy(page)
      if (until === null || (yield { kind: 'wait-on-page', page, until }) !== 1) return
    }
  }

  /** Takes the next pages that can move off their lists; returns how far it came (isolate_migratepages_range). */
  #isolate({ start, end }: PageRange, gfp: number, cluster: Cluster): number {
    const frames = this.#frames
    let page = start
    for (; page < end && cluster.pages.size < CLUSTER; page++) {
      if (frames.order(page) > 0) continue
      const kind = frames.kind(page)
      if (kind !== Kind.LRU && kind !== Kind.UNEVICTABLE) continue
      const isFile = ((frames.flags[page] as number) & PG_FILE) !== 0
      if (isFile && (gfp & __GFP_FS) === 0) continue
      cluster.take(page)
    }
    return page
  }

  /** A clean page of a file need not be moved: it can be read again. */
  #reclaimed(page: number, cpu: number): boolean {
    const flags = this.#frames.flags[page] as number
    if ((flags & PG_FILE) === 0 || (flags & (PG_DIRTY | PG_WRITEBACK)) !== 0) return false
    return this.#parts.reclaimClean(page, cpu)
  }

  #moved(page: number, to: number): boolean {
    return this.#busy(page) === null && this.#parts.hooks.migrate?.(page, to) === true
  }

  #count(event: number, by: number): void {
    const { events } = this.#parts
    events[event] = (events[event] as number) + by
  }

  /** Takes the free pages of a range, once there are no others in it. Returns false when there are. */
  #grab(zone: Zone, { start, end }: PageRange, cpu: number): boolean {
    const { buddy } = zone
    const frames = this.#frames
    const outerStart = this.#outerStart(start)
    if (!testPagesIsolated(zone, { start: outerStart, end })) return false
    let outerEnd = outerStart
    while (outerEnd < end) outerEnd += buddy.isolate(outerEnd)
    frames.owner.fill(0, outerStart, outerEnd)
    // Of the blocks at both ends, what is not wanted goes back.
    for (let page = outerStart; page < start; page++) zone.free(page, 0, cpu)
    for (let page = end; page < outerEnd; page++) zone.free(page, 0, cpu)
    return true
  }

  /** Where the free block begins that has the first page of a range; the page itself where there is none. */
  #outerStart(start: number): number {
    const frames = this.#frames
    for (let order = 0; order <= Order.HIGHEST; order++) {
      const head = start & -(1 << order)
      if (frames.kind(head) !== Kind.FREE) continue
      return head + (1 << frames.order(head)) > start ? head : start
    }
    return start
  }
}

/**
 * Pages that have been taken off their lists to be moved, and whether their owners keep them in memory. An owner may free one meanwhile: it
 * leaves the cluster when it is met next. It cannot have become somebody else's, since its pageblock is isolated.
 */
class Cluster {
  readonly pages = new Map<number, boolean>()
  readonly #lru: Lru
  readonly #frames: PageFrames

  constructor(lru: Lru, frames: PageFrames) {
    this.#lru = lru
    this.#frames = frames
  }

  take(page: number): void {
    const mlocked = this.#frames.kind(page) === Kind.UNEVICTABLE
    if (mlocked) this.#lru.munlock(page)
    this.#lru.isolate(page)
    this.pages.set(page, mlocked)
  }

  /** Returns true if a page is still to be moved. */
  has(page: number): boolean {
    if (this.#frames.kind(page) === Kind.ISOLATED) return this.pages.has(page)
    this.pages.delete(page)
    return false
  }

  /** Pages go back to their lists, to be freed if `free` does. Returns how many were. */
  dropIf(free: (page: number) => boolean): number {
    let freed = 0
    for (const [page, mlocked] of this.pages) {
      if (mlocked || !this.has(page)) continue
      this.#lru.putback(page)
      if (free(page)) {
        this.pages.delete(page)
        freed++
      } else this.#lru.isolate(page)
    }
    return freed
  }

  /** A page has another place now. */
  moved(page: number, to: number): void {
    const owner = this.#frames.owner
    owner[to] = owner[page] as number
    this.#lru.migrate(page, to)
    if (this.pages.get(page) === true) this.#lru.mlock(to)
    this.pages.delete(page)
  }

  /** What has not been moved stays. */
  putback(): void {
    for (const [page, mlocked] of this.pages) {
      if (!this.has(page)) continue
      this.#lru.putback(page)
      if (mlocked) this.#lru.mlock(page)
    }
    this.pages.clear()
  }
}
