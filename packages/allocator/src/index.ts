/** The face of @scopemask/allocator. */

export { CallSites, type UnsafeSite } from './alloc/call-sites.js'
export {
  LivelockError,
  type MemoryHooks,
  PageAllocator,
  type PageAllocatorState,
  type PageRequest,
} from './alloc/page-allocator.js'
export {
  type AllocAnswer,
  type AllocRequest,
  type AllocStep,
  allocPages,
  COMPACT_COMPLETE,
  COMPACT_DEFERRED,
  COMPACT_SKIPPED,
} from './alloc/slow-path.js'
export * from './gfp/alloc-flags.js'
export { type GfpClass, gfpClass } from './gfp/class.js'
export { currentGfpContext } from './gfp/context.js'
export * from './gfp/flags.js'
export { formatGfp, formatGfpTrace, GfpParseError, parseGfp } from './gfp/format.js'
export { gfpLayout, linux6_1, linux6_18 } from './gfp/kernels.js'
export type { CommonFlag, FlagName, GfpConfig, GfpLayout, GfpMasks } from './gfp/layout.js'
export * from './gfp/migratetype.js'
export * from './gfp/predicates.js'
export { type AllocContext, type AllocEnvironment, prepareAllocPages } from './gfp/prepare.js'
export {
  currentMayThrottle,
  type FsReclaim,
  fsReclaimAcquire,
  type MightAlloc,
  mayEnterFs,
  memallocRetryWait,
  mightAlloc,
  needReclaim,
} from './gfp/reclaim.js'
export {
  type GfpZone,
  gfpZone,
  gfpZoneBad,
  gfpZoneIndex,
  gfpZoneTable,
  ZONES_AMD64,
  type ZoneName,
} from './gfp/zone.js'
export { Buddy, type FallbackEvent } from './pages/buddy.js'
export {
  FALLBACKS,
  type Fallback,
  findSuitableFallback,
  PAGEBLOCK_ORDER,
} from './pages/fallback.js'
export { PageError } from './pages/page-error.js'
export { InvariantError, NO_PAGE, PageFrames } from './pages/page-frames.js'
export {
  calculateMinFreeKbytes,
  type FreeState,
  MAX_ORDER,
  setupZoneReserves,
  totalReservePages,
  type Watermarks,
  type ZoneReserves,
  zoneWatermarkFast,
  zoneWatermarkOk,
} from './pages/watermark.js'
export { ZONES, type Zone, type ZoneLabel } from './pages/zone.js'
export { type MemoryOptions, Zones, type ZonesState } from './pages/zones.js'
export {
  type Lru,
  PG_ACTIVE,
  PG_DIRTY,
  PG_FILE,
  PG_PRIVATE,
  PG_RECLAIM,
  PG_REFERENCED,
  PG_WRITEBACK,
} from './reclaim/lru.js'
export { SHRINK_STOP, type ShrinkControl, type Shrinker } from './reclaim/shrinker.js'
export {
  allowDirectReclaim,
  type DirectReclaimWait,
  type ReclaimZone,
  reclaimThrottle,
  type ThrottleReason,
  throttleDirectReclaim,
  type WritebackCase,
  type WritebackPage,
  writebackCase,
} from './reclaim/throttle.js'
export type { Pageout, ReclaimHooks } from './reclaim/vmscan.js'
export { KMALLOC_MAX_CACHE_SIZE } from './slab/kmalloc-caches.js'
export { Mempool, type MempoolSleep, type MempoolSource, NO_ELEMENT } from './slab/mempool.js'
export { type MempoolResult, type MempoolStep, mempoolAlloc } from './slab/mempool-alloc.js'
export {
  SlabAllocator,
  SlabError,
  type SlabPageRequest,
  type SlabPages,
  type SlabState,
  ZERO_SIZE_PTR,
} from './slab/slab-allocator.js'
export {
  NO_OBJECT,
  type SlabCache,
  type SlabCacheOptions,
  type SlabInfo,
} from './slab/slab-cache.js'
export * from './task/flags.js'
export * from './task/memalloc.js'
export * from './task/preempt.js'
export { buddyinfo } from './views/buddyinfo.js'
export { memInfo } from './views/mem-info.js'
export { pagetypeinfo } from './views/pagetypeinfo.js'
export { slabinfo } from './views/slabinfo.js'
export type { NodeCounters, VmCounters, VmEvent, ZoneCounters } from './views/vm-counters.js'
export { vmstat } from './views/vmstat.js'
export { zoneinfo } from './views/zoneinfo.js'
