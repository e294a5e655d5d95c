/**
 * Kmalloc caches: which cache serves a request for so many bytes (include/linux/slab.h, kmalloc_type and __kmalloc_index;
 * mm/slab_common.c, create_kmalloc_caches, 6.1.192).
 */
import { __GFP_ACCOUNT, __GFP_DMA, __GFP_RECLAIMABLE } from '../gfp/flags.js'

/** Larger requests get pages of their own. */
export const KMALLOC_MAX_CACHE_SIZE = 8192

/** In the order in which they are created. Two sizes are not powers of two: they waste less. */
const SIZES = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192] as const

const NORMAL = 0
const CGROUP = 1
const RECLAIM = 2
const DMA = 3
/** By type, in the order in which they are created. */
const PREFIXES = ['kmalloc', 'kmalloc-cg', 'kmalloc-rcl', 'dma-kmalloc'] as const

/** A cache to be made for kmalloc. */
export interface KmallocCache {
  readonly name: string
  readonly size: number
  readonly align: number
  readonly reclaimAccount: boolean
  readonly account: boolean
  readonly dma: boolean
}

/** The caches, in the order in which they are created. {@link kmallocIndex} is a place among them. */
export const KMALLOC_CACHES: readonly KmallocCache[] = PREFIXES.flatMap((prefix, type) =>
  SIZES.map((size) => ({
    name: `${prefix}-${size < 1024 ? size : `${size / 1024}k`}`,
    size,
    align: Number.isInteger(Math.log2(size)) ? size : 8,
    reclaimAccount: type === RECLAIM,
    account: type === CGROUP,
    dma: type === DMA,
  })),
)

/** Which flags decide: most requests have none of them. */
const NOT_NORMAL = __GFP_RECLAIMABLE | __GFP_DMA | __GFP_ACCOUNT

/** Index in SIZES for each multiple of 8 bytes up to 8192. */
const BY_SIZE = Uint8Array.from({ length: KMALLOC_MAX_CACHE_SIZE / 8 + 1 }, (_, eights) =>
  SIZES.findIndex((size) => size >= eights * 8),
)

/**
 * Which of {@link KMALLOC_CACHES} serves a request. DMA is stronger than reclaimable, and that is stronger than
 * accounted: those objects are accounted one by one.
 * @param size 1 to {@link KMALLOC_MAX_CACHE_SIZE} bytes
 */
export function kmallocIndex(size: number, gfp: number): number {
  let type = NORMAL
  if ((gfp & NOT_NORMAL) !== 0) {
    if ((gfp & __GFP_DMA) !== 0) type = DMA
    else type = (gfp & __GFP_RECLAIMABLE) !== 0 ? RECLAIM : CGROUP
  }
  return type * SIZES.length + (BY_SIZE[(size + 7) >> 3] as number)
}
