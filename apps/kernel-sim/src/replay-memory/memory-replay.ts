/** Memory replay: what came of replaying a recording, as data. */
import type { ZoneLabel } from '@scopemask/allocator'
import type { CgroupsReport, MemcgReclaims } from './cgroup-charges.js'
import type { CompactionRow } from './compactions-beside.js'
import type { FallbackCount, RecordedFallbacks } from './fallback-comparison.js'
import type { OwnCompactions } from './model-memory.js'
import type { Pressure } from './page-log.js'
import type { Deferrals } from './recorded-compactions.js'
import type { ReclaimSum } from './recorded-reclaims.js'
import type { WatermarkCrossings } from './watermark-crossings.js'

/** Memory at some moment. */
export interface MemoryState {
  /** Pages on the free lists. */
  readonly free: number
  /** Free pages that CPUs keep at hand. */
  readonly perCpu: number
  /** By order: free blocks. */
  readonly blocks: readonly number[]
  /** Pageblocks in which the recording's pages are, and those where pages of different migratetypes are. */
  readonly pageblocks: { readonly used: number; readonly mixed: number }
}

/** Both at the same moment. */
export interface MemorySample {
  /** How many page events there were. */
  readonly events: number
  readonly line: number
  /** Nanoseconds since the first page event. */
  readonly time: number
  /** Pages that the recording has in use. */
  readonly inUse: number
  /** Pages in use that compaction has moved: the recording does not say where to, and they are free in `recorded`. */
  readonly moved: number
  readonly recorded: MemoryState
  readonly model: MemoryState
}

/** What the kernel's compaction did, and the model's. */
export interface CompactionsReport {
  /** By what they were asked for: both were asked the same at the same moment. */
  readonly rows: readonly CompactionRow[]
  /** How often the kernel put compaction of a zone off. */
  readonly deferrals: Deferrals
  /** What the model compacted beside that, for requests that it had no block for. */
  readonly own: OwnCompactions
}

/** What the rules of a kernel make of a recording. */
export interface RulesOutcome {
  /** The kernel. */
  readonly kernel: string
  readonly fallbacks: readonly FallbackCount[]
  /** In the end: see {@link MemoryState.pageblocks}. */
  readonly pageblocks: MemoryState['pageblocks']
}

/** What came of a replay. */
export interface MemoryReplay {
  readonly allocations: number
  readonly frees: number
  /** Pages of the zones that the recording touches, and how many of them were free at its beginning. */
  readonly zones: readonly { readonly zone: ZoneLabel; readonly pages: number }[]
  readonly footprint: number
  readonly pressure: Pressure
  readonly memcg: MemcgReclaims
  /** Reclaim of the machine, and for memory cgroups, by cause. */
  readonly reclaims: readonly ReclaimSum[]
  readonly cgroups: CgroupsReport
  readonly samples: readonly MemorySample[]
  readonly fallbacks: readonly FallbackCount[]
  /** Null when the recording has none: then nobody recorded them, or there were none. */
  readonly kernelFallbacks: RecordedFallbacks | null
  /** Null when the recording has no events of compaction, and the model had no need of it. */
  readonly compaction: CompactionsReport | null
  /** The same memory under the rules of another kernel, which chooses otherwise where a migratetype has no pages. */
  readonly otherRules: RulesOutcome
  readonly watermarks: readonly WatermarkCrossings[]
  readonly departures: Departures
}

/** Where the model and the recording part, and what the recording does not say. */
export interface Departures {
  /** Samples at which the free pages differ: the model could not serve all that the kernel served. */
  readonly freePages: number
  /** Allocations that the model had no block for. */
  readonly unserved: readonly Unserved[]
  readonly unservedCount: number
  /** Allocations from another zone than the kernel's. */
  readonly otherZone: number
  /** Allocations whose recorded migratetype is not what their flags say. */
  readonly otherMigratetype: number
  /** Pages that were allocated again though the recording does not see them freed. */
  readonly unseenFrees: number
  /** Frees of what the recording does not see allocated, but for pages that compaction has moved. */
  readonly unseenAllocations: number
  /** Frees of another order than that of the allocation, or of a part of it. */
  readonly otherOrder: number
  /** Page events without a page number, or outside of the memory that is replayed. */
  readonly leftOut: number
}

/** An allocation that the model had no block for. */
export interface Unserved {
  readonly line: number
  readonly order: number
  /** Free pages that the model had. */
  readonly free: number
}
