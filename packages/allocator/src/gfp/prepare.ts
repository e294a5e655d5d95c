/** Prepare: what the page allocator makes of a request before it looks for pages (mm/page_alloc.c, prepare_alloc_pages, 6.1). */
import { inTask } from '../task/preempt.js'
import { ALLOC_CPUSET, ALLOC_WMARK_LOW, gfpToAllocFlagsCma } from './alloc-flags.js'
import { __GFP_HARDWALL, __GFP_WRITE } from './flags.js'
import { gfpMigratetype } from './migratetype.js'
import { gfpZonelist } from './predicates.js'
import { gfpZoneIndex } from './zone.js'

/** Where a request is made. */
export interface AllocEnvironment {
  readonly cpusetsEnabled: boolean
  readonly preemptCount: number
  /** Whether the caller restricts the nodes itself. */
  readonly nodemask: boolean
  /** CONFIG_CMA. */
  readonly cma?: boolean
  /** The configured zones, as {@link gfpZoneTable} makes it; by default those of Debian's amd64 kernels. */
  readonly zoneTable?: Uint8Array
}

/** What the freelists are searched with. */
export interface AllocContext {
  readonly gfp: number
  readonly allocFlags: number
  readonly highestZoneidx: number
  readonly zonelist: number
  readonly migratetype: number
  /** The nodes: no restriction, those of the task's cpuset, or those that the caller gave. */
  readonly nodemask: null | 'cpuset' | 'given'
  /** Dirty pages are spread over zones: only the fast path does. */
  readonly spreadDirtyPages: boolean
}

/** Prepares a request whose gfp has been through the filter. */
export function prepareAllocPages(gfp: number, environment: AllocEnvironment): AllocContext {
  const { cpusetsEnabled, preemptCount, nodemask: given, cma = false, zoneTable } = environment
  let allocGfp = gfp
  let allocFlags = ALLOC_WMARK_LOW
  let nodemask: AllocContext['nodemask'] = given ? 'given' : null
  if (cpusetsEnabled) {
    allocGfp |= __GFP_HARDWALL
    // An interrupt belongs to no task, so the cpuset of the task it interrupted is not its own.
    if (inTask(preemptCount) && !given) nodemask = 'cpuset'
    else allocFlags |= ALLOC_CPUSET
  }
  return {
    gfp: allocGfp >>> 0,
    allocFlags: gfpToAllocFlagsCma(gfp, allocFlags, cma),
    highestZoneidx: gfpZoneIndex(gfp, zoneTable),
    zonelist: gfpZonelist(gfp),
    migratetype: gfpMigratetype(gfp),
    nodemask,
    spreadDirtyPages: (gfp & __GFP_WRITE) !== 0,
  }
}
