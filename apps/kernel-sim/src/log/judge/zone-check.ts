/**
 * Zone check: whether a zone of Mem-Info could have served a request, by the rules of the page allocator, with every number of the way
 * (__zone_watermark_ok: mm/page_alloc.c of 6.1, and of kernels before 4.4).
 */
import {
  ALLOC_CMA,
  ALLOC_MIN_RESERVE,
  ALLOC_NON_BLOCK,
  ALLOC_RESERVES,
  gfpToAllocFlags,
  zoneWatermarkOk,
} from '@scopemask/allocator'
import type { ZoneInfo } from '../report/mem-info.js'

export interface ZoneRequest {
  /** With the bits of 6.1. */
  readonly gfp: number
  readonly order: number
  /** True if the kernel counts blocks of lower orders against a request: before 4.4. */
  readonly old: boolean
}

export interface ZoneCheck {
  readonly zone: ZoneInfo
  /** Pages: free, and what of it the request cannot use. */
  readonly free: number
  readonly highatomic: number
  readonly cma: number
  readonly usable: number
  /** Pages that have to stay: the watermark as far as it counts for the request, and what is kept for lower requests. */
  readonly mark: number
  readonly reserve: number
  readonly result: 'passes' | 'below min' | 'no block' | 'small blocks'
  /** For kernels before 4.4: the order up to which free blocks were subtracted, what was left, and what had to be. */
  readonly failedAt:
    | { readonly order: number; readonly left: number; readonly mark: number }
    | undefined
  /** The largest order with a free block that the request may use. */
  readonly largest: number | undefined
}

const DEFAULT_PRIO = 120
/** Letters of migratetypes that serve a request that is not for CMA or the highatomic reserve. */
const COMMON_TYPES = /[UME R]/

export function checkZone(zone: ZoneInfo, request: ZoneRequest, reserveAt: number): ZoneCheck {
  const pages = (name: string) => Math.floor((zone.kib.get(name) ?? 0) / zone.pageKib)
  const hasCma = pages('free_cma') > 0
  const flags = gfpToAllocFlags(request.gfp, request.order, DEFAULT_PRIO, 0, hasCma)
  const free = pages('free')
  // Since 6.13 only what is free of the reserve counts, and is printed.
  const reserved = pages(
    zone.kib.has('free_highatomic') ? 'free_highatomic' : 'reserved_highatomic',
  )
  const highatomic = (flags & ALLOC_RESERVES) === 0 ? reserved : 0
  const cma = (flags & ALLOC_CMA) === 0 ? pages('free_cma') : 0
  const usable = free - ((1 << request.order) - 1) - highatomic - cma
  const mark = markOf(pages('min'), flags)
  const reserve = zone.lowmemReserve?.[reserveAt] ?? 0
  const largest = largestOrder(zone, (flags & ALLOC_CMA) !== 0)
  const base = { zone, free, highatomic, cma, usable, mark, reserve, largest }
  if (usable <= mark + reserve) return { ...base, result: 'below min', failedAt: undefined }
  if (request.old) {
    const failedAt = failedBefore4_4(zone, request.order, usable, mark)
    return { ...base, result: failedAt === undefined ? 'passes' : 'small blocks', failedAt }
  }
  const ok = zoneWatermarkOk(
    {
      freePages: free,
      reservedHighatomic: reserved,
      freeCma: pages('free_cma'),
      cma: hasCma,
      lists: (order) => listsOf(zone, order),
    },
    request.order,
    pages('min'),
    reserve,
    flags,
  )
  return {
    ...base,
    result: ok || zone.free === undefined ? 'passes' : 'no block',
    failedAt: undefined,
  }
}

/** The min watermark as far as it counts for a request that may use reserves. */
function markOf(min: number, flags: number): number {
  let mark = min
  if ((flags & ALLOC_MIN_RESERVE) !== 0) {
    mark -= Math.trunc(mark / 2)
    if ((flags & ALLOC_NON_BLOCK) !== 0) mark -= Math.trunc(mark / 4)
  }
  return mark
}

/** Blocks of lower orders are of no use to the request, so they are subtracted; each order asks for half of the mark before. */
function failedBefore4_4(
  zone: ZoneInfo,
  order: number,
  usable: number,
  min: number,
): ZoneCheck['failedAt'] {
  let left = usable
  let mark = min
  for (let lower = 0; lower < order; lower++) {
    left -= (zone.free?.[lower]?.count ?? 0) << lower
    mark >>= 1
    if (left <= mark) return { order: lower, left, mark }
  }
  return undefined
}

/** A bit for each migratetype that has a block, as the allocator counts them. */
function listsOf(zone: ZoneInfo, order: number): number {
  const blocks = zone.free?.[order]
  if (blocks === undefined || blocks.count === 0) return 0
  const letters = 'UMEHC'
  // Before 3.5 the types are not printed.
  if (blocks.types === '') return 1
  return [...blocks.types.replaceAll('R', 'E')].reduce(
    (lists, type) => lists | (1 << Math.max(0, letters.indexOf(type))),
    0,
  )
}

function largestOrder(zone: ZoneInfo, cma: boolean): number | undefined {
  const orders = zone.free ?? []
  for (let order = orders.length - 1; order >= 0; order--) {
    const { count, types } = orders[order] ?? { count: 0, types: '' }
    if (count > 0 && (types === '' || COMMON_TYPES.test(types) || (cma && types.includes('C')))) {
      return order
    }
  }
  return undefined
}
