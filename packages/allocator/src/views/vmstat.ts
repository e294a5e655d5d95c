/** /proc/vmstat: the counters of the whole machine (mm/vmstat.c, vmstat_show, 6.1). */
import type { Zone } from '../pages/zone.js'
import {
  CMA_EVENTS,
  NODE_STATS,
  NUMA_STATS,
  VM_EVENTS,
  type VmCounters,
  ZONE_STATS,
} from './vm-counters.js'

/** Between compaction and CMA, with CONFIG_HUGETLB_PAGE: nothing here makes huge pages. */
const HUGETLB_EVENTS = ['htlb_buddy_alloc_success', 'htlb_buddy_alloc_fail']

/** The text of /proc/vmstat, up to the events of huge pages: nothing here counts those. With CMA those that follow are there, up to CMA's. */
export function vmstat(zones: readonly Zone[], counters: VmCounters = {}): string {
  const { nodes = [], zones: byZone = [], events = {} } = counters
  const ofZones = [...ZONE_STATS, ...NUMA_STATS].map((stat) => {
    const values = zones.map((zone) => {
      if (stat === 'nr_free_pages') return zone.freePages
      if (stat === 'nr_free_cma') return zone.freeCma
      return byZone[zone.node]?.[zone.name]?.[stat] ?? 0
    })
    return `${stat} ${sum(values)}`
  })
  return [
    ...ofZones,
    ...NODE_STATS.map((stat) => `${stat} ${sum(nodes.map((node) => node[stat] ?? 0))}`),
    `nr_dirty_threshold ${counters.dirtyThreshold ?? 0}`,
    `nr_dirty_background_threshold ${counters.dirtyBackgroundThreshold ?? 0}`,
    ...VM_EVENTS.map((event) => `${event} ${events[event] ?? 0}`),
    ...(zones.some(({ cma }) => cma) ? cmaLines(events) : []),
    // No kernel counts it any more; programs read it all the same.
    'nr_unstable 0',
    '',
  ].join('\n')
}

function cmaLines(events: NonNullable<VmCounters['events']>): string[] {
  return [
    ...HUGETLB_EVENTS.map((event) => `${event} 0`),
    ...CMA_EVENTS.map((event) => `${event} ${events[event] ?? 0}`),
  ]
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
