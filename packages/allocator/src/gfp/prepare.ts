/** Prepare: what the page allocator makes of a request before it looks for pages (mm/page_alloc.c, prepare_alloc_pages, 6.1). */
import { inTask } from '../task/preempt.js'
import { ALLOC_CPUSET, ALLOC_WMARK_LOW, gfpToAllocFlagsCma } from './alloc-flags.js'
import { __GFP_HARDWALL, __GFP_WRITE } from './flags.js'
import { gfpMigratetype } from './migratetype.js'
import { gfpZonelist } from './predicates.js'
import { gfpZoneIndex } from './zone.js'

/** Where a request is made. */
export interface AllocEnvironment {
  /** There are cpusets (cpusets_enabled). */
  readonly cpusetsEnabled: boolean
  /** Where the code runs: see preempt.ts. */
  readonly preemptCount: number
  /** True if the caller restricts the nodes itself. */
  readonly nodemask: boolean
  /** CONFIG_CMA. */
  readonly cma?: boolean
  /** The configured zones, as {@link gfpZoneTable} makes it; by default those of Debian's amd64 kernels. */
  readonly zoneTable?: Uint8Array
}

/** What the freelists are searched with. */
export interface AllocContext {
  /** The flags that the free lists are searched with: `__GFP_HARDWALL` is added where there are cpusets. */
  readonly gfp: number
  /** The ALLOC_* flags of the first try. */
  readonly allocFlags: number
  /** The index of the highest zone that may serve the request. */
  readonly highestZoneidx: number
  /** The zones that are walked: 0 for those of all nodes, 1 for those of one node (`__GFP_THISNODE`). */
  readonly zonelist: number
  /** With which pages the page is kept. */
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
