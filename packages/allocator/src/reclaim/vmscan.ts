/**
 * Vmscan: reclaim, direct and by kswapd (mm/vmscan.c, 6.1.192): scans a little of each list, then more and more, until enough pages
 * are free. What it may do follows from the gfp of the request, filtered by the scopes of the task; kswapd may do all.
 *
 * It runs in two ways. tryToFreePages() and balance() do all at once; directReclaim() and balancing() stop after each cluster of
 * pages, so that a simulation can charge time and let others run.
 */
import { COMPACT_CONTINUE, COMPACT_SKIPPED, COMPACT_SUCCESS } from '../compaction/compact-result.js'
import { compactGap, compactionSuitable } from '../compaction/suitable.js'
import { GFP_KERNEL } from '../gfp/flags.js'
import { linux6_1 } from '../gfp/kernels.js'
import { gfpCompactionAllowed } from '../gfp/predicates.js'
import { gfpZoneIndex } from '../gfp/zone.js'
import type { MemCgroup } from '../memcg/mem-cgroup.js'
import { calculateProtection, isBelowLow, isBelowMin } from '../memcg/protection.js'
import { PAGE_ALLOC_COSTLY_ORDER } from '../pages/per-cpu-pages.js'
import { withFreePages, zoneWatermarkOk } from '../pages/watermark.js'
import { HIGHEST_ZONE, type Zone } from '../pages/zone.js'
import { atOnce } from './at-once.js'
import { ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE } from './lru-counts.js'
import { Fate, PageReclaim, type ReclaimParts } from './page-reclaim.js'
import type { ReclaimPolicy } from './reclaim-policy.js'
import { DEF_PRIORITY, type ReclaimSteps, ScanControl, SWAP_CLUSTER_MAX } from './scan-control.js'
import type { ScanCostState } from './scan-cost.js'
import { ShrinkGenerations } from './shrink-generations.js'
import { ShrinkLists } from './shrink-lists.js'
import { type Shrinker, Shrinking, type Shrunk } from './shrinker.js'
import { ALLOCSTALL_DMA, PAGEOUTRUN, PGFREE, SLABS_SCANNED } from './vm-events.js'

/** How reclaim did. */
export interface Reclaimed {
  readonly pages: number
  /** The priority that it got to: 12 is least effort, 0 all pages. */
  readonly priority: number
}

/** A request, as far as reclaim has to know it. */
export interface ReclaimRequest {
  /** Filtered by the scopes of the task. */
  readonly gfp: number
  /** Where the request prefers its pages. */
  readonly node: number
  /** A bit per node that would help; by default all. */
  readonly nodemask?: number | undefined
  /** The task runs here; by default 0. */
  readonly cpu?: number | undefined
  /** The pages wanted are 2 to this power; by default one. */
  readonly order?: number | undefined
}

/** Reclaim for the limit of a memory cgroup. */
export interface MemcgReclaimRequest {
  /** The group whose limit is in the way. */
  readonly group: MemCgroup
  /** Filtered by the scopes of the task. */
  readonly gfp: number
  /** How many pages are wanted. */
  readonly pages: number
  /** Where the task runs. */
  readonly cpu: number
}

/** What is known beside the pages: a copy. */
export interface VmscanState {
  /** By node: how many runs of kswapd in a row reclaimed nothing. It gives up at 16. */
  readonly failures: readonly number[]
  /** By node: reclaim has met many dirty pages that nobody writes. */
  readonly dirty: readonly boolean[]
  /** By node: reclaim has met many pages under writeback. */
  readonly writeback: readonly boolean[]
  /** The lruvecs in which reclaim has met all dirty pages before, in writing. */
  readonly congested: readonly number[]
  /** By shrinker, by node. */
  readonly deferred: readonly (readonly number[])[]
  /** By lruvec, without and with a file: what scanning has cost. */
  readonly costs: ScanCostState
}

export class Vmscan {
  readonly #parts: ReclaimParts
  readonly #pageReclaim: PageReclaim
  readonly #policy: ReclaimPolicy
  readonly #shrinkers: Shrinking[] = []
  /** By node: how often kswapd has failed in a row. */
  #failures: number[]

  constructor(parts: ReclaimParts) {
    this.#parts = parts
    this.#pageReclaim = new PageReclaim(parts)
    const { generations } = parts.lru
    this.#policy =
      generations === null
        ? new ShrinkLists(parts, this.#pageReclaim)
        : new ShrinkGenerations(parts, this.#pageReclaim, generations)
    this.#failures = new Array<number>(parts.zones.nodes).fill(0)
  }

  /** From now on reclaim asks this cache too. Disposing takes it out again. */
  registerShrinker(shrinker: Shrinker): Disposable {
    const shrinking = new Shrinking(shrinker, this.#parts.zones.nodes)
    this.#shrinkers.push(shrinking)
    return {
      [Symbol.dispose]: () => {
        const place = this.#shrinkers.indexOf(shrinking)
        if (place >= 0) this.#shrinkers.splice(place, 1)
      },
    }
  }

  /** How often kswapd has failed in a row to balance a node: from 16 on it does not try any more. */
  kswapdFailures(node: number): number {
    return this.#failures[node] ?? 0
  }

  /** Pages of a zone that reclaim could free (zone_reclaimable_pages). */
  reclaimable({ node, index }: Zone): number {
    const file =
      this.#parts.lru.pagesOf(node, index, INACTIVE_FILE) +
      this.#parts.lru.pagesOf(node, index, ACTIVE_FILE)
    if ((this.#parts.hooks.swapPages?.() ?? 0) === 0) return file
    return (
      file +
      this.#parts.lru.pagesOf(node, index, INACTIVE_ANON) +
      this.#parts.lru.pagesOf(node, index, ACTIVE_ANON)
    )
  }

  /** Returns true if a zone up to `highest` has a block of this order above its high watermark, and its boost (pgdat_balanced). */
  balanced(node: number, order: number, highest: number = HIGHEST_ZONE): boolean {
    let none = true
    // In defrag_mode pages of pageblocks that are free as a whole count alone (a211c6550efc, since 6.15).
    const inBlocks = order > 0 && this.#parts.zones.rules.defragMode
    for (const zone of this.#parts.zones.all) {
      if (zone.node !== node || zone.index > highest) continue
      none = false
      const mark = zone.watermarks.high + zone.boost
      const counted = inBlocks ? withFreePages(zone, zone.freeInPageblocks) : zone
      if (zoneWatermarkOk(counted, order, mark, zone.lowmemReserve[highest] ?? 0, 0)) return true
    }
    // A node without such a zone needs nothing.
    return none
  }

  /** Returns true if fragmentation has raised the watermarks of a zone up to `highest` (pgdat_watermark_boosted). */
  boosted(node: number, highest: number = HIGHEST_ZONE): boolean {
    return this.#parts.zones.all.some(
      (zone) => zone.node === node && zone.index <= highest && zone.boost > 0,
    )
  }

  /** Reclaims for one request at once (try_to_free_pages). */
  tryToFreePages(request: ReclaimRequest): Reclaimed {
    return atOnce(this.directReclaim(request))
  }

  /** The same in steps. */
  *directReclaim(request: ReclaimRequest): ReclaimSteps<Reclaimed> {
    const { gfp, node, nodemask = -1, cpu = 0, order = 0 } = request
    const highest = gfpZoneIndex(gfp)
    const control = new ScanControl({
      gfp,
      order,
      highest,
      cpu,
      kswapd: false,
      toReclaim: SWAP_CLUSTER_MAX,
    })
    return yield* this.#tryToFree(control, this.#parts.zones.zonelist(gfp, node, nodemask))
  }

  /** Reclaims for the limit of a memory cgroup at once (try_to_free_mem_cgroup_pages). */
  tryToFreeMemcgPages(request: MemcgReclaimRequest): Reclaimed {
    return atOnce(this.memcgReclaim(request))
  }

  /** The same in steps. */
  *memcgReclaim(request: MemcgReclaimRequest): ReclaimSteps<Reclaimed> {
    const { group, pages, cpu } = request
    const gfp = memcgReclaimGfp(request.gfp)
    const control = new ScanControl({
      gfp,
      highest: HIGHEST_ZONE,
      cpu,
      kswapd: false,
      toReclaim: Math.max(pages, SWAP_CLUSTER_MAX),
      target: group,
    })
    return yield* this.#tryToFree(
      control,
      this.#parts.zones.zonelist(gfp, this.#parts.zones.nodeOf(cpu)),
    )
  }

  /** do_try_to_free_pages. @param zonelist those that would help */
  *#tryToFree(control: ScanControl, zonelist: readonly Zone[]): ReclaimSteps<Reclaimed> {
    const { highest, toReclaim } = control
    const global = control.target === null
    const nodes = [...new Set(zonelist.map((zone) => zone.node))]
    for (;;) {
      if (global) this.#count(ALLOCSTALL_DMA + Math.min(highest, HIGHEST_ZONE), 1)
      for (;;) {
        control.scanned = 0
        yield* this.#shrinkZones(control, zonelist)
        if (control.reclaimed >= toReclaim || control.compactionReady) break
        if (control.priority === 0) break
        if (control.priority < DEF_PRIORITY - 2) control.mayWritepage = true
        control.priority--
      }
      const target = control.target?.number ?? 0
      for (const node of nodes) {
        const lruvec = this.#parts.lru.lruvec(target, node)
        this.#parts.workingset.look(lruvec)
        if (!global) this.#pageReclaim.congested.delete(lruvec)
      }
      if (control.reclaimed > 0) break
      // It was left to compaction: that is progress.
      if (control.compactionReady) return { pages: 1, priority: control.priority }
      if (control.skippedDeactivate) {
        // Nothing found, and active pages were left alone: once more, with them.
        control.forceDeactivate = true
        control.skippedDeactivate = false
      } else if (control.memcgLowSkipped) {
        // Groups that were protected as long as there was something else are not any more.
        control.forceDeactivate = false
        control.memcgLowReclaim = true
        control.memcgLowSkipped = false
      } else break
      control.priority = DEF_PRIORITY
    }
    return { pages: control.reclaimed, priority: control.priority }
  }

  /** One round over the nodes of a request (shrink_zones). */
  *#shrinkZones(control: ScanControl, zonelist: readonly Zone[]): ReclaimSteps<void> {
    const costly = control.target === null && control.order > PAGE_ALLOC_COSTLY_ORDER
    let last = -1
    for (const zone of zonelist) {
      if (costly && compactionReady(zone, control)) {
        control.compactionReady = true
        continue
      }
      if (zone.node === last) continue
      last = zone.node
      yield* this.#shrinkNode(zone.node, control)
    }
    // With 12% of what it looks at it makes progress; without any, others may get further meanwhile.
    if (last < 0 || control.target !== null || control.reclaimed > control.scanned >> 3) return
    if (control.priority === 1 && control.reclaimed === 0) {
      yield { kind: 'throttle', reason: 'noprogress' }
    }
  }

  /**
   * Reclaims as kswapd does when it is awake: until a zone of the node that matters has a block of this order above its high
   * watermark, and what fragmentation has raised the watermarks by; then they fall (balance_pgdat).
   * @returns true if there is such a block
   */
  balance(node: number, order: number, highest: number = HIGHEST_ZONE): boolean {
    return atOnce(this.balancing(node, order, highest))
  }

  /** The same in steps. */
  *balancing(node: number, order: number, highest: number = HIGHEST_ZONE): ReclaimSteps<boolean> {
    const zones = this.#parts.zones.all.filter(
      (zone) => zone.node === node && zone.index <= highest,
    )
    this.#count(PAGEOUTRUN, 1)
    const boosts = zones.map((zone) => zone.boost)
    let toUnboost = boosts.reduce((sum, boost) => sum + boost, 0)
    const control = new ScanControl({
      gfp: GFP_KERNEL,
      order,
      highest,
      cpu: this.#parts.zones.numa.firstCpuOf(node),
      kswapd: true,
      toReclaim: 0,
    })
    for (const zone of zones) zone.reclaiming = true
    try {
      do {
        const balanced = this.balanced(node, control.order, highest)
        // Boosted for nothing: the node is short of memory itself.
        if (!balanced && toUnboost > 0) {
          toUnboost = 0
          control.priority = DEF_PRIORITY
        }
        if (toUnboost === 0 && balanced) return this.#rested(node)
        // For the boost alone it does not try hard, and starts no I/O.
        const boosting = toUnboost > 0
        let raise = !(boosting && control.priority === DEF_PRIORITY - 2)
        control.mayWritepage = !boosting || control.priority < DEF_PRIORITY - 2
        control.maySwap = !boosting
        yield* this.#policy.age(node, control)
        control.scanned = 0
        const before = control.reclaimed
        control.toReclaim = zones.reduce(
          (sum, { watermarks, boost }) => sum + Math.max(watermarks.high + boost, SWAP_CLUSTER_MAX),
          0,
        )
        yield* this.#shrinkNode(node, control)
        // The rest is fragments: a request for a block reclaims and compacts itself.
        if (control.order > 0 && control.reclaimed >= compactGap(control.order)) control.order = 0
        // As long as it looks at as many pages as it wants there is no need to try harder.
        if (control.scanned >= control.toReclaim) raise = false
        const reclaimed = control.reclaimed - before
        toUnboost -= Math.min(toUnboost, reclaimed)
        if (toUnboost > 0 && reclaimed === 0) break
        if (raise || reclaimed === 0) control.priority--
      } while (control.priority >= 1)
      if (control.reclaimed === 0) this.#failures[node] = this.kswapdFailures(node) + 1
      return this.balanced(node, control.order, highest) && this.#rested(node)
    } finally {
      for (const [index, zone] of zones.entries()) {
        // What was added meanwhile stays.
        zone.boost -= Math.min(zone.boost, boosts[index] ?? 0)
        zone.reclaiming = false
      }
      this.#parts.workingset.look(node)
    }
  }

  /** Reclaims a node until so many pages are free, with more and more effort (__node_reclaim). Returns true if they are. */
  shrinkNodeFor(node: number, pages: number, control: ScanControl): boolean {
    do atOnce(this.#shrinkNode(node, control))
    while (control.reclaimed < pages && --control.priority >= 0)
    return control.reclaimed >= pages
  }

  /** Frees a clean page of a file that is in the way, if that can be done at once (reclaim_clean_pages_from_list). */
  reclaimClean(page: number, cpu: number): boolean {
    const highest = HIGHEST_ZONE
    const control = new ScanControl({ gfp: GFP_KERNEL, highest, cpu, kswapd: false, toReclaim: 1 })
    const fate = this.#pageReclaim.shrink(page, control)
    if (fate === Fate.FREED) return true
    this.#policy.putBack(page, fate === Fate.ACTIVATED)
    return false
  }

  /** What is known beside the pages. */
  save(): VmscanState {
    return {
      failures: [...this.#failures],
      dirty: [...this.#pageReclaim.dirty],
      writeback: [...this.#pageReclaim.writeback],
      congested: [...this.#pageReclaim.congested],
      deferred: this.#shrinkers.map((shrinking) => [...shrinking.deferred]),
      costs: this.#parts.costs.save(),
    }
  }

  /** Puts it back. */
  load(state: VmscanState): void {
    this.#failures = [...state.failures]
    this.#parts.costs.load(state.costs)
    for (let node = 0; node < this.#parts.zones.nodes; node++) {
      this.#pageReclaim.dirty[node] = state.dirty[node] ?? false
      this.#pageReclaim.writeback[node] = state.writeback[node] ?? false
    }
    this.#pageReclaim.congested.clear()
    for (const lruvec of state.congested) this.#pageReclaim.congested.add(lruvec)
    for (const [index, deferred] of state.deferred.entries()) {
      this.#shrinkers[index]?.deferred.set(deferred)
    }
  }

  /** The node has enough: what kswapd has met is history (clear_pgdat_congested). */
  #rested(node: number): true {
    this.#pageReclaim.dirty[node] = false
    this.#pageReclaim.writeback[node] = false
    this.#pageReclaim.congested.delete(node)
    return true
  }

  /** shrink_node: the lists, then the shrinkers; for a large block once more, as long as that helps (should_continue_reclaim). */
  *#shrinkNode(node: number, control: ScanControl): ReclaimSteps<void> {
    const { met } = control
    let reclaimable = false
    for (;;) {
      met.clear()
      const before = control.reclaimed
      const looked = control.scanned
      this.#policy.prepare(node, control)
      control.rounds++
      const { scanned, freed } = yield* this.#shrinkGroups(node, control)
      if (control.scanned > looked || scanned > 0 || control.priority <= 1) {
        this.#count(SLABS_SCANNED, scanned)
        const { rounds, priority } = control
        control.rounds = 0
        yield { kind: 'slab', rounds, priority, scanned, freed }
      }
      if (control.kswapd) {
        if (met.writeback > 0 && met.writeback === met.taken)
          this.#pageReclaim.writeback[node] = true
        // Also where no page of a file was met, as in 6.1.
        if (met.unqueuedDirty === met.fileTaken) this.#pageReclaim.dirty[node] = true
        if (met.immediate > 0) yield { kind: 'throttle', reason: 'writeback' }
      }
      yield* this.#congestion(node, control)
      const reclaimed = control.reclaimed - before
      if (reclaimed > 0) reclaimable = true
      if (!this.#shouldContinue(node, reclaimed, control)) break
    }
    // Whoever gets memory from this node shows that kswapd may hope for more.
    if (reclaimable) this.#failures[node] = 0
  }

  /**
   * Where all dirty pages have been met before, and are in writing, requests wait for a moment. kswapd finds that out of a node, and whoever reclaims for
   * a limit of its group.
   */
  *#congestion(node: number, { kswapd, target, met }: ScanControl): ReclaimSteps<void> {
    const { congested } = this.#pageReclaim
    const lruvec = this.#parts.lru.lruvec(target?.number ?? 0, node)
    if ((kswapd || target !== null) && met.dirty > 0 && met.dirty === met.congested) {
      congested.add(lruvec)
    }
    if (!kswapd && congested.has(lruvec)) yield { kind: 'throttle', reason: 'congested' }
  }

  /** One round over the groups that matter (shrink_node_memcgs). Returns what the shrinkers did. */
  *#shrinkGroups(node: number, control: ScanControl): ReclaimSteps<Shrunk> {
    const root = control.target ?? this.#parts.groups.root
    let scanned = 0
    let freed = 0
    for (const group of root.subtree()) {
      calculateProtection(root, group)
      if (isBelowMin(root, group)) continue
      if (isBelowLow(root, group)) {
        if (!control.memcgLowReclaim) {
          control.memcgLowSkipped = true
          continue
        }
        group.raise('low')
      }
      yield* this.#policy.shrink(group, node, control)
      const shrunk = this.#shrinkSlabs(group, node, control)
      scanned += shrunk.scanned
      freed += shrunk.freed
    }
    return { scanned, freed }
  }

  /** shrink_slab. Caches that do not know of groups belong to the root. */
  #shrinkSlabs(group: MemCgroup, node: number, control: ScanControl): Shrunk {
    const events = this.#parts.events
    let scanned = 0
    let freed = 0
    for (let i = 0; i < this.#shrinkers.length; i++) {
      const shrinking = this.#shrinkers[i] as Shrinking
      if (group.parent !== null && shrinking.shrinker.memcgAware !== true) continue
      const pages = events[PGFREE] as number
      const shrunk = shrinking.shrink(control.gfp, node, control.priority, group)
      scanned += shrunk.scanned
      freed += shrunk.freed
      control.reclaimed += (events[PGFREE] as number) - pages
    }
    return { scanned, freed }
  }

  /** should_continue_reclaim: for a large block, until compaction has room or there is little left. */
  #shouldContinue(node: number, reclaimed: number, control: ScanControl): boolean {
    if (reclaimed === 0 || !inReclaimCompaction(control)) return false
    const { order, highest } = control
    for (const zone of this.#parts.zones.all) {
      if (zone.node !== node || zone.index > highest) continue
      const suitable = compactionSuitable(zone, { order, allocFlags: 0, highest })
      if (suitable === COMPACT_SUCCESS || suitable === COMPACT_CONTINUE) return false
    }
    let inactive = this.#parts.lru.pages(node, INACTIVE_FILE)
    if ((this.#parts.hooks.swapPages?.() ?? 0) > 0)
      inactive += this.#parts.lru.pages(node, INACTIVE_ANON)
    return inactive > compactGap(order)
  }

  #count(event: number, by: number): void {
    this.#parts.events[event] = (this.#parts.events[event] as number) + by
  }
}

/** Returns true if what is reclaimed is for compaction to make a block of (in_reclaim_compaction). */
function inReclaimCompaction({ gfp, order, priority }: ScanControl): boolean {
  if (!gfpCompactionAllowed(gfp) || order === 0) return false
  return order > PAGE_ALLOC_COSTLY_ORDER || priority < DEF_PRIORITY - 2
}

/** Returns true if a zone needs no reclaim for a large block: there is one, or compaction has plenty of room (compaction_ready). */
function compactionReady(zone: Zone, { gfp, order, highest }: ScanControl): boolean {
  if (!gfpCompactionAllowed(gfp)) return false
  const suitable = compactionSuitable(zone, { order, allocFlags: 0, highest })
  if (suitable === COMPACT_SUCCESS) return true
  if (suitable === COMPACT_SKIPPED) return false
  const mark = zone.watermarks.high + zone.boost + compactGap(order)
  return zoneWatermarkOk(zone, 0, mark, zone.lowmemReserve[highest] ?? 0, 0)
}

/** What reclaim for a limit asks for: how hard to try as the request says, and any page of a program. */
function memcgReclaimGfp(gfp: number): number {
  const { GFP_RECLAIM_MASK } = linux6_1.masks
  return (
    ((gfp & GFP_RECLAIM_MASK) | (linux6_1.flags.GFP_HIGHUSER_MOVABLE & ~GFP_RECLAIM_MASK)) >>> 0
  )
}
