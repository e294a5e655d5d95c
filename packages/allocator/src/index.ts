/** The face of @scopemask/allocator. */
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
export { Buddy, type BuddySnapshot, type FallbackEvent, PageError } from './pages/buddy.js'
export {
  FALLBACKS,
  type Fallback,
  findSuitableFallback,
  PAGEBLOCK_ORDER,
} from './pages/fallback.js'
export { type MempoolResult, type MempoolStep, mempoolAlloc } from './pages/mempool.js'
export {
  type AllocAnswer,
  type AllocRequest,
  type AllocStep,
  allocPages,
  COMPACT_DEFERRED,
  COMPACT_SKIPPED,
  NO_PAGE,
} from './pages/slow-path.js'
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
export * from './task/flags.js'
export * from './task/memalloc.js'
export * from './task/preempt.js'
