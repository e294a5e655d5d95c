/**
 * Allocator rules: where the page allocators of two kernels decide differently, as data. The allocator is that of 6.1.192 unless it is told
 * otherwise; what is not named here is alike, or is 6.1's.
 */

/** How a request gets pages when its migratetype has none left. */
export type FallbackRule =
  /**
   * From the largest block down: whatever free block is found changes its migratetype, with all that is free in its pageblock where that makes
   * sense; a movable request that may not keep the pageblock takes the smallest block (__rmqueue_fallback, 6.1).
   */
  | 'steal'
  /**
   * From the largest block down a whole pageblock is claimed, if half of it is free or alike; when none can be, the smallest block is taken,
   * and the rest of it stays what it is (__rmqueue_claim and __rmqueue_steal, since 6.15: c2f6ea38fc1b, 90abee6d7895).
   */
  | 'claim'

/** What differs. */
export interface AllocatorRules {
  /** Which kernel has these rules. */
  readonly kernel: string
  /** See {@link FallbackRule}. */
  readonly fallback: FallbackRule
  /**
   * How much of a zone may be set aside for atomic requests of several pages (reserve_highatomic_pageblock). `extra`: a pageblock more than 1% (6.1).
   * `rounded`: 1% rounded up to whole pageblocks, and nothing where that is less than one pageblock (since 6.8: d68e39fc45f7, 9cd20f3fe045).
   */
  readonly highatomicReserve: 'extra' | 'rounded'
  /**
   * Which pageblocks of a block of several change their migratetype when it is reserved or given up (reserve_highatomic_pageblock,
   * unreserve_highatomic_pageblock). `first`: the first, and what is free of all moves with it (6.1). `all`: all of them (since 6.10: 7cc5a5d65011), and a pageblock that a
   * zone has only a part of is never reserved (since 6.10: "mm: page_alloc: fix freelist movement during block conversion").
   */
  readonly highatomicBlocks: 'first' | 'all'
  /**
   * The sysctl vm.defrag_mode (since 6.15: e3aa7df331bc): a request takes pages of another migratetype only after reclaim and compaction have
   * failed to make some, and kswapd and kcompactd keep whole pageblocks free (101f9d666e4d, a211c6550efc). Off by default.
   */
  readonly defragMode: boolean
  /**
   * A request for a costly block of one node that gives up early (`__GFP_THISNODE` with `__GFP_NORETRY`: a huge page) fails when compaction
   * did not help: reclaim would press a single node while others have plenty. Stable kernels have it since early 2026; before, such a
   * request reclaims once.
   */
  readonly localNoretryFails: boolean
}

/** The rules of Linux 6.1.192 (mm/page_alloc.c, __rmqueue_fallback at line 3033, __alloc_pages_slowpath at line 5229). */
export const RULES_6_1: AllocatorRules = {
  kernel: '6.1.192',
  fallback: 'steal',
  highatomicReserve: 'extra',
  highatomicBlocks: 'first',
  defragMode: false,
  localNoretryFails: true,
}

/** The rules of Linux 6.18, as released (mm/page_alloc.c, __rmqueue, try_to_claim_block, get_page_from_freelist). */
export const RULES_6_18: AllocatorRules = {
  kernel: '6.18',
  fallback: 'claim',
  highatomicReserve: 'rounded',
  highatomicBlocks: 'all',
  defragMode: false,
  localNoretryFails: false,
}
