/**
 * VM counters: what a kernel counts beside its free lists, by the names and in the order of /proc/vmstat (mm/vmstat.c, vmstat_text,
 * 6.1 in Debian's amd64 configuration). A machine that does not count something has 0 there.
 */
import type { ZoneLabel } from '../pages/zone.js'

/** Pages, by zone (enum zone_stat_item). */
export const ZONE_STATS = [
  'nr_free_pages',
  'nr_zone_inactive_anon',
  'nr_zone_active_anon',
  'nr_zone_inactive_file',
  'nr_zone_active_file',
  'nr_zone_unevictable',
  'nr_zone_write_pending',
  'nr_mlock',
  'nr_bounce',
  'nr_zspages',
  'nr_free_cma',
] as const

/** Allocations, by zone (enum numa_stat_item). */
export const NUMA_STATS = [
  'numa_hit',
  'numa_miss',
  'numa_foreign',
  'numa_interleave',
  'numa_local',
  'numa_other',
] as const

/** Pages, by node (enum node_stat_item). Huge pages are counted as such; stacks in KiB. */
export const NODE_STATS = [
  'nr_inactive_anon',
  'nr_active_anon',
  'nr_inactive_file',
  'nr_active_file',
  'nr_unevictable',
  'nr_slab_reclaimable',
  'nr_slab_unreclaimable',
  'nr_isolated_anon',
  'nr_isolated_file',
  'workingset_nodes',
  'workingset_refault_anon',
  'workingset_refault_file',
  'workingset_activate_anon',
  'workingset_activate_file',
  'workingset_restore_anon',
  'workingset_restore_file',
  'workingset_nodereclaim',
  'nr_anon_pages',
  'nr_mapped',
  'nr_file_pages',
  'nr_dirty',
  'nr_writeback',
  'nr_writeback_temp',
  'nr_shmem',
  'nr_shmem_hugepages',
  'nr_shmem_pmdmapped',
  'nr_file_hugepages',
  'nr_file_pmdmapped',
  'nr_anon_transparent_hugepages',
  'nr_vmscan_write',
  'nr_vmscan_immediate_reclaim',
  'nr_dirtied',
  'nr_written',
  'nr_throttled_written',
  'nr_kernel_misc_reclaimable',
  'nr_foll_pin_acquired',
  'nr_foll_pin_released',
  'nr_kernel_stack',
  'nr_page_table_pages',
  'nr_sec_page_table_pages',
  'nr_swapcached',
  'pgpromote_success',
  'pgpromote_candidate',
] as const

/** What has its own counter for each zone. */
const byZone = <N extends string>(name: N) =>
  [`${name}_dma`, `${name}_dma32`, `${name}_normal`, `${name}_movable`] as const

/** Events, since the machine was started (enum vm_event_item), up to those that nothing here can count. */
export const VM_EVENTS = [
  'pgpgin',
  'pgpgout',
  'pswpin',
  'pswpout',
  ...byZone('pgalloc'),
  ...byZone('allocstall'),
  ...byZone('pgskip'),
  'pgfree',
  'pgactivate',
  'pgdeactivate',
  'pglazyfree',
  'pgfault',
  'pgmajfault',
  'pglazyfreed',
  'pgrefill',
  'pgreuse',
  'pgsteal_kswapd',
  'pgsteal_direct',
  'pgdemote_kswapd',
  'pgdemote_direct',
  'pgscan_kswapd',
  'pgscan_direct',
  'pgscan_direct_throttle',
  'pgscan_anon',
  'pgscan_file',
  'pgsteal_anon',
  'pgsteal_file',
  'zone_reclaim_failed',
  'pginodesteal',
  'slabs_scanned',
  'kswapd_inodesteal',
  'kswapd_low_wmark_hit_quickly',
  'kswapd_high_wmark_hit_quickly',
  'pageoutrun',
  'pgrotated',
  'drop_pagecache',
  'drop_slab',
  'oom_kill',
  'numa_pte_updates',
  'numa_huge_pte_updates',
  'numa_hint_faults',
  'numa_hint_faults_local',
  'numa_pages_migrated',
  'pgmigrate_success',
  'pgmigrate_fail',
  'thp_migration_success',
  'thp_migration_fail',
  'thp_migration_split',
  'compact_migrate_scanned',
  'compact_free_scanned',
  'compact_isolated',
  'compact_stall',
  'compact_fail',
  'compact_success',
  'compact_daemon_wake',
  'compact_daemon_migrate_scanned',
  'compact_daemon_free_scanned',
] as const

/** Events of a kernel with CONFIG_CMA, which follow those of huge pages: calls of cma_alloc. */
export const CMA_EVENTS = ['cma_alloc_success', 'cma_alloc_fail'] as const

/** The name of a counter of a zone. */
export type ZoneStat = (typeof ZONE_STATS)[number] | (typeof NUMA_STATS)[number]
/** The name of a counter of a node. */
export type NodeStat = (typeof NODE_STATS)[number]
/** The name of an event. */
export type VmEvent = (typeof VM_EVENTS)[number] | (typeof CMA_EVENTS)[number]

/** The counters of a zone, but for its free pages: the zone itself knows those. */
export type ZoneCounters = {
  readonly [stat in Exclude<ZoneStat, 'nr_free_pages' | 'nr_free_cma'>]?: number
}

/** The counters of a node. */
export type NodeCounters = { readonly [stat in NodeStat]?: number } & {
  /** True if kswapd has given up: it failed 16 times in a row. */
  readonly unreclaimable?: boolean
}

/** What a machine counts; what is missing is 0. */
export interface VmCounters {
  /** By node. */
  readonly nodes?: readonly NodeCounters[]
  /** By node, then by name. */
  readonly zones?: readonly Readonly<Partial<Record<ZoneLabel, ZoneCounters>>>[]
  /** By name, since the machine was started. */
  readonly events?: Readonly<Partial<Record<VmEvent, number>>>
  /** Dirty pages from which on writers are stopped. */
  readonly dirtyThreshold?: number
  /** Dirty pages from which on the flusher writes. */
  readonly dirtyBackgroundThreshold?: number
  /** Swap that is free, KiB. */
  readonly freeSwap?: number
  /** All swap, KiB. */
  readonly totalSwap?: number
}
