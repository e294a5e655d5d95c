/** VM events: how often what happened since the machine was started (struct vm_event_state), by the names of /proc/vmstat. */
import { CMA_EVENTS, VM_EVENTS, type VmEvent } from '../views/vm-counters.js'

const ALL: readonly VmEvent[] = [...VM_EVENTS, ...CMA_EVENTS]

/** The place of an event among the counters. */
const place = (event: VmEvent): number => ALL.indexOf(event)

export const ALLOCSTALL_DMA = place('allocstall_dma')
export const PGSKIP_DMA = place('pgskip_dma')
export const PGFREE = place('pgfree')
export const PGACTIVATE = place('pgactivate')
export const PGDEACTIVATE = place('pgdeactivate')
export const PGREFILL = place('pgrefill')
export const PGSCAN_KSWAPD = place('pgscan_kswapd')
export const PGSCAN_DIRECT = place('pgscan_direct')
export const PGSCAN_ANON = place('pgscan_anon')
export const PGSCAN_FILE = place('pgscan_file')
export const PGSTEAL_KSWAPD = place('pgsteal_kswapd')
export const PGSTEAL_DIRECT = place('pgsteal_direct')
export const PGSTEAL_ANON = place('pgsteal_anon')
export const PGSTEAL_FILE = place('pgsteal_file')
export const ZONE_RECLAIM_FAILED = place('zone_reclaim_failed')
export const SLABS_SCANNED = place('slabs_scanned')
export const PAGEOUTRUN = place('pageoutrun')
export const OOM_KILL = place('oom_kill')
export const PGMIGRATE_SUCCESS = place('pgmigrate_success')
export const PGMIGRATE_FAIL = place('pgmigrate_fail')
export const COMPACT_MIGRATE_SCANNED = place('compact_migrate_scanned')
export const COMPACT_FREE_SCANNED = place('compact_free_scanned')
export const COMPACT_ISOLATED = place('compact_isolated')
export const COMPACT_STALL = place('compact_stall')
export const COMPACT_FAIL = place('compact_fail')
export const COMPACT_SUCCESS = place('compact_success')
export const COMPACT_DAEMON_WAKE = place('compact_daemon_wake')
export const COMPACT_DAEMON_MIGRATE_SCANNED = place('compact_daemon_migrate_scanned')
export const COMPACT_DAEMON_FREE_SCANNED = place('compact_daemon_free_scanned')
export const CMA_ALLOC_SUCCESS = place('cma_alloc_success')
export const CMA_ALLOC_FAIL = place('cma_alloc_fail')

/** One counter for each event; those of zones follow each other, lowest zone first. */
export type VmEvents = Float64Array

export function vmEvents(): VmEvents {
  return new Float64Array(ALL.length)
}

/** The counters by name, those that are not 0. */
export function namedVmEvents(events: VmEvents): { [event in VmEvent]?: number } {
  return Object.fromEntries(
    ALL.map((event, index) => [event, events[index] ?? 0] as const).filter(([, n]) => n !== 0),
  )
}
