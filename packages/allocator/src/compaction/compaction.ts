/**
 * Compaction: makes large blocks of free memory by moving pages, for requests and as kcompactd (mm/compaction.c, try_to_compact_pages and
 * kcompactd_do_work, 6.1.192). A request that must not start I/O does not compact at all, since to move a page may need some: this is one
 * of the costs of a NOIO scope.
 *
 * It runs in two ways. tryToCompactPages() does all at once; compacting() and kcompactd() stop after each cluster of pages, so that a
 * simulation can charge time and let others run.
 */
import { ALLOC_WMARK_HIGH } from '../gfp/alloc-flags.js'
import { __GFP_IO, GFP_KERNEL } from '../gfp/flags.js'
import { gfpZoneIndex } from '../gfp/zone.js'
import type { Zone } from '../pages/zone.js'
import type { Zones } from '../pages/zones.js'
import { atOnce } from '../reclaim/at-once.js'
import type { Lru } from '../reclaim/lru.js'
import type { ReclaimHooks } from '../reclaim/reclaim-hooks.js'
import {
  COMPACT_DAEMON_FREE_SCANNED,
  COMPACT_DAEMON_MIGRATE_SCANNED,
  COMPACT_DAEMON_WAKE,
  COMPACT_FREE_SCANNED,
  COMPACT_ISOLATED,
  COMPACT_MIGRATE_SCANNED,
  PGMIGRATE_FAIL,
  PGMIGRATE_SUCCESS,
  type VmEvents,
} from '../reclaim/vm-events.js'
import {
  COMPACT_COMPLETE,
  COMPACT_CONTINUE,
  COMPACT_DEFERRED,
  COMPACT_PARTIAL_SKIPPED,
  COMPACT_PRIO_ASYNC,
  COMPACT_PRIO_SYNC_FULL,
  COMPACT_SKIPPED,
  COMPACT_SUCCESS,
} from './compact-result.js'
import {
  type CompactionStep,
  type CompactionSteps,
  type CompactOptions,
  CompactZone,
} from './compact-zone.js'
import type { MigrateHooks } from './migrate-hooks.js'
import { compactsProactively, fragmentationScore } from './proactive.js'
import { compactionSuitable, suitableOnceReclaimed, type WantedBlock } from './suitable.js'
import { ZoneCompaction, type ZoneCompactionState } from './zone-compaction.js'

/** The block that a request wants, and how hard to try. */
export interface CompactRequest {
  /** Filtered by the scopes of the task. */
  readonly gfp: number
  readonly order: number
  readonly allocFlags: number
  /** 2: only what is cheap; 1: the usual; 0: all there is (enum compact_priority). */
  readonly priority: number
  readonly node: number
  /** A bit per node that would help; by default all. */
  readonly nodemask?: number | undefined
  /** The task runs here; by default 0. */
  readonly cpu?: number | undefined
}

/** What compaction works with. */
export interface CompactionMachinery {
  readonly zones: Zones
  readonly lru: Lru
  readonly events: VmEvents
  readonly hooks: ReclaimHooks & MigrateHooks
}

/** What is known of each zone: a copy. */
export type CompactionState = readonly ZoneCompactionState[]

export class Compaction {
  readonly #machinery: CompactionMachinery
  readonly #known: ReadonlyMap<Zone, ZoneCompaction>

  constructor(machinery: CompactionMachinery) {
    this.#machinery = machinery
    this.#known = new Map(machinery.zones.all.map((zone) => [zone, new ZoneCompaction(zone)]))
  }

  /** Compacts for a request at once. Returns what came of it: see compact-result.ts. */
  tryToCompactPages(request: CompactRequest): number {
    return atOnce(this.compacting(request))
  }

  /** The same in steps. */
  *compacting(request: CompactRequest): CompactionSteps<number> {
    const { gfp, order, priority, node, nodemask = -1, cpu = 0 } = request
    if ((gfp & __GFP_IO) === 0) return COMPACT_SKIPPED
    const full = priority === COMPACT_PRIO_SYNC_FULL
    let best = COMPACT_SKIPPED
    for (const zone of this.#machinery.zones.zonelist(gfp, node)) {
      if ((nodemask & (1 << zone.node)) === 0) continue
      const known = this.#of(zone)
      if (!full && known.deferred(order)) {
        best = Math.max(best, COMPACT_DEFERRED)
        continue
      }
      const result = yield* this.#compactZone(zone, {
        gfp,
        order,
        allocFlags: request.allocFlags,
        highest: gfpZoneIndex(gfp),
        cpu,
        sync: priority !== COMPACT_PRIO_ASYNC,
        direct: true,
        whole: full,
      })
      best = Math.max(best, result)
      if (result === COMPACT_SUCCESS) {
        known.succeeded(order, false)
        break
      }
      const vain = result === COMPACT_COMPLETE || result === COMPACT_PARTIAL_SKIPPED
      if (vain && priority !== COMPACT_PRIO_ASYNC) known.defer(order)
    }
    return best
  }

  /**
   * Compacts the zones of a node that need it, as kcompactd does when it is awake (kcompactd_do_work).
   * @param highest the index of the highest zone that matters
   * @returns the best of what came of the zones; COMPACT_SKIPPED where none needed it
   */
  *kcompactd(node: number, order: number, highest: number): CompactionSteps<number> {
    const { zones } = this.#machinery
    let best = COMPACT_SKIPPED
    this.#count(COMPACT_DAEMON_WAKE, 1)
    for (const zone of zones.all) {
      if (zone.node !== node || zone.index > highest) continue
      const known = this.#of(zone)
      if (known.deferred(order)) {
        best = Math.max(best, COMPACT_DEFERRED)
        continue
      }
      const wanted = this.#wanted(order, zone.index)
      if (compactionSuitable(zone, wanted) !== COMPACT_CONTINUE) continue
      const result = yield* this.#compactZone(zone, {
        ...wanted,
        highest,
        gfp: GFP_KERNEL,
        cpu: zones.numa.firstCpuOf(node),
        sync: true,
        direct: false,
        whole: false,
      })
      best = Math.max(best, result)
      if (result === COMPACT_SUCCESS) known.succeeded(order, false)
      else if (result === COMPACT_COMPLETE || result === COMPACT_PARTIAL_SKIPPED) {
        // What lies on the lists of CPUs could have been part of a block.
        zone.drain()
        known.defer(order)
      }
    }
    return best
  }

  /**
   * Compacts the zones of a node from end to end, for no block in particular, as a write to /proc/sys/vm/compact_memory does
   * (compact_node).
   * @returns the best of what came of the zones; COMPACT_SKIPPED for a node without any
   */
  *compactingNode(node: number): CompactionSteps<number> {
    let best = COMPACT_SKIPPED
    for (const zone of this.#zonesOf(node)) {
      best = Math.max(best, yield* this.#compactZone(zone, this.#forNobody(zone)))
    }
    return best
  }

  /** Returns true if kcompactd is to compact a node without being asked (should_proactive_compact_node). */
  proactive(node: number): boolean {
    return compactsProactively(this.#zonesOf(node))
  }

  /**
   * Compacts all zones of a node for no block in particular, as kcompactd does without being asked (proactive_compact_node).
   * @param kswapdRuns returns true if kswapd of the node runs: it is given way to
   * @returns true if the node is less fragmented now
   */
  *compactingProactively(node: number, kswapdRuns: () => boolean): CompactionSteps<boolean> {
    const zones = this.#zonesOf(node)
    const before = fragmentationScore(zones)
    for (const zone of zones) {
      yield* this.#compactZone(zone, { ...this.#forNobody(zone), proactive: kswapdRuns })
    }
    return fragmentationScore(zones) < before
  }

  /** Returns true if kcompactd has something to do on a node (kcompactd_node_suitable). */
  nodeSuitable(node: number, order: number, highest: number): boolean {
    return this.#machinery.zones.all.some(
      (zone) =>
        zone.node === node &&
        zone.index <= highest &&
        compactionSuitable(zone, this.#wanted(order, highest)) === COMPACT_CONTINUE,
    )
  }

  /** What kcompactd is to make: in defrag_mode so many pageblocks that the high watermark holds with them alone. */
  #wanted(order: number, highest: number): WantedBlock {
    return this.#machinery.zones.rules.defragMode
      ? { order, allocFlags: ALLOC_WMARK_HIGH, highest, inBlocks: true }
      : { order, allocFlags: 0, highest }
  }

  /** Returns true if a zone would be suitable were part of what can be reclaimed free (compaction_zonelist_suitable). */
  zonelistSuitable(request: CompactRequest, reclaimable: (zone: Zone) => number): boolean {
    const { gfp, node, nodemask, order, allocFlags } = request
    const wanted = { order, allocFlags, highest: gfpZoneIndex(gfp) }
    return this.#machinery.zones
      .zonelist(gfp, node, nodemask)
      .some((zone) => suitableOnceReclaimed(zone, wanted, reclaimable(zone)))
  }

  /** A request has got the block that was made for it. */
  allocated(page: number, order: number): void {
    const known = this.#of(this.#machinery.zones.zoneOf(page))
    known.flush = false
    known.succeeded(order, true)
  }

  /** kswapd goes to sleep: zones that were compacted from end to end are looked at anew (reset_isolation_suitable). */
  forget(node: number): void {
    for (const [zone, known] of this.#known) if (zone.node === node && known.flush) known.reset()
  }

  /** What is known of each zone: a copy. */
  save(): CompactionState {
    return [...this.#known.values()].map((known) => known.save())
  }

  /** Puts it back. */
  load(state: CompactionState): void {
    for (const [index, known] of [...this.#known.values()].entries()) {
      const saved = state[index]
      if (saved !== undefined) known.load(saved)
    }
  }

  /** How a zone is compacted for no block in particular (is_via_compact_memory). */
  #forNobody(zone: Zone): CompactOptions {
    return {
      order: -1,
      allocFlags: 0,
      highest: zone.index,
      gfp: GFP_KERNEL,
      cpu: this.#machinery.zones.numa.firstCpuOf(zone.node),
      sync: true,
      direct: false,
      whole: true,
    }
  }

  *#compactZone(zone: Zone, options: CompactOptions): CompactionSteps<number> {
    const { zones, lru, hooks } = this.#machinery
    const known = this.#of(zone)
    const steps = new CompactZone({ zone, known, frames: zones.frames, lru, hooks }, options).run()
    try {
      for (let step = steps.next(); ; step = steps.next()) {
        if (step.done) return step.value
        this.#counted(step.value, options)
        yield step.value
      }
    } finally {
      // Also when nobody steps on: the free pages that were taken go back.
      steps.return(COMPACT_CONTINUE)
    }
  }

  #zonesOf(node: number): readonly Zone[] {
    return this.#machinery.zones.all.filter((zone) => zone.node === node)
  }

  #counted(step: CompactionStep, { direct, order, proactive }: CompactOptions): void {
    this.#count(COMPACT_MIGRATE_SCANNED, step.migrateScanned)
    this.#count(COMPACT_FREE_SCANNED, step.freeScanned)
    this.#count(COMPACT_ISOLATED, step.isolated)
    this.#count(PGMIGRATE_SUCCESS, step.moved)
    this.#count(PGMIGRATE_FAIL, step.failed)
    // Requests, and those who write to compact_memory, are not kcompactd.
    if (direct || (order < 0 && proactive === undefined)) return
    this.#count(COMPACT_DAEMON_MIGRATE_SCANNED, step.migrateScanned)
    this.#count(COMPACT_DAEMON_FREE_SCANNED, step.freeScanned)
  }

  #of(zone: Zone): ZoneCompaction {
    const known = this.#known.get(zone)
    if (known === undefined) throw new RangeError(`zone ${zone.name} is of another machine`)
    return known
  }

  #count(event: number, by: number): void {
    const { events } = this.#machinery
    events[event] = (events[event] as number) + by
  }
}
