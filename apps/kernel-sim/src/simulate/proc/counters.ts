/** Counters: what /proc and the OOM killer's report tell of a machine: what the page allocator counts, and what the rest of the machine does. */
import type { VmCounters } from '@scopemask/allocator'
import type { PageCache } from '../cache/page-cache.js'
import type { Writeback } from '../cache/writeback.js'
import type { Disk } from '../disk/disk.js'
import type { Vm } from '../memory/vm.js'

/** What is counted. */
export interface CountedMachine {
  readonly vm: Vm
  readonly cache: PageCache
  readonly writeback: Writeback
  readonly disk: Disk
}

/** All counters, now. */
export function machineCounters({ vm, writeback, disk }: CountedMachine): VmCounters {
  const { memory, kswapd, oom, swap } = vm
  const own = memory.counters()
  const { throttle } = writeback
  const limits = throttle.limits()
  const low = kswapd.reduce((sum, each) => sum + each.lowHitQuickly, 0)
  const high = kswapd.reduce((sum, each) => sum + each.highHitQuickly, 0)
  return {
    ...own,
    nodes: (own.nodes ?? []).map((counters, node) => ({
      ...counters,
      nr_slab_reclaimable: vm.slabPages(node, true),
      nr_slab_unreclaimable: vm.slabPages(node, false),
      nr_dirty: writeback.dirtyPages.of(node),
      nr_writeback: writeback.writebackPages.of(node),
      nr_dirtied: writeback.dirtiedPages.of(node),
      nr_written: writeback.writtenPages.of(node),
    })),
    // All of it is in the zone of its node that has the most pages: which zone a dirty page is in is not counted.
    zones: (own.zones ?? []).map((zones, node) => {
      const [largest] = [...memory.zones.all]
        .filter((zone) => zone.node === node)
        .sort((a, b) => b.managed - a.managed)
      return Object.fromEntries(
        Object.entries(zones).map(([name, counters]) => [
          name,
          name === largest?.name
            ? { ...counters, nr_zone_write_pending: vm.writePending(node) }
            : counters,
        ]),
      )
    }),
    events: {
      ...own.events,
      pgpgin: Math.floor(disk.read.bytes / 1024),
      pgpgout: Math.floor(disk.written.bytes / 1024),
      kswapd_low_wmark_hit_quickly: low,
      kswapd_high_wmark_hit_quickly: high,
      oom_kill: oom.kills.length,
      pswpin: swap?.swappedIn ?? 0,
      pswpout: swap?.swappedOut ?? 0,
    },
    freeSwap: (swap?.space.free ?? 0) * 4,
    totalSwap: (swap?.space.pages ?? 0) * 4,
    dirtyThreshold: limits.threshold,
    dirtyBackgroundThreshold: limits.background,
  }
}
