/**
 * Pages: the memory of a machine, its page allocator, and the reclaim behind it.
 * @module pages
 */

export { allocPages } from './alloc/alloc-pages.js'
export { CallSites, type UnsafeSite } from './alloc/call-sites.js'
export {
  type CmaRequest,
  ContigAllocator,
  type ContigRequest,
  type ContigResult,
  type ContigStep,
  type ContigSteps,
} from './alloc/contig-alloc.js'
export { LivelockError } from './alloc/livelock.js'
export type { MemoryHooks } from './alloc/memory-hooks.js'
export { Mempolicy, type MempolicyMode } from './alloc/mempolicy.js'
export { PageAllocator, type PageAllocatorState } from './alloc/page-allocator.js'
export type { ObjectChargeRequest, PageCharge } from './alloc/page-charging.js'
export type { AllocRequest, NodeZones, PageRequest } from './alloc/request.js'
export {
  type AllocAnswer,
  type AllocStep,
  COMPACT_RETRY,
  COMPACT_RETRY_HARDER,
  type FreelistSearch,
  perform,
  type StepHandlers,
  type StepOf,
} from './alloc/steps.js'
export * from './compaction/compact-result.js'
export type { CompactionStep, CompactionSteps } from './compaction/compact-zone.js'
export type { CompactionState } from './compaction/compaction.js'
export type { MigrateHooks } from './compaction/migrate-hooks.js'
export { fragmentationIndex } from './compaction/suitable.js'
export type { ZoneCompactionState } from './compaction/zone-compaction.js'
export type { ChargeRequest, ChargeStep } from './memcg/charge.js'
export type { MemCgroup, MemcgEvents, MemcgLimits, MemcgSwapEvents } from './memcg/mem-cgroup.js'
export type { MemCgroups, MemcgState } from './memcg/mem-cgroups.js'
export type { ObjectCharge, ObjectChargeState } from './memcg/object-charge.js'
export { NO_LIMIT, type PageCounter, type PageCounterState } from './memcg/page-counter.js'
export {
  OOM_SCORE_ADJ_MAX,
  OOM_SCORE_ADJ_MIN,
  type OomCandidate,
  type OomChoice,
  type OomConstraint,
  type OomDomain,
  oomBadness,
  oomDomain,
  selectBadProcess,
} from './oom/badness.js'
export { type OomRequest, type OomVerdict, outOfMemory } from './oom/out-of-memory.js'
export { oomReap, type ReapStep } from './oom/reaper.js'
export {
  type AllocatorRules,
  type FallbackRule,
  RULES_6_1,
  RULES_6_18,
} from './pages/allocator-rules.js'
export type { FallbackEvent } from './pages/borrow.js'
export { Buddy, type BuddyState } from './pages/buddy.js'
export { CmaArea, type CmaAreaOptions, type CmaAreaState } from './pages/cma-area.js'
export {
  FALLBACKS,
  type Fallback,
  type FreeArea,
  findSuitableFallback,
  PAGEBLOCK_ORDER,
} from './pages/fallback.js'
export { Numa, type NumaOptions } from './pages/numa.js'
export { NumaStats, type NumaStatsState } from './pages/numa-stats.js'
export { PageError } from './pages/page-error.js'
export { type FramesState, InvariantError, NO_PAGE, PageFrames } from './pages/page-frames.js'
export type { PerCpuPages, PerCpuState } from './pages/per-cpu-pages.js'
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
  ZONE_DEVICE_LABEL,
  ZONES,
  type Zone,
  type ZoneLabel,
  type ZoneState,
} from './pages/zone.js'
export {
  type DeviceMemory,
  type From,
  type MemoryOptions,
  type NodeReclaimRequest,
  Zones,
  type ZonesState,
} from './pages/zones.js'
export { atOnce } from './reclaim/at-once.js'
export type { Lru, LruState } from './reclaim/lru.js'
export { ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE } from './reclaim/lru-counts.js'
export {
  PG_ACTIVE,
  PG_DIRTY,
  PG_FILE,
  PG_PRIVATE,
  PG_RECLAIM,
  PG_REFERENCED,
  PG_SWAPCACHE,
  PG_WORKINGSET,
  PG_WRITEBACK,
} from './reclaim/lru-flags.js'
export type { GenType, LruGen, LruGenState } from './reclaim/lru-gen.js'
export type { NodeReclaimed, Pageout, ReclaimHooks } from './reclaim/reclaim-hooks.js'
export type { ReclaimStep, ReclaimSteps } from './reclaim/scan-control.js'
export type { ScanCost, ScanCostState } from './reclaim/scan-cost.js'
export { SHRINK_STOP, type ShrinkControl, type Shrinker } from './reclaim/shrinker.js'
export { NO_SWAP_ENTRY, type SwapAreaOptions, SwapSpace } from './reclaim/swap-space.js'
export {
  allowDirectReclaim,
  type DirectReclaimWait,
  givesUpReclaim,
  type ReclaimZone,
  reclaimThrottle,
  type ThrottleReason,
  throttleDirectReclaim,
  type WritebackCase,
  type WritebackPage,
  writebackCase,
} from './reclaim/throttle.js'
export type { VmscanState } from './reclaim/vmscan.js'
export type {
  Refault,
  Workingset,
  WorkingsetCounters,
  WorkingsetState,
} from './reclaim/workingset.js'
export { SAME_FILLED, Zram, type ZramStat, type ZramWork } from './reclaim/zram.js'
export type { ZsPages } from './reclaim/zsmalloc.js'
