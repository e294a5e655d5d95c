/**
 * What layouts have in common: the values of flags.ts by name, which are those of all kernels since 5.1, the order of the
 * names, and how tables and masks follow from them.
 */
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

/** A table for printing: of these names, in this order, those that stand for something in a kernel. */
export function table(
  flags: Readonly<Record<string, number>>,
  names: readonly string[],
): FlagName[] {
  return names.flatMap((name) => {
    const mask = Object.hasOwn(flags, name) ? flags[name] : undefined
    return mask ? [[name, mask] as const] : []
  })
}

/**
 * The order in which kernels from 4.6 (1f7866b4aebd, 420adbe9fc1a) to 6.12.10 try the names. Names came and went, and
 * the others kept their places: whoever has more bits comes first.
 */
export const ORDER_4_6 = [
  'GFP_TRANSHUGE',
  'GFP_TRANSHUGE_LIGHT',
  'GFP_HIGHUSER_MOVABLE',
  'GFP_HIGHUSER',
  'GFP_USER',
  'GFP_TEMPORARY',
  'GFP_KERNEL_ACCOUNT',
  'GFP_KERNEL',
  'GFP_NOFS',
  'GFP_ATOMIC',
  'GFP_NOIO',
  'GFP_NOWAIT',
  'GFP_DMA',
  '__GFP_HIGHMEM',
  'GFP_DMA32',
  '__GFP_HIGH',
  '__GFP_ATOMIC',
  '__GFP_IO',
  '__GFP_FS',
  '__GFP_COLD',
  '__GFP_NOWARN',
  '__GFP_REPEAT',
  '__GFP_RETRY_MAYFAIL',
  '__GFP_NOFAIL',
  '__GFP_NORETRY',
  '__GFP_COMP',
  '__GFP_ZERO',
  '__GFP_NOMEMALLOC',
  '__GFP_MEMALLOC',
  '__GFP_HARDWALL',
  '__GFP_THISNODE',
  '__GFP_RECLAIMABLE',
  '__GFP_MOVABLE',
  '__GFP_ACCOUNT',
  '__GFP_NOTRACK',
  '__GFP_WRITE',
  '__GFP_RECLAIM',
  '__GFP_DIRECT_RECLAIM',
  '__GFP_KSWAPD_RECLAIM',
  '__GFP_OTHER_NODE',
  '__GFP_ZEROTAGS',
] as const

/** The flags by which masks are made, under the names that the layout gives them. */
type MaskFlag =
  | 'GFP_KERNEL'
  | '__GFP_HIGH'
  | '__GFP_NOWARN'
  | '__GFP_NOFAIL'
  | '__GFP_NORETRY'
  | '__GFP_MEMALLOC'
  | '__GFP_NOMEMALLOC'
  | '__GFP_HARDWALL'
  | '__GFP_THISNODE'
  | '__GFP_DMA32'
  | '__GFP_HIGHMEM'

/**
 * The masks of a kernel.
 *
 * @param bits __GFP_BITS_SHIFT: how many bits have a meaning
 * @param reclaim what GFP_RECLAIM_MASK has beyond the flags that all kernels have there
 */
export function masksOf(
  flags: { readonly [flag in MaskFlag]: number },
  bits: number,
  reclaim: number,
): GfpMasks {
  const known = 2 ** bits - 1
  return {
    __GFP_BITS_MASK: known,
    GFP_RECLAIM_MASK:
      flags.GFP_KERNEL |
      flags.__GFP_HIGH |
      flags.__GFP_NOWARN |
      flags.__GFP_NOFAIL |
      flags.__GFP_NORETRY |
      flags.__GFP_MEMALLOC |
      flags.__GFP_NOMEMALLOC |
      reclaim,
    GFP_CONSTRAINT_MASK: flags.__GFP_HARDWALL | flags.__GFP_THISNODE,
    GFP_SLAB_BUG_MASK: (flags.__GFP_DMA32 | flags.__GFP_HIGHMEM | ~known) >>> 0,
    GFP_BOOT_MASK: known & ~flags.GFP_KERNEL,
  }
}
