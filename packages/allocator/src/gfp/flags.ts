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
/** The page may be where the kernel has no permanent mapping: ZONE_HIGHMEM, on 32-bit machines. */
export const __GFP_HIGHMEM = 0x2
/** The page must be addressable with 32 bits: ZONE_DMA32. */
export const __GFP_DMA32 = 0x4
/** The page can be moved, by compaction or migration, or reclaimed. With `__GFP_HIGHMEM` it may be in ZONE_MOVABLE. */
export const __GFP_MOVABLE = 0x8
/** The zone modifiers. */
export const GFP_ZONEMASK = __GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32 | __GFP_MOVABLE

// Mobility and placement.
/** The page holds slab objects that a shrinker can free (SLAB_RECLAIM_ACCOUNT). */
export const __GFP_RECLAIMABLE = 0x10
/** The caller will dirty the page: such pages are spread over the zones, so that no zone is full of dirty ones. */
export const __GFP_WRITE = 0x1000
/** The cpuset of the task is binding. */
export const __GFP_HARDWALL = 0x100000
/** The node that is asked for is binding: no other node, no memory policy. */
export const __GFP_THISNODE = 0x200000
/** The page is charged to the memory cgroup of the task. */
export const __GFP_ACCOUNT = 0x400000
/** The two bits that are a migratetype once shifted. */
export const GFP_MOVABLE_MASK = __GFP_RECLAIMABLE | __GFP_MOVABLE

// Reserves.
/** The request is important: it may use half of what the min watermark keeps. */
export const __GFP_HIGH = 0x20
/** All reserves may be used: only for who frees memory with it very soon. */
export const __GFP_MEMALLOC = 0x20000
/** No reserves, even where the task has PF_MEMALLOC. It wins over `__GFP_MEMALLOC`. */
export const __GFP_NOMEMALLOC = 0x80000

// Reclaim.
/** Reclaim may start I/O. `memalloc_noio_save` takes it away, and `__GFP_FS` with it. */
export const __GFP_IO = 0x40
/** Reclaim may enter the filesystem. `memalloc_nofs_save` takes it away. */
export const __GFP_FS = 0x80
/** The task may reclaim itself, and so may sleep (`__GFP_WAIT` before 4.4). */
export const __GFP_DIRECT_RECLAIM = 0x400
/** kswapd is woken where the low watermark does not hold. */
export const __GFP_KSWAPD_RECLAIM = 0x800
/** Both kinds of reclaim. */
export const __GFP_RECLAIM = __GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM
/** Tries hard, and fails where the OOM killer would be next (`__GFP_REPEAT` before 4.13). */
export const __GFP_RETRY_MAYFAIL = 0x4000
/** Never fails: it is tried for ever. The caller cannot handle a failure, and must be able to sleep. */
export const __GFP_NOFAIL = 0x8000
/** One round of reclaim and compaction, no OOM killer: the caller has another way. */
export const __GFP_NORETRY = 0x10000

// Action.
/** The page is filled with zeros. */
export const __GFP_ZERO = 0x100
/** A failure is not logged. */
export const __GFP_NOWARN = 0x2000
/** The pages of a block are one compound page. */
export const __GFP_COMP = 0x40000

// Combinations with a name.
/** Reclaim without any I/O: for who may hold what block I/O needs. */
export const GFP_NOIO = __GFP_RECLAIM
/** Reclaim that does not enter the filesystem: for who may hold a lock of one. */
export const GFP_NOFS = __GFP_RECLAIM | __GFP_IO
/** What most of the kernel asks for: full reclaim; the task may sleep. */
export const GFP_KERNEL = __GFP_RECLAIM | __GFP_IO | __GFP_FS
/** `GFP_KERNEL`, charged to the memory cgroup: for what user space can make the kernel allocate without end. */
export const GFP_KERNEL_ACCOUNT = GFP_KERNEL | __GFP_ACCOUNT
/** For user space, through the kernel: within the cpuset of the task. */
export const GFP_USER = GFP_KERNEL | __GFP_HARDWALL
/** For user space, which alone maps it: anywhere but in ZONE_MOVABLE. */
export const GFP_HIGHUSER = GFP_USER | __GFP_HIGHMEM
