/** What the layouts of 6.1 and 6.18 have in common: the values of flags.ts, by name, for their tables. */
import * as gfp from '../flags.js'

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
