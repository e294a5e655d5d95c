/** Counters: what /proc and the OOM report tell beside the free lists, taken from the memory itself. */
import type { Zones } from '../pages/zones.js'
import type { Lru } from '../reclaim/lru.js'
import { ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE } from '../reclaim/lru-counts.js'
import { MAX_RECLAIM_RETRIES } from '../reclaim/throttle.js'
import { namedVmEvents, type VmEvents } from '../reclaim/vm-events.js'
import type { Vmscan } from '../reclaim/vmscan.js'
import type { Workingset } from '../reclaim/workingset.js'
import { VM_EVENTS, type VmCounters, type VmEvent } from './vm-counters.js'

/** What the counters are taken from. */
export interface Counted {
  readonly zones: Zones
  readonly lru: Lru
  readonly workingset: Workingset
  readonly vmscan: Vmscan
  readonly events: VmEvents
}

/** Counts. */
export function vmCounters({ zones, lru, workingset, vmscan, events }: Counted): VmCounters {
  const nodes = Array.from({ length: zones.nodes }, (_, node) => ({
    nr_inactive_anon: lru.pages(node, INACTIVE_ANON),
    nr_active_anon: lru.pages(node, ACTIVE_ANON),
    nr_inactive_file: lru.pages(node, INACTIVE_FILE),
    nr_active_file: lru.pages(node, ACTIVE_FILE),
    nr_anon_pages:
      lru.pages(node, INACTIVE_ANON) + lru.pages(node, ACTIVE_ANON) + lru.isolated(node, false),
    nr_file_pages:
      lru.pages(node, INACTIVE_FILE) + lru.pages(node, ACTIVE_FILE) + lru.isolated(node, true),
    nr_unevictable: lru.unevictable(node),
    nr_isolated_anon: lru.isolated(node, false),
    nr_isolated_file: lru.isolated(node, true),
    ...workingset.counters(node),
    unreclaimable: vmscan.kswapdFailures(node) >= MAX_RECLAIM_RETRIES,
  }))
  const byZone = (node: number) =>
    Object.fromEntries(
      zones.all
        .filter((zone) => zone.node === node)
        .map(({ name, index, blocks, numa }) => [
          name,
          {
            nr_zone_inactive_anon: lru.pagesOf(node, index, INACTIVE_ANON),
            nr_zone_active_anon: lru.pagesOf(node, index, ACTIVE_ANON),
            nr_zone_inactive_file: lru.pagesOf(node, index, INACTIVE_FILE),
            nr_zone_active_file: lru.pagesOf(node, index, ACTIVE_FILE),
            numa_hit: blocks - numa.miss,
            numa_miss: numa.miss,
            numa_foreign: numa.foreign,
            numa_interleave: numa.interleave,
            numa_local: blocks - numa.other,
            numa_other: numa.other,
          },
        ]),
    )
  return {
    nodes,
    zones: nodes.map((_, node) => byZone(node)),
    events: { ...namedVmEvents(events), ...allocatedPages(zones) },
  }
}

/** Pages allocated, by the kind of zone; those that are not 0. */
function allocatedPages({ all }: Zones): VmCounters['events'] {
  const events: { [event in VmEvent]?: number } = {}
  for (const { index, allocated } of all) {
    const event = VM_EVENTS[VM_EVENTS.indexOf('pgalloc_dma') + index]
    if (event !== undefined && allocated > 0) events[event] = (events[event] ?? 0) + allocated
  }
  return events
}
