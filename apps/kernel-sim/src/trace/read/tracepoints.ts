/** Tracepoints: those that are read (include/trace/events/{kmem,workqueue,vmscan,compaction}.h). */
import { type CompactionTracepoint, isCompactionTracepoint } from '../compaction-tracepoints.js'

const KINDS = [
  'kmalloc',
  'kmalloc_node',
  'kmem_cache_alloc',
  'kmem_cache_alloc_node',
  'mm_page_alloc',
  'mm_page_free',
  'mm_page_alloc_extfrag',
  'workqueue_queue_work',
  'workqueue_execute_start',
  'workqueue_execute_end',
  'mm_vmscan_direct_reclaim_begin',
  'mm_vmscan_direct_reclaim_end',
  'mm_vmscan_memcg_reclaim_begin',
  'mm_vmscan_memcg_reclaim_end',
  'mm_vmscan_memcg_softlimit_reclaim_begin',
  'mm_vmscan_memcg_softlimit_reclaim_end',
  'mm_shrink_slab_start',
  'mm_shrink_slab_end',
  'mm_vmscan_kswapd_wake',
  'mm_vmscan_kswapd_sleep',
  'mm_vmscan_wakeup_kswapd',
] as const

/** The name of a tracepoint that is read. */
export type Kind = (typeof KINDS)[number] | CompactionTracepoint

/** Returns the tracepoint of this name; undefined when nobody has a use for its events. */
export function kindOf(name: string): Kind | undefined {
  return KINDS.find((kind) => kind === name) ?? (isCompactionTracepoint(name) ? name : undefined)
}

/**
 * The names of events as they come in a recording: most of them are few, and come again and again. One that is known is the same string
 * wherever it was read, which makes it quick to compare.
 */
export interface EventName {
  readonly name: string
  readonly kind: Kind | undefined
}

export function eventName(name: string): EventName {
  const kind = kindOf(name)
  return { name: kind ?? name, kind }
}
