/** The face of @scopemask/allocator. */
export * from './gfp/alloc-flags.js'
export { currentGfpContext } from './gfp/context.js'
export * from './gfp/flags.js'
export { formatGfp, formatGfpTrace, GfpParseError, parseGfp } from './gfp/format.js'
export type { FlagName, GfpLayout } from './gfp/layout.js'
export { type GfpConfig, linux6_1 } from './gfp/layouts/v6-1.js'
export { linux6_18 } from './gfp/layouts/v6-18.js'
export * from './gfp/migratetype.js'
export * from './gfp/predicates.js'
export { type AllocContext, type AllocEnvironment, prepareAllocPages } from './gfp/prepare.js'
export {
  currentMayThrottle,
  type FsReclaim,
  fsReclaimAcquire,
  mayEnterFs,
  memallocRetryWait,
  needReclaim,
} from './gfp/reclaim.js'
export { type GfpZone, gfpZone, ZONES_AMD64, type ZoneName } from './gfp/zone.js'
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
