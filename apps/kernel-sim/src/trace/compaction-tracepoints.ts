/**
 * Compaction tracepoints: which of them are read, and which of their values (include/trace/events/compaction.h, Linux 4.9 to 6.18).
 * All readers and the recorder are made of this table, so that they agree.
 *
 * Left out are those that fire for each pageblock that is looked at, and the addresses of the scanners.
 */
import {
  COMPACT_COMPLETE,
  COMPACT_CONTENDED,
  COMPACT_CONTINUE,
  COMPACT_DEFERRED,
  COMPACT_PARTIAL_SKIPPED,
  COMPACT_SKIPPED,
  COMPACT_SUCCESS,
} from '@scopemask/allocator'

/** What the events say, all of them together. */
export interface CompactionValues {
  /** 2 to this power is how many pages are wanted; -1 where no block in particular is. */
  readonly order: number
  /** In effect. */
  readonly gfp: number
  /** How hard to try (enum compact_priority): 2 is asynchronous, 1 and 0 are synchronous. */
  readonly priority: number
  /** What came of it, or is to be expected (enum compact_result, as the COMPACT_ constants of the allocator). */
  readonly result: number
  /** 1 for a compaction that also does what is expensive, 0 for one that does not. */
  readonly sync: number
  readonly node: number
  /** Pages that were moved. */
  readonly moved: number
  /** Pages that could not be. */
  readonly failed: number
}

/** A value, and where it is found. */
export interface CompactionField {
  readonly value: keyof CompactionValues
  /** The field of the tracepoint, which is also what NDJSON calls it. */
  readonly field: string
  /** What the kernel calls it where it prints the event (TP_printk). */
  readonly printed: string
  /** `signed` can be -1; `result` and `mode` are printed by a name. */
  readonly type: 'count' | 'signed' | 'gfp' | 'result' | 'mode'
}

function field(
  value: keyof CompactionValues,
  type: CompactionField['type'],
  name: string,
  printed = name,
): CompactionField {
  return { value, field: name, printed, type }
}

const ORDER = field('order', 'signed', 'order')
const MODE = field('sync', 'mode', 'sync', 'mode')

/** The fields of each tracepoint. */
export const COMPACTION_TRACEPOINTS = {
  // A task starts to compact for a request that has not got its block.
  mm_compaction_try_to_compact_pages: [
    ORDER,
    field('gfp', 'gfp', 'gfp_mask'),
    field('priority', 'count', 'prio', 'priority'),
  ],
  // Before a zone is compacted, and wherever reclaim wants to know.
  mm_compaction_suitable: [ORDER, field('result', 'result', 'ret')],
  // A zone is left out, since it has failed lately.
  mm_compaction_deferred: [ORDER],
  // A zone has failed: so many of the next attempts are left out, twice as many as the last time.
  mm_compaction_defer_compaction: [ORDER],
  // None is left out any more.
  mm_compaction_defer_reset: [ORDER],
  mm_compaction_begin: [MODE],
  mm_compaction_migratepages: [
    field('moved', 'count', 'nr_migrated'),
    field('failed', 'count', 'nr_failed'),
  ],
  mm_compaction_end: [MODE, field('result', 'result', 'status')],
  mm_compaction_kcompactd_wake: [field('node', 'count', 'nid'), ORDER],
  mm_compaction_kcompactd_sleep: [field('node', 'count', 'nid')],
} satisfies Record<string, readonly CompactionField[]>

/** The name of one of them. */
export type CompactionTracepoint = keyof typeof COMPACTION_TRACEPOINTS

/** Returns true for the name of one of them. */
export function isCompactionTracepoint(name: string): name is CompactionTracepoint {
  return Object.hasOwn(COMPACTION_TRACEPOINTS, name)
}

/** The fields of one of them. */
export function compactionFields(tracepoint: CompactionTracepoint): readonly CompactionField[] {
  return COMPACTION_TRACEPOINTS[tracepoint]
}

/** How the kernel prints results (COMPACTION_STATUS). */
const RESULTS: ReadonlyMap<string, number> = new Map([
  ['not_suitable_zone', 0],
  ['skipped', COMPACT_SKIPPED],
  ['deferred', COMPACT_DEFERRED],
  ['no_suitable_page', 3],
  ['continue', COMPACT_CONTINUE],
  ['complete', COMPACT_COMPLETE],
  ['partial_skipped', COMPACT_PARTIAL_SKIPPED],
  ['contended', COMPACT_CONTENDED],
  ['success', COMPACT_SUCCESS],
])

const NAMES = new Map([...RESULTS].map(([name, result]) => [result, name]))

/** The result that the kernel prints by this name; undefined where there is none. */
export function compactResultOf(name: string): number | undefined {
  return RESULTS.get(name)
}

/** The name by which the kernel prints a result. */
export function compactResultName(result: number): string {
  return NAMES.get(result) ?? String(result)
}
