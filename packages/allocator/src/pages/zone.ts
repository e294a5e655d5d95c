/** Zone: a range of pages with its free blocks, its watermarks, and what its CPUs keep at hand (struct zone, 6.1.192). */
import {
  ALLOC_CMA,
  ALLOC_HIGHATOMIC,
  ALLOC_KSWAPD,
  ALLOC_NON_BLOCK,
  ALLOC_OOM,
  ALLOC_WMARK_LOW,
  ALLOC_WMARK_MASK,
} from '../gfp/alloc-flags.js'
import {
  MIGRATE_HIGHATOMIC,
  MIGRATE_MOVABLE,
  MIGRATE_RECLAIMABLE,
  MIGRATE_UNMOVABLE,
} from '../gfp/migratetype.js'
import type { AllocatorRules } from './allocator-rules.js'
import type { FallbackEvent } from './borrow.js'
import { BUDDY_LISTS, Buddy, type BuddyState } from './buddy.js'
import { MIGRATE_ISOLATE } from './cma-migratetypes.js'
import { PAGEBLOCK_ORDER } from './fallback.js'
import { NumaStats, type NumaStatsState } from './numa-stats.js'
import { Order } from './order.js'
import { InvariantError, NO_PAGE, type PageFrames } from './page-frames.js'
import {
  PER_CPU_LISTS,
  PerCpuPages,
  type PerCpuState,
  perCpuOrder,
  zoneBatchsize,
  zoneHighsize,
} from './per-cpu-pages.js'
import { type FreeState, MAX_ORDER, type Watermarks, zoneWatermarkFast } from './watermark.js'

const PAGEBLOCK = 1 << PAGEBLOCK_ORDER

/** The zones that memory can have, lowest first. Their place is their index, as in ZONES_AMD64. */
export const ZONES = ['DMA', 'DMA32', 'Normal', 'Movable'] as const
/** The index of the highest of them. */
export const HIGHEST_ZONE: number = ZONES.length - 1

/** How the kernel prints a zone's name. */
export type ZoneLabel = (typeof ZONES)[number]

/** What the kernel calls the memory of devices, which no request gets: the zone above those of {@link ZONES}. */
export const ZONE_DEVICE_LABEL = 'Device'

/** The lists that a zone needs. */
export function zoneLists(cpus: number): number {
  return BUDDY_LISTS + cpus * PER_CPU_LISTS
}

/** What a zone is made of. */
export interface ZoneOptions {
  readonly name: ZoneLabel
  readonly node: number
  readonly start: number
  readonly pages: number
  readonly cpus: number
  /** Over how many of them the pages that CPUs keep are spread: those of its node. */
  readonly splitCpus: number
  readonly owner: (owner: number) => string
  /** The sysctl watermark_boost_factor: by how much of the high watermark a zone may be boosted, in 1/10000. */
  readonly boostFactor: number
  /** Where kernels differ. */
  readonly rules: AllocatorRules
  /** There may be CMA areas (CONFIG_CMA). */
  readonly cma: boolean
}

/** What a zone knows beside its pages, to be put back later. */
export interface ZoneState {
  /** The free lists. */
  readonly buddy: BuddyState
  /** What each CPU keeps. */
  readonly perCpu: readonly PerCpuState[]
  /** See {@link Zone.boost}. */
  readonly boost: number
  /** See {@link Zone.reservedHighatomic}. */
  readonly reservedHighatomic: number
  /** See {@link Zone.boosted}. */
  readonly boosted: boolean
  /** See {@link Zone.reclaiming}. */
  readonly reclaiming: boolean
  /** See {@link Zone.allocated}. */
  readonly allocated: number
  /** See {@link Zone.blocks}. */
  readonly blocks: number
  /** See {@link Zone.numa}. */
  readonly numa: NumaStatsState
}

/**
 * A zone of one node: its free lists, what CPUs keep, watermarks and reserves (struct zone of include/linux/mmzone.h,
 * 6.1).
 */
export class Zone implements FreeState {
  /** `DMA`, `DMA32`, `Normal` or `Movable`. */
  readonly name: ZoneLabel
  /** Its place among the configured zones: 0 for DMA. */
  readonly index: number
  /** The number of its node. */
  readonly node: number
  /** Its first page. */
  readonly start: number
  /** How many pages it has: managed, present and spanned alike. */
  readonly managed: number
  /** Its free blocks. */
  readonly buddy: Buddy
  /** What each CPU keeps, by CPU. */
  readonly perCpu: readonly PerCpuPages[]
  readonly cma: boolean
  /** Pages of CMA areas (zone->cma_pages). */
  cmaPages = 0
  /** By the index of the highest zone that a request could use: what it keeps from those who could use a higher one. */
  lowmemReserve: readonly number[] = []
  /** ZONE_BOOSTED_WATERMARK: the next allocation wakes kswapd. */
  boosted = false
  /** Pages allocated since the machine was started (PGALLOC). They are counted here, where each request comes by. */
  allocated = 0
  /** Blocks allocated since then, of whatever order. */
  blocks = 0
  /** Requests that crossed nodes. */
  readonly numa = new NumaStats()
  /** Is told that watermarks have been raised, by the next allocation: kswapd is needed. */
  onBoosted: ((zone: Zone) => void) | null = null
  /** Is told of each fallback to another migratetype. */
  onFallback: ((event: FallbackEvent) => void) | null = null
  readonly #boostFactor: number
  readonly #rules: AllocatorRules
  readonly #splitCpus: number
  #reclaiming = false
  #watermarks: Watermarks = { min: 0, low: 0, high: 0, promo: 0 }
  #boost = 0
  #reservedHighatomic = 0
  /** By the highest zone that a request could use: with so much left, none has to ask further. (Private by type only, for speed.) */
  private plenty: readonly number[] = []
  /** By the bits of alloc flags that choose one. */
  #marks: readonly number[] = [0, 0, 0, 0]

  constructor(frames: PageFrames, options: ZoneOptions) {
    const { name, node, start, pages, cpus, splitCpus, owner, boostFactor, rules } = options
    this.cma = options.cma
    this.#splitCpus = splitCpus
    this.#boostFactor = boostFactor
    this.#rules = rules
    this.name = name
    this.index = ZONES.indexOf(name)
    this.node = node
    this.start = start
    this.managed = pages
    this.buddy = new Buddy(pages, frames, start, owner)
    this.buddy.fallback = rules.fallback
    this.buddy.onFallback = (event) => this.onFallback?.(event)
    // Whoever breaks up a pageblock of another migratetype raises the watermarks, so that kswapd mends it.
    this.buddy.onMixing = (allocFlags) => this.#boostWatermark(allocFlags)
    const batch = zoneBatchsize(pages)
    this.perCpu = Array.from({ length: cpus }, () => new PerCpuPages(this.buddy, batch))
  }

  /** Sets the watermarks, pages, and how much CPUs keep accordingly. */
  setReserves(watermarks: Watermarks, lowmemReserve: readonly number[]): void {
    this.#watermarks = watermarks
    const { min, low, high } = watermarks
    this.#marks = [min, low, high, min]
    this.lowmemReserve = lowmemReserve
    this.#setPlenty()
    for (const pages of this.perCpu) {
      pages.high = zoneHighsize(watermarks.low, this.#splitCpus, pages.batch)
    }
  }

  /** The marks without what fragmentation adds ({@link boost}), in pages. */
  get watermarks(): Watermarks {
    return this.#watermarks
  }

  /** Raises the watermarks after fragmentation, until kswapd has undone it, in pages. */
  get boost(): number {
    return this.#boost
  }

  /** In pages. */
  set boost(pages: number) {
    this.#boost = pages
    this.#setPlenty()
  }

  /** Pages set aside for high-order atomic requests. */
  get reservedHighatomic(): number {
    return this.#reservedHighatomic
  }

  /** In pages. */
  set reservedHighatomic(pages: number) {
    this.#reservedHighatomic = pages
    this.#setPlenty()
  }

  /** ZONE_RECLAIM_ACTIVE: CPUs keep little. */
  get reclaiming(): boolean {
    return this.#reclaiming
  }

  /** All CPUs keep little from now on, or as much as before. */
  set reclaiming(reclaiming: boolean) {
    this.#reclaiming = reclaiming
    for (const pages of this.perCpu) pages.reclaiming = reclaiming
  }

  get freePages(): number {
    return this.buddy.freePages
  }

  /** Free pages in whole pageblocks (NR_FREE_PAGES_BLOCKS, since 6.15): they are counted. */
  get freeInPageblocks(): number {
    const { buddy } = this
    let pages = 0
    for (let order = PAGEBLOCK_ORDER; order < MAX_ORDER; order++) {
      pages += (buddy.freeBlocks(order) - buddy.freeBlocks(order, MIGRATE_ISOLATE)) << order
    }
    return pages
  }

  get freeCma(): number {
    return this.buddy.freeCma
  }

  lists(order: number): number {
    return this.buddy.lists(order)
  }

  /**
   * Returns true if so much is free that no request has to ask further: above the low watermark, with a block for it. False for what is not an
   * order.
   */
  hasPlenty(order: number, highest: number): boolean {
    const { buddy } = this
    if (buddy.freePages - (1 << order) < (this.plenty[highest] as number)) return false
    return order === 0 || buddy.hasRoomFor(order)
  }

  /** Returns true if a zone that {@link hasPlenty} still has it without the free pages of CMA areas. */
  hasPlentyOutsideCma(order: number, highest: number): boolean {
    const { buddy } = this
    return buddy.freePages - buddy.freeCma - (1 << order) >= (this.plenty[highest] as number)
  }

  #setPlenty(): void {
    const low = (this.#marks[ALLOC_WMARK_LOW] as number) + this.#boost + this.#reservedHighatomic
    this.plenty = this.lowmemReserve.map((reserve) => low + reserve)
  }

  /**
   * Returns true if the zone has a block for a request, and stays above its watermark without it (zone_watermark_fast).
   *
   * @param highest the index of the highest zone that the request could use
   * @param atomic true if the request has `__GFP_ATOMIC`
   * @param more pages that have to be left above the watermark
   */
  hasRoom(order: number, highest: number, allocFlags: number, atomic: boolean, more = 0): boolean {
    const { boost } = this
    const mark = (this.#marks[allocFlags & ALLOC_WMARK_MASK] as number) + boost + more
    const reserve = this.lowmemReserve[highest] as number
    const { min } = this.watermarks
    return zoneWatermarkFast(this, order, mark, reserve, allocFlags, min, boost, atomic)
  }

  /** Takes a block: from what a CPU has at hand, or from the free lists (rmqueue). */
  alloc(order: number, migratetype: number, allocFlags: number, cpu: number): number {
    let page = NO_PAGE
    if (perCpuOrder(order) && this.#mayUsePerCpu(migratetype, allocFlags)) {
      page = (this.perCpu[cpu] as PerCpuPages).alloc(order, migratetype, allocFlags)
    }
    return page < 0
      ? this.allocFromLists(order, migratetype, allocFlags)
      : this.counted(page, order)
  }

  /** Takes a page from what a CPU has at hand, or could fetch now, and nowhere else; kswapd is not woken for it (__alloc_pages_bulk). */
  allocKept(migratetype: number, allocFlags: number, cpu: number): number {
    const page = (this.perCpu[cpu] as PerCpuPages).alloc(0, migratetype, allocFlags)
    if (page === NO_PAGE) return NO_PAGE
    this.allocated++
    this.blocks++
    return page
  }

  /** What a CPU keeps of movable pages may be part of a CMA area. It keeps nothing of the reserve for atomic requests. */
  #mayUsePerCpu(migratetype: number, allocFlags: number): boolean {
    if (this.cma && migratetype === MIGRATE_MOVABLE) return (allocFlags & ALLOC_CMA) !== 0
    return migratetype !== MIGRATE_HIGHATOMIC
  }

  private wakeBoosted(): void {
    this.boosted = false
    this.onBoosted?.(this)
  }

  /**
   * A request that says of its pages that they move and that they do not means the reserve for atomic requests (gfp_migratetype), and
   * then unmovable pages: the kernel's table of fallbacks has zeros there.
   */
  #allocOfBothMobilities(order: number, allocFlags: number): number {
    const page = this.buddy.allocSmallest(order, MIGRATE_HIGHATOMIC)
    return page !== NO_PAGE ? page : this.buddy.alloc(order, MIGRATE_UNMOVABLE, allocFlags)
  }

  /**
   * Takes a block from the free lists (rmqueue_buddy).
   * @internal
   */
  allocFromLists(order: number, migratetype: number, allocFlags: number): number {
    const page = this.#takeFromLists(order, migratetype, allocFlags)
    return page < 0 ? NO_PAGE : this.counted(page, order)
  }

  /**
   * Counts a block that a request gets, and has kswapd woken if getting it has raised the watermarks.
   * @internal
   * @returns its first page
   */
  counted(page: number, order: number): number {
    this.allocated += 1 << order
    this.blocks++
    if (this.boosted) this.wakeBoosted()
    return page
  }

  #takeFromLists(order: number, migratetype: number, allocFlags: number): number {
    if (migratetype === MIGRATE_HIGHATOMIC) return this.#allocOfBothMobilities(order, allocFlags)
    const { buddy } = this
    let page = NO_PAGE
    if ((allocFlags & ALLOC_HIGHATOMIC) !== 0) page = buddy.allocSmallest(order, MIGRATE_HIGHATOMIC)
    if (page === NO_PAGE) page = buddy.alloc(order, migratetype, allocFlags)
    // Rather than fail, what cannot wait and what must die use the reserve.
    if (page === NO_PAGE && (allocFlags & (ALLOC_OOM | ALLOC_NON_BLOCK)) !== 0) {
      page = buddy.allocSmallest(order, MIGRATE_HIGHATOMIC)
    }
    return page
  }

  /**
   * Gives a block back.
   * @throws PageError when it is not the first page of a block in use, or of another order. Nothing has changed then.
   */
  free(page: number, order: number, cpu: number): void {
    const { buddy } = this
    const type = buddy.pageblockMigratetype(page)
    if (type < MIGRATE_HIGHATOMIC && order <= Order.COSTLY && buddy.isUsed(page, order)) {
      ;(this.perCpu[cpu] as PerCpuPages).free(page, order, type)
    } else this.#freeOther(page, order, cpu)
  }

  /** Gives a block back that is not a small one of the usual migratetypes, or is not in use. */
  #freeOther(page: number, order: number, cpu: number): void {
    const { buddy } = this
    buddy.assertUsed(page, order)
    const type = buddy.pageblockMigratetype(page)
    if (perCpuOrder(order) && type !== MIGRATE_ISOLATE) {
      // What is reserved for atomic requests, or part of a CMA area, serves others until it is wanted back.
      const kept = type < MIGRATE_HIGHATOMIC ? type : MIGRATE_MOVABLE
      ;(this.perCpu[cpu] as PerCpuPages).free(page, order, kept)
    } else buddy.release(page, order)
  }

  /** Gives what CPUs keep back to the free lists. */
  drain(): void {
    for (const pages of this.perCpu) pages.drain()
  }

  /**
   * Sets the pageblock of a block in use aside for high-order atomic requests, about 1% of the zone at most (reserve_highatomic_pageblock).
   * @param page its first page
   */
  reserveHighatomic(page: number, order: number): void {
    const { buddy } = this
    if (this.reservedHighatomic >= this.#mostHighatomic()) return
    if (buddy.pageblockMigratetype(page) > MIGRATE_RECLAIMABLE) return
    if (this.#convertsAll && !buddy.hasWholePageblock(page)) return
    const pages = this.#pagesToConvert(order)
    this.reservedHighatomic += pages
    this.#convert({ page, pages }, MIGRATE_HIGHATOMIC)
  }

  get #convertsAll(): boolean {
    return this.#rules.highatomicBlocks === 'all'
  }

  /** How many pages the pageblocks have that change their migratetype with a block. */
  #pagesToConvert(order: number): number {
    return this.#convertsAll ? Math.max(PAGEBLOCK, 1 << order) : PAGEBLOCK
  }

  /** Returns how many free pages moved to the lists of the migratetype. */
  #convert(
    { page, pages }: { readonly page: number; readonly pages: number },
    migratetype: number,
  ): number {
    const { buddy } = this
    for (let at = page + PAGEBLOCK; at < page + pages; at += PAGEBLOCK) {
      buddy.setPageblockMigratetype(at, migratetype)
    }
    return buddy.convertPageblock(page, migratetype)
  }

  #mostHighatomic(): number {
    const percent = Math.floor(this.managed / 100)
    if (this.#rules.highatomicReserve === 'extra') return percent + PAGEBLOCK
    return percent < PAGEBLOCK ? 0 : Math.ceil(percent / PAGEBLOCK) * PAGEBLOCK
  }

  /**
   * Gives one such pageblock to a request that would fail otherwise (unreserve_highatomic_pageblock). A request of both mobilities, a bug of its
   * caller, takes from the reserve anyway (gfp_migratetype): the kernel would give the pageblock from the reserve to the reserve, and count it no longer.
   * @param force also the last one
   * @returns true if any page became free for it
   */
  unreserveHighatomic(migratetype: number, force: boolean): boolean {
    if (migratetype === MIGRATE_HIGHATOMIC) return false
    if (!force && this.reservedHighatomic <= PAGEBLOCK) return false
    for (let order = 0; order < MAX_ORDER; order++) {
      const page = this.buddy.firstFree(order, MIGRATE_HIGHATOMIC)
      if (page === NO_PAGE) continue
      const pages = this.#pagesToConvert(order)
      // In 6.1, a block of two pageblocks may have been reserved for the first, and split since.
      if (this.buddy.pageblockMigratetype(page) === MIGRATE_HIGHATOMIC) {
        this.reservedHighatomic -= pages
      }
      if (this.#convert({ page, pages }, migratetype) > 0) return true
    }
    return false
  }

  /** What is known beside the pages: a copy. */
  save(): ZoneState {
    const { boost, reservedHighatomic, boosted, reclaiming, allocated, blocks } = this
    return {
      buddy: this.buddy.save(),
      perCpu: this.perCpu.map((pages) => pages.save()),
      boost,
      reservedHighatomic,
      boosted,
      reclaiming,
      allocated,
      blocks,
      numa: this.numa.save(),
    }
  }

  /** Puts it back. */
  load(state: ZoneState): void {
    this.buddy.load(state.buddy)
    for (const [cpu, saved] of state.perCpu.entries()) this.perCpu[cpu]?.load(saved)
    this.boost = state.boost
    this.reservedHighatomic = state.reservedHighatomic
    this.boosted = state.boosted
    this.reclaiming = state.reclaiming
    this.allocated = state.allocated
    this.blocks = state.blocks
    this.numa.load(state.numa)
  }

  /**
   * Proves what holds of the zone at any time. Fewer pageblocks than are counted may be reserved: 6.1 gives up a free block of two of them by
   * its first one, and whoever takes the block from another migratetype then converts both, uncounted (change_pageblock_range in
   * steal_suitable_fallback; since 7cc5a5d65011 both are given up). So does, in either kernel's rules here, whoever isolates one.
   * @throws InvariantError for the first page that is not where the lists and counters say.
   */
  validate(): void {
    this.buddy.validate()
    for (const pages of this.perCpu) pages.validate()
    const blocks = this.buddy.pageblocks()[MIGRATE_HIGHATOMIC] as number
    if (blocks * PAGEBLOCK > this.reservedHighatomic) {
      throw new InvariantError(
        this.start,
        `${blocks} pageblocks are highatomic, and ${this.reservedHighatomic} pages reserved`,
      )
    }
  }

  /** boost_watermark. */
  #boostWatermark(allocFlags: number): void {
    // Small zones would be reclaimed as a whole.
    if (PAGEBLOCK * 4 > this.managed) return
    const limit = Math.floor((this.watermarks.high * this.#boostFactor) / 10_000)
    if (limit <= 0) return
    this.boost = Math.min(this.boost + PAGEBLOCK, Math.max(limit, PAGEBLOCK))
    if ((allocFlags & ALLOC_KSWAPD) !== 0) this.boosted = true
  }
}
