/**
 * GFP: flags of requests and of tasks, their text, and the filter between them. No memory is needed for any of it.
 * @module gfp
 */
export * from './gfp/alloc-flags.js'
export { type GfpClass, gfpClass } from './gfp/class.js'
export { currentGfpContext } from './gfp/context.js'
export * from './gfp/flags.js'
export { formatGfp, formatGfpTrace, GfpParseError, parseGfp } from './gfp/format.js'
export { gfpLayout, linux6_1, linux6_18 } from './gfp/kernels.js'
export type {
  CommonFlag,
  FlagName,
  GfpConfig,
  GfpLayout,
  GfpMasks,
  KernelLayout,
} from './gfp/layout.js'
export { type GfpEffort, type GfpMeaning, type GfpReserves, gfpMeaning } from './gfp/meaning.js'
export * from './gfp/migratetype.js'
export * from './gfp/predicates.js'
export { type AllocContext, type AllocEnvironment, prepareAllocPages } from './gfp/prepare.js'
export {
  currentMayThrottle,
  type FsReclaim,
  fsReclaimAcquire,
  fsReclaimRelease,
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
export * from './task/flags.js'
export * from './task/memalloc.js'
export * from './task/preempt.js'
