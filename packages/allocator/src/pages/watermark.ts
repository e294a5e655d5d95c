/**
 * Watermarks: how many free pages a zone keeps for those who need them more (mm/page_alloc.c, 6.1.192). All amounts are pages
 * of 4 KiB unless a name says KiB.
 */

import {
  ALLOC_CMA,
  ALLOC_HIGHATOMIC,
  ALLOC_MIN_RESERVE,
  ALLOC_NON_BLOCK,
  ALLOC_OOM,
  ALLOC_RESERVES,
  ALLOC_WMARK_MASK,
  ALLOC_WMARK_MIN,
} from '../gfp/alloc-flags.js'
import { MIGRATE_HIGHATOMIC } from '../gfp/migratetype.js'
import { MIGRATE_CMA } from './cma-migratetypes.js'
import { Order } from './order.js'

/** The highest order there is, and one more: blocks have 1 to 1024 pages. */
export const MAX_ORDER = Order.HIGHEST + 1
/** The migratetypes below it serve everyone. */
const MIGRATE_PCPTYPES = 3

/** What a zone has free, as far as watermarks ask. */
export interface FreeState {
  /** NR_FREE_PAGES; a moment's view, which may be negative. */
  readonly freePages: number
  /** Pages set aside for high-order atomic requests. */
  readonly reservedHighatomic: number
  /** NR_FREE_CMA_PAGES: 0 without CONFIG_CMA. */
  readonly freeCma: number
  /** A bit per migratetype that has free blocks of an order. */
  lists(order: number): number
  /** True if CONFIG_CMA is on: then bit 4 is CMA's. */
  readonly cma: boolean
}

/** A zone as it would be with so many free pages, or where only so many of them count. */
export function withFreePages(zone: FreeState, freePages: number): FreeState {
  const { reservedHighatomic, freeCma, cma } = zone
  return { freePages, reservedHighatomic, freeCma, cma, lists: (order) => zone.lists(order) }
}

/** Free pages that a request of this order with these flags cannot use. */
function unusable(zone: FreeState, order: number, allocFlags: number): number {
  let pages = (1 << order) - 1
  if ((allocFlags & ALLOC_RESERVES) === 0) pages += zone.reservedHighatomic
  if (zone.cma && (allocFlags & ALLOC_CMA) === 0) pages += zone.freeCma
  return pages
}

/**
 * Returns true if a zone has a block for a request, and stays above a mark without its pages
 * (__zone_watermark_ok).
 *
 * @param lowmemReserve what the zone keeps from requests that could use a higher zone
 */
export function zoneWatermarkOk(
  zone: FreeState,
  order: number,
  mark: number,
  lowmemReserve: number,
  allocFlags: number,
): boolean {
  let min = mark
  if ((allocFlags & ALLOC_RESERVES) !== 0) {
    // Each step is an integer division of what the one before has left.
    if ((allocFlags & ALLOC_MIN_RESERVE) !== 0) {
      min -= Math.trunc(min / 2)
      if ((allocFlags & ALLOC_NON_BLOCK) !== 0) min -= Math.trunc(min / 4)
    }
    if ((allocFlags & ALLOC_OOM) !== 0) min -= Math.trunc(min / 2)
  }
  if (zone.freePages - unusable(zone, order, allocFlags) <= min + lowmemReserve) return false
  if (order === 0) return true
  let usable = (1 << MIGRATE_PCPTYPES) - 1
  if (zone.cma && (allocFlags & ALLOC_CMA) !== 0) usable |= 1 << MIGRATE_CMA
  if ((allocFlags & (ALLOC_HIGHATOMIC | ALLOC_OOM)) !== 0) usable |= 1 << MIGRATE_HIGHATOMIC
  for (let o = order; o < MAX_ORDER; o++) {
    if ((zone.lists(o) & usable) !== 0) return true
  }
  return false
}

/**
 * The same, with a short cut for single pages, and without the boost for atomic ones, which cannot wait until kswapd has
 * undone fragmentation (zone_watermark_fast).
 *
 * @param min the zone's min watermark without boost
 * @param boost by how much its watermarks are raised
 * @param atomic true if the request is atomic: `__GFP_ATOMIC` in 6.1, ALLOC_MIN_RESERVE since 6.3
 */
export function zoneWatermarkFast(
  zone: FreeState,
  order: number,
  mark: number,
  lowmemReserve: number,
  allocFlags: number,
  min: number,
  boost: number,
  atomic: boolean,
): boolean {
  if (order === 0) {
    const usable = zone.freePages - Math.min(zone.freePages, unusable(zone, 0, allocFlags))
    if (usable > mark + lowmemReserve) return true
  }
  if (zoneWatermarkOk(zone, order, mark, lowmemReserve, allocFlags)) return true
  return (
    order === 0 &&
    atomic &&
    boost !== 0 &&
    (allocFlags & ALLOC_WMARK_MASK) === ALLOC_WMARK_MIN &&
    zoneWatermarkOk(zone, order, min, lowmemReserve, allocFlags)
  )
}

/** The marks of a zone. */
export interface Watermarks {
  /** Below it there are only reserves, in pages. */
  readonly min: number
  /** Below it kswapd is woken, in pages. */
  readonly low: number
  /** Up to it kswapd reclaims, in pages. */
  readonly high: number
  /** Up to it kswapd reclaims where pages are promoted between nodes, in pages. */
  readonly promo: number
}

/** What __setup_per_zone_wmarks and setup_per_zone_lowmem_reserve compute. */
export interface ZoneReserves {
  /** The marks of each zone, lowest zone first. */
  readonly watermarks: readonly Watermarks[]
  /** By zone, then by the highest zone that a request could use. */
  readonly lowmemReserve: readonly (readonly number[])[]
}

/**
 * The watermarks and reserves of the zones of one node, lowest first.
 *
 * @param minFreeKbytes the sysctl min_free_kbytes, KiB
 * @param managed the pages of each zone
 * @param watermarkScaleFactor the sysctl: the distance between marks, in 1/10000 of a zone
 * @param lowmemReserveRatio the sysctl: a zone keeps 1/ratio of the zones above it; 0 for nothing
 * @param total the pages of all nodes; by default this is the only one
 */
export function setupZoneReserves(
  minFreeKbytes: number,
  managed: readonly number[],
  watermarkScaleFactor: number,
  lowmemReserveRatio: readonly number[],
  total = managed.reduce((sum, pages) => sum + pages, 0),
): ZoneReserves {
  const pagesMin = BigInt(minFreeKbytes >> 2)
  // The kernel's do_div takes a divisor of 32 bits; what is above is lost there, and so it is here.
  const lowmemPages = BigInt.asUintN(32, BigInt(total))
  const watermarks = managed.map((pages) => {
    const share = BigInt.asUintN(64, pagesMin * BigInt(pages))
    const min = lowmemPages === 0n ? 0n : share / lowmemPages
    const scaled = (BigInt(pages) * BigInt(watermarkScaleFactor)) / 10_000n
    const gap = min >> 2n > scaled ? min >> 2n : scaled
    return {
      min: Number(min),
      low: Number(min + gap),
      high: Number(min + gap * 2n),
      promo: Number(min + gap * 3n),
    }
  })
  const lowmemReserve = managed.map((pages, zone) => {
    const ratio = lowmemReserveRatio[zone] ?? 0
    let above = 0
    return managed.map((upper, highest) => {
      // The last zone has nothing above it, and is left out by the kernel as well.
      if (highest <= zone) return 0
      above += upper
      return ratio === 0 || pages === 0 ? 0 : Math.floor(above / ratio)
    })
  })
  return { watermarks, lowmemReserve }
}

/** The pages that the zones keep in all (calculate_totalreserve_pages). */
export function totalReservePages(
  managed: readonly number[],
  { watermarks, lowmemReserve }: ZoneReserves,
): number {
  return managed.reduce((total, pages, zone) => {
    const reserve = Math.max(0, ...(lowmemReserve[zone] ?? []).slice(zone))
    return total + Math.min(pages, reserve + (watermarks[zone]?.high ?? 0))
  }, 0)
}

/** The lower and upper end of what the kernel chooses for min_free_kbytes by itself, KiB. */
const MIN_FREE_KBYTES = [128, 262_144] as const

/**
 * The min_free_kbytes that the kernel chooses, KiB (calculate_min_free_kbytes): 4 times the square root of the
 * memory. A larger choice of the user's is left alone.
 *
 * @param freeBufferPages nr_free_buffer_pages(): the pages above the high watermarks of the zones that lowmem requests use
 * @param user what the user set, KiB, -1 for nothing
 * @param before what it is now, KiB
 */
export function calculateMinFreeKbytes(
  freeBufferPages: number,
  user: number,
  before: number,
): {
  /** The sysctl from now on, KiB. */
  readonly kbytes: number
  /** What the user set was larger, and is left alone. */
  readonly kept: boolean
} {
  const chosen = intSqrt(BigInt(freeBufferPages) * 4n * 16n)
  if (chosen <= user) return { kbytes: before, kept: true }
  const [least, most] = MIN_FREE_KBYTES
  return { kbytes: Math.min(Math.max(chosen, least), most), kept: false }
}

/** The integer part of a square root. */
function intSqrt(value: bigint): number {
  let root = BigInt(Math.floor(Math.sqrt(Number(value))))
  while (root * root > value) root--
  while ((root + 1n) * (root + 1n) <= value) root++
  return Number(root)
}
