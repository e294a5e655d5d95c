/** What layouts have in common: the values of flags.ts by name, and how tables and masks follow from them. */
import * as gfp from '../flags.js'
import type { FlagName, GfpMasks } from '../layout.js'

export const BITS = {
  __GFP_DMA: gfp.__GFP_DMA,
  __GFP_HIGHMEM: gfp.__GFP_HIGHMEM,
  __GFP_DMA32: gfp.__GFP_DMA32,
  __GFP_MOVABLE: gfp.__GFP_MOVABLE,
  __GFP_RECLAIMABLE: gfp.__GFP_RECLAIMABLE,
  __GFP_HIGH: gfp.__GFP_HIGH,
  __GFP_IO: gfp.__GFP_IO,
  __GFP_FS: gfp.__GFP_FS,
  __GFP_ZERO: gfp.__GFP_ZERO,
  __GFP_DIRECT_RECLAIM: gfp.__GFP_DIRECT_RECLAIM,
  __GFP_KSWAPD_RECLAIM: gfp.__GFP_KSWAPD_RECLAIM,
  __GFP_RECLAIM: gfp.__GFP_RECLAIM,
  __GFP_WRITE: gfp.__GFP_WRITE,
  __GFP_NOWARN: gfp.__GFP_NOWARN,
  __GFP_RETRY_MAYFAIL: gfp.__GFP_RETRY_MAYFAIL,
  __GFP_NOFAIL: gfp.__GFP_NOFAIL,
  __GFP_NORETRY: gfp.__GFP_NORETRY,
  __GFP_MEMALLOC: gfp.__GFP_MEMALLOC,
  __GFP_COMP: gfp.__GFP_COMP,
  __GFP_NOMEMALLOC: gfp.__GFP_NOMEMALLOC,
  __GFP_HARDWALL: gfp.__GFP_HARDWALL,
  __GFP_THISNODE: gfp.__GFP_THISNODE,
  __GFP_ACCOUNT: gfp.__GFP_ACCOUNT,
  __GFP_ZEROTAGS: 0x800000,
} as const

/** `GFP_TRANSHUGE_LIGHT` without what KASAN adds. */
const TRANSHUGE_LIGHT =
  ((gfp.GFP_HIGHUSER |
    gfp.__GFP_MOVABLE |
    gfp.__GFP_COMP |
    gfp.__GFP_NOMEMALLOC |
    gfp.__GFP_NOWARN) &
    ~gfp.__GFP_RECLAIM) >>>
  0

export const COMPOUNDS = {
  GFP_NOIO: gfp.GFP_NOIO,
  GFP_NOFS: gfp.GFP_NOFS,
  GFP_KERNEL: gfp.GFP_KERNEL,
  GFP_KERNEL_ACCOUNT: gfp.GFP_KERNEL_ACCOUNT,
  GFP_USER: gfp.GFP_USER,
  GFP_DMA: gfp.__GFP_DMA,
  GFP_DMA32: gfp.__GFP_DMA32,
  GFP_HIGHUSER: gfp.GFP_HIGHUSER,
  GFP_HIGHUSER_MOVABLE: gfp.GFP_HIGHUSER | gfp.__GFP_MOVABLE,
  GFP_TRANSHUGE_LIGHT: TRANSHUGE_LIGHT,
  GFP_TRANSHUGE: TRANSHUGE_LIGHT | gfp.__GFP_DIRECT_RECLAIM,
} as const

/** A table for printing: these names, in this order, with their values. */
export function table<F extends Readonly<Record<string, number>>>(
  flags: F,
  names: readonly (keyof F & string)[],
): FlagName[] {
  return names.map((name) => [name, flags[name] as number])
}

/**
 * The masks of a kernel.
 *
 * @param bits __GFP_BITS_SHIFT: how many bits have a meaning
 * @param reclaim what GFP_RECLAIM_MASK has beyond the flags that all kernels have
 */
export function masksOf(bits: number, reclaim: number): GfpMasks {
  const known = 2 ** bits - 1
  return {
    __GFP_BITS_MASK: known,
    GFP_RECLAIM_MASK:
      gfp.GFP_KERNEL |
      gfp.__GFP_HIGH |
      gfp.__GFP_NOWARN |
      gfp.__GFP_RETRY_MAYFAIL |
      gfp.__GFP_NOFAIL |
      gfp.__GFP_NORETRY |
      gfp.__GFP_MEMALLOC |
      gfp.__GFP_NOMEMALLOC |
      reclaim,
    GFP_CONSTRAINT_MASK: gfp.__GFP_HARDWALL | gfp.__GFP_THISNODE,
    GFP_SLAB_BUG_MASK: (gfp.__GFP_DMA32 | gfp.__GFP_HIGHMEM | ~known) >>> 0,
    GFP_BOOT_MASK: known & ~gfp.GFP_KERNEL,
  }
}
