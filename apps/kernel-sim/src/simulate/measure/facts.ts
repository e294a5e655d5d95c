/** Facts: the figures of a run, by the names under which those of the real kernel were recorded. */
import { type NodeStat, NUMA_STATS, pageblockUse } from '@scopemask/allocator'
import type { Writeback } from '../cache/writeback.js'
import type { Crypt } from '../disk/crypt.js'
import type { Disk } from '../disk/disk.js'
import type { Loop } from '../disk/loop.js'
import type { Files } from '../fs/files.js'
import type { Journal } from '../fs/journal.js'
import type { Mounts } from '../fs/mounts.js'
import type { Cma } from '../memory/cma.js'
import type { Fallbacks } from '../memory/fallbacks.js'
import type { Vm } from '../memory/vm.js'
import type { Psi } from '../sched/psi.js'
import { JIFFY, MS, SECOND, US } from '../time.js'
import type { WorkerPool } from '../work/workqueue.js'
import { cgroupFacts } from './cgroups.js'
import { SAMPLED, type Samples } from './samples.js'
import type { WorkLog } from './work-log.js'

export type Facts = Readonly<Record<string, number>>

/** What figures are taken from: a run. */
export interface Run {
  readonly vm: Vm
  readonly disk: Disk
  readonly crypt: Crypt | null
  readonly loop: Loop | null
  readonly workers: WorkerPool | null
  readonly psi: Psi
  readonly writeback: Writeback
  readonly journal: Journal
  readonly files: Files
  readonly mounts: Mounts
  readonly fallbacks: Fallbacks | null
  readonly cma: Cma | null
  readonly samples: Samples
  readonly logs: readonly WorkLog[]
  /** When it began, on the clock, and how long it took, ns. */
  readonly began: number
  readonly elapsed: number
  /** What had been counted when its time was over; null when it ended before. */
  readonly closing: Facts | null
  /** How often what happened since it began. */
  events(): NonNullable<ReturnType<Vm['memory']['counters']>['events']>
}

/**
 * All figures of a run that has ended. What the kernel counts is read when the time of the run is over, or when it ended before, as it
 * was with the real one; what a process measures of itself, and pressure, when all is over.
 */
export function factsOf(run: Run): Facts {
  const { samples, vm } = run
  const facts: Record<string, number> = { ...(run.closing ?? countersOf(run)) }
  facts.kswapd_cpu_ms = sumOf(vm.kswapd, ({ task }) => task.cpuTime) / MS
  pressureFacts(run, facts)
  for (const name of SAMPLED) facts[`mean_${name}`] = samples.mean(name)
  facts.max_nr_dirty = samples.max('nr_dirty')
  facts.max_nr_writeback = samples.max('nr_writeback')
  for (const log of run.logs) workFacts(log, facts)
  const [kill] = vm.oom.kills
  if (kill !== undefined) {
    facts.oom_first_s = (kill.at - run.began) / SECOND
    facts.oom_victim_anon_rss_kb = kill.rss * 4
  }
  if (vm.oom.panicked !== null) facts.panicked_s = (vm.oom.panicked - run.began) / SECOND
  return facts
}

/** What the kernel has counted up to now. */
export function countersOf(run: Run): Facts {
  const { vm, disk } = run
  const { nodes = [] } = vm.memory.counters()
  const events = run.events()
  const ofNodes = (stat: NodeStat): number => sumOf(nodes, (node) => node[stat] ?? 0)
  const scanned = (events.pgscan_kswapd ?? 0) + (events.pgscan_direct ?? 0)
  const stolen = (events.pgsteal_kswapd ?? 0) + (events.pgsteal_direct ?? 0)
  const facts: Record<string, number> = {
    elapsed_s: run.elapsed / SECOND,
    pgscan_kswapd: events.pgscan_kswapd ?? 0,
    pgscan_direct: events.pgscan_direct ?? 0,
    pgsteal_kswapd: events.pgsteal_kswapd ?? 0,
    pgsteal_direct: events.pgsteal_direct ?? 0,
    allocstall: ['dma', 'dma32', 'normal', 'movable'].reduce(
      (sum, zone) => sum + (events[`allocstall_${zone}` as keyof typeof events] ?? 0),
      0,
    ),
    pageoutrun: events.pageoutrun ?? 0,
    slabs_scanned: events.slabs_scanned ?? 0,
    pgactivate: events.pgactivate ?? 0,
    pgdeactivate: events.pgdeactivate ?? 0,
    pgrefill: events.pgrefill ?? 0,
    pgalloc_dma32: events.pgalloc_dma32 ?? 0,
    pgfree: events.pgfree ?? 0,
    compact_stall: events.compact_stall ?? 0,
    compact_daemon_wake: events.compact_daemon_wake ?? 0,
    compact_migrate_scanned: events.compact_migrate_scanned ?? 0,
    compact_free_scanned: events.compact_free_scanned ?? 0,
    pgmigrate_success: events.pgmigrate_success ?? 0,
    oom_kill: vm.oom.kills.length,
    workingset_refault_file: ofNodes('workingset_refault_file'),
    workingset_activate_file: ofNodes('workingset_activate_file'),
    workingset_restore_file: ofNodes('workingset_restore_file'),
    reclaim_efficiency: scanned === 0 ? 1 : stolen / scanned,
    direct_share: stolen === 0 ? 0 : (events.pgsteal_direct ?? 0) / stolen,
    direct_lowest_priority: vm.reclaim.lowestPriority,
    disk_read_requests: disk.read.requests,
    disk_read_MB: disk.read.bytes / 1e6,
    disk_read_mean_kb: disk.read.bytes / 1024 / Math.max(1, disk.read.requests),
    disk_write_requests: disk.written.requests,
    disk_write_MB: disk.written.bytes / 1e6,
    disk_write_mean_kb: disk.written.bytes / 1024 / Math.max(1, disk.written.requests),
  }
  const { kswapd } = vm
  facts.kswapd_low_wmark_hit_quickly = sumOf(kswapd, (each) => each.lowHitQuickly)
  facts.kswapd_high_wmark_hit_quickly = sumOf(kswapd, (each) => each.highHitQuickly)
  facts.kswapd_full_sleeps = sumOf(kswapd, (each) => each.fullSleeps)
  facts.kswapd_lowest_priority = Math.min(...kswapd.map((each) => each.lowestPriority))
  facts.stolen_per_kswapd_run = (events.pgsteal_kswapd ?? 0) / (events.pageoutrun ?? 1)
  const { writeback, journal } = run
  facts.nr_dirtied = writeback.dirtied
  facts.nr_written = writeback.written
  facts.journal_commits = journal.counts.commits
  facts.journal_blocks = journal.counts.blocks
  facts.journal_handles = journal.counts.handles
  facts.shrink_super_cache_scan_freed = run.files.objects.freed
  facts.shrink_super_cache_scan_refused = run.files.objects.refused
  facts.shrink_super_cache_objects_refused = run.files.objects.refusedObjects
  facts.oom_refused = vm.oom.refused
  if (vm.reaper.attempts > 0) {
    facts.oom_reaper_attempts = vm.reaper.attempts
    facts.oom_reaper_reaped = vm.reaper.reaped
    facts.oom_reaper_gave_up = vm.reaper.givenUp
  }
  const { swap } = vm
  if (swap !== null) {
    const { stat, work } = swap.zram
    facts.pswpin = swap.swappedIn
    facts.pswpout = swap.swappedOut
    facts.swap_free_kb = swap.space.free * 4
    facts.workingset_refault_anon = ofNodes('workingset_refault_anon')
    facts.workingset_activate_anon = ofNodes('workingset_activate_anon')
    facts.zram_orig_data_kb = stat.orig_data_size / 1024
    facts.zram_compr_data_kb = stat.compr_data_size / 1024
    facts.zram_mem_used_total_kb = stat.mem_used_total / 1024
    facts.zram_mem_used_max_kb = stat.mem_used_max / 1024
    facts.zram_same_pages = stat.same_pages
    facts.zram_huge_pages = stat.huge_pages
    facts.zram_writestalls = work.writestalls
    facts.zram_cpu_ms = swap.time / MS
  }
  mountFacts(run, facts)
  fallbackFacts(run, facts)
  cmaFacts(run, facts)
  const { crypt, loop, workers } = run
  if (loop !== null) {
    facts.loop_requests = loop.passed
    facts.loop_items = loop.queue.done
  }
  if (crypt !== null) {
    facts.kcryptd_items = crypt.queue.done
    facts.kcryptd_rescued = crypt.queue.rescued
    facts.crypt_pool_least = crypt.leastReserved
    facts.crypt_pool_waits = crypt.waits
  }
  if (workers !== null) facts.kworkers = workers.workers.length
  Object.assign(facts, cgroupFacts(vm))
  dirtyFacts(run, facts)
  stallFacts(run, facts)
  if (vm.memory.zones.nodes > 1) nodeFacts(run, facts)
  return facts
}

/** What slabs gave back when filesystems were unmounted; nothing where none was. */
function mountFacts({ mounts }: Run, facts: Record<string, number>): void {
  if (mounts.unmounts === 0) return
  facts.unmounts = mounts.unmounts
  facts.unmount_slab_pages_before = mounts.before
  facts.unmount_slab_pages_after = mounts.after
  facts.unmount_objects_shrunk_before = mounts.shrunk
}

/** What requests took of other migratetypes, and what has become of the pageblocks; nothing where the machine does not say which kernel's rules it has. */
function fallbackFacts({ fallbacks, vm }: Run, facts: Record<string, number>): void {
  if (fallbacks === null) return
  facts.fallback_unmovable = fallbacks.unmovable
  facts.fallback_movable = fallbacks.movable
  facts.fallback_reclaimable = fallbacks.reclaimable
  facts.fallback_pageblocks = fallbacks.changed
  const use = pageblockUse(vm.memory.zones.all)
  facts.pageblocks_free = use.free
  facts.pageblocks_movable = use.movable
  facts.pageblocks_staying = use.staying
  facts.pageblocks_mixed = use.mixed
}

/** What drivers got from CMA areas; nothing where there are none. */
function cmaFacts(run: Run, facts: Record<string, number>): void {
  const { cma, vm } = run
  if (cma === null) return
  const events = run.events()
  const { cmaAreas, all } = vm.memory.zones
  const { successes } = cma
  facts.cma_alloc_success = events.cma_alloc_success ?? 0
  facts.cma_alloc_fail = events.cma_alloc_fail ?? 0
  facts.cma_alloc_us_mean = successes.mean / US
  facts.cma_alloc_us_p50 = successes.quantile(0.5) / US
  facts.cma_alloc_us_p99 = successes.quantile(0.99) / US
  facts.cma_alloc_us_max = successes.max / US
  facts.cma_alloc_fail_us_mean = cma.failures.mean / US
  facts.cma_busy_ranges = cma.busy
  facts.cma_pages_moved = cma.moved
  facts.cma_pages_given_up = cma.reclaimed
  facts.cma_waits = cma.waits
  facts.cma_wait_ms = cma.waited / MS
  facts.cma_total_kb = cmaAreas.reduce((sum, { pages }) => sum + pages, 0) * 4
  facts.cma_free_kb = all.reduce((sum, zone) => sum + zone.freeCma, 0) * 4
  facts.pgmigrate_fail = events.pgmigrate_fail ?? 0
}

/** What only machines with several nodes have to tell: since the machine was started, since what a node is asked for before a run is the kernel's. */
function nodeFacts(run: Run, facts: Record<string, number>): void {
  const { vm } = run
  const { zones = [], nodes = [] } = vm.memory.counters()
  for (const stat of NUMA_STATS) {
    facts[stat] = sumOf(zones, (node) => sumOf(Object.values(node), (zone) => zone[stat] ?? 0))
  }
  for (const node of nodes.keys()) facts[`node${node}_free_pages`] = vm.memory.zones.freePages(node)
  for (const { node, task } of vm.kswapd) facts[`kswapd${node}_cpu_ms`] = task.cpuTime / MS
  const nodeReclaims = vm.reclaim.nodes
  facts.node_reclaims = nodeReclaims.count
  facts.node_reclaims_nofs = nodeReclaims.nofs
  facts.node_reclaims_noio = nodeReclaims.noio
  facts.node_reclaims_zero_progress = nodeReclaims.zeroProgress
  facts.node_reclaimed = nodeReclaims.reclaimed
  facts.zone_reclaim_failed = run.events().zone_reclaim_failed ?? 0
}

function sumOf<T>(all: readonly T[], value: (each: T) => number): number {
  return all.reduce((sum, each) => sum + value(each), 0)
}

/** Of the whole run: /proc/pressure at its end, without its beginning. */
function pressureFacts({ psi }: Run, facts: Record<string, number>): void {
  for (const [name, resource] of [
    ['mem', 'memory'],
    ['io', 'io'],
    ['cpu', 'cpu'],
  ] as const) {
    const { some, full } = psi.pressure(resource)
    facts[`psi_${name}_some_ms`] = some.total / MS
    facts[`psi_${name}_full_ms`] = full.total / MS
  }
}

function dirtyFacts({ writeback, began }: Run, facts: Record<string, number>): void {
  const { pauses, seen, firstPause } = writeback.throttle
  if (seen.looks === 0) return
  facts.dirty_pauses = pauses.count
  facts.dirty_pause_ms_sum = (pauses.sum * JIFFY) / MS
  facts.dirty_pause_ms_p50 = (Math.floor(pauses.quantile(0.5)) * JIFFY) / MS
  facts.dirty_pause_ms_max = (pauses.max * JIFFY) / MS
  facts.bdp_thresh_mean = seen.threshold / seen.looks
  facts.bdp_bg_thresh_mean = seen.background / seen.looks
  facts.bdp_dirty_mean = seen.dirty / seen.looks
  if (firstPause >= 0) facts.bdp_first_pause_s = (firstPause - began) / SECOND
}

function stallFacts({ vm }: Run, facts: Record<string, number>): void {
  const { stalls } = vm.reclaim
  const quantile = (share: number) => stalls.times.quantile(share) / US
  facts.stall_count = stalls.count
  facts.stall_us_sum = stalls.times.sum / US
  facts.stall_us_p50 = quantile(0.5)
  facts.stall_us_p90 = quantile(0.9)
  facts.stall_us_p99 = quantile(0.99)
  facts.stall_us_max = stalls.times.max / US
  facts.stall_zero_progress = stalls.zeroProgress
  facts.stall_fs = stalls.fs
  facts.stall_nofs = stalls.nofs
  facts.stall_reclaimed_p50 = Math.floor(stalls.reclaimed.quantile(0.5))
}

function workFacts(log: WorkLog, facts: Record<string, number>): void {
  for (const [index, phase] of log.phases.entries()) {
    const name = `${log.name}.${index}`
    const seconds = (phase.ended - phase.began) / SECOND
    facts[`${name}.s`] = seconds
    facts[`${name}.cpu_s`] = phase.cpu / SECOND
    if (phase.ops === 0) continue
    facts[`${name}.ops_s`] = phase.ops / seconds
    facts[`${name}.MB_s`] = phase.bytes / 1e6 / seconds
    facts[`${name}.misses`] = phase.misses
    facts[`${name}.miss_share`] = phase.misses / phase.ops
    const { latency } = phase
    facts[`${name}.lat_us_mean`] = latency.mean / US
    facts[`${name}.lat_us_p50`] = latency.quantile(0.5) / US
    facts[`${name}.lat_us_p90`] = latency.quantile(0.9) / US
    facts[`${name}.lat_us_p99`] = latency.quantile(0.99) / US
    facts[`${name}.lat_us_p999`] = latency.quantile(0.999) / US
    facts[`${name}.lat_us_max`] = latency.max / US
  }
  if (log.bursts.length > 0) {
    const bursts = [...log.bursts].sort((a, b) => a - b)
    facts.burst_ms_median = (bursts[Math.floor(bursts.length / 2)] ?? 0) / MS
    facts.burst_ms_max = (bursts.at(-1) ?? 0) / MS
    facts.burst_ms_min = (bursts[0] ?? 0) / MS
    facts.bursts = bursts.length
  }
  if (log.lastOk.pages > 0) {
    facts.hog_last_ok_mib = Math.floor(log.lastOk.pages / 256)
    facts.hog_last_ok_s = log.lastOk.at / SECOND
  }
}
