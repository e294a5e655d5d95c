/**
 * GFP flags: what an allocation request says of itself (include/linux/gfp_types.h). Here are those whose bits are
 * the same in every kernel since 5.1, which numbered most of them anew; those below 0x100 are older still. What
 * differs between kernels is in a layout (layout.ts).
 *
 * A gfp value is a number: an uint32, as the kernel prints it. Every function of this package takes int32 as
 * well and returns uint32.
 */

// Which zone.
export const __GFP_DMA = 0x1
export const __GFP_HIGHMEM = 0x2
export const __GFP_DMA32 = 0x4
export const __GFP_MOVABLE = 0x8
/** The zone modifiers. */
export const GFP_ZONEMASK = __GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32 | __GFP_MOVABLE

// Mobility and placement.
export const __GFP_RECLAIMABLE = 0x10
export const __GFP_WRITE = 0x1000
export const __GFP_HARDWALL = 0x100000
export const __GFP_THISNODE = 0x200000
export const __GFP_ACCOUNT = 0x400000
/** The two bits that are a migratetype once shifted. */
export const GFP_MOVABLE_MASK = __GFP_RECLAIMABLE | __GFP_MOVABLE

// Reserves.
export const __GFP_HIGH = 0x20
export const __GFP_MEMALLOC = 0x20000
export const __GFP_NOMEMALLOC = 0x80000

// Reclaim.
export const __GFP_IO = 0x40
export const __GFP_FS = 0x80
export const __GFP_DIRECT_RECLAIM = 0x400
export const __GFP_KSWAPD_RECLAIM = 0x800
export const __GFP_RECLAIM = __GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM
export const __GFP_RETRY_MAYFAIL = 0x4000
export const __GFP_NOFAIL = 0x8000
export const __GFP_NORETRY = 0x10000

// Action.
export const __GFP_ZERO = 0x100
export const __GFP_NOWARN = 0x2000
export const __GFP_COMP = 0x40000

// Combinations with a name.
export const GFP_NOIO = __GFP_RECLAIM
export const GFP_NOFS = __GFP_RECLAIM | __GFP_IO
export const GFP_KERNEL = __GFP_RECLAIM | __GFP_IO | __GFP_FS
export const GFP_KERNEL_ACCOUNT = GFP_KERNEL | __GFP_ACCOUNT
export const GFP_USER = GFP_KERNEL | __GFP_HARDWALL
export const GFP_HIGHUSER = GFP_USER | __GFP_HIGHMEM
