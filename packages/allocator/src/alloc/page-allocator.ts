/**
 * Page allocator: the memory of a machine behind the filter (mm/page_alloc.c, 6.1.192). A request is filtered by the scopes of its
 * task, tries the free lists, and if they have nothing takes the slow path: kswapd, reclaim, compaction, the OOM killer.
 *
 * It runs in two ways. alloc() does all at once, as if nobody else ran meanwhile. steps() stops before everything that takes
 * time, so that a simulation can charge for it, a model checker interleave it, and either do a step in its own way.
 */
import type { CompactionSteps } from '../compaction/compact-zone.js'
import { Compaction, type CompactionState } from '../compaction/compaction.js'
import { ALLOC_KSWAPD, gfpToAllocFlags } from '../gfp/alloc-flags.js'
import { currentGfpContext } from '../gfp/context.js'
import { __GFP_ACCOUNT } from '../gfp/flags.js'
import { gfpMigratetype, gfpMobilityInvalid } from '../gfp/migratetype.js'
import type { ChargeStep } from '../memcg/charge.js'
import { MemCgroups, type MemcgState, MOST_GROUPS } from '../memcg/mem-cgroups.js'
import { isOrder } from '../pages/order.js'
import { NO_PAGE, type PageFrames } from '../pages/page-frames.js'
import { MAX_ORDER } from '../pages/watermark.js'
import { HIGHEST_ZONE, type Zone } from '../pages/zone.js'
import { type MemoryOptions, Zones, type ZonesState } from '../pages/zones.js'
import { Lru, type LruState, lruLists } from '../reclaim/lru.js'
import { LruvecStats } from '../reclaim/lruvec-stats.js'
import { NodeReclaim } from '../reclaim/node-reclaim.js'
import type { ReclaimSteps } from '../reclaim/scan-control.js'
import { ScanCost } from '../reclaim/scan-cost.js'
import type { Shrinker } from '../reclaim/shrinker.js'
import { MAX_RECLAIM_RETRIES } from '../reclaim/throttle.js'
import { PGACTIVATE, PGFREE, type VmEvents, vmEvents } from '../reclaim/vm-events.js'
import { Vmscan, type VmscanState } from '../reclaim/vmscan.js'
import { Workingset, type WorkingsetState } from '../reclaim/workingset.js'
import type { Task } from '../task/memalloc.js'
import { vmCounters } from '../views/counters.js'
import { memInfo } from '../views/mem-info.js'
import type { VmCounters } from '../views/vm-counters.js'
import { CallSites } from './call-sites.js'
import { ContigAllocator } from './contig-alloc.js'
import type { MemoryHooks } from './memory-hooks.js'
import { triesOf } from './mempolicy.js'
import { type ObjectChargeRequest, type PageCharge, PageCharging } from './page-charging.js'
import { PfmemallocBlocks } from './pfmemalloc.js'
import type { PageRequest } from './request.js'
import { RequestSteps } from './request-steps.js'
import { RetryPolicy } from './retry.js'
import { compactRequest, stepPerformer, wakeAllKswapds } from './step-performer.js'
import type { AllocStep, StepOf } from './steps.js'
import { warnAlloc } from './warn-alloc.js'

/** Of a task that is not real-time (DEFAULT_PRIO). */
const DEFAULT_PRIO = 120

/** The arguments of an allocation. */
type AllocCall = Pick<PageRequest, 'task' | 'gfp' | 'order' | 'site' | 'cpu'>

/** All that a {@link PageAllocator} knows: a copy. Counters of events are in it, names of call sites are not. */
export interface PageAllocatorState {
  /** The free lists and what CPUs keep. */
  readonly zones: ZonesState
  /** The LRU lists. */
  readonly lru: LruState
  /** What reclaim remembers: failures of kswapd, congestion, what shrinkers have put off. */
  readonly vmscan: VmscanState
  /** Where compaction goes on in each zone, and how long it is not tried again. */
  readonly compaction: CompactionState
  /** The shadows of evicted pages, and the counters of refaults. */
  readonly workingset: WorkingsetState
  /** The blocks that were to be had without any watermark only. */
  readonly pfmemalloc: readonly number[]
  /** What is charged to memory cgroups. */
  readonly memcgs: MemcgState
  /** The counters of events, in the order of `VM_EVENTS`. */
  readonly events: Float64Array
  /** How many unsafe requests each call site made, by its number. */
  readonly unsafe: readonly number[]
}

/**
 * The memory of a machine behind the filter: zones, per-CPU pages, watermarks, reclaim, and the decision to kill
 * (mm/page_alloc.c and mm/vmscan.c, 6.1.192). A page is its number, and memory has no contents.
 */
export class PageAllocator {
  /** The zones, with their free lists. */
  readonly zones: Zones
  /** What each page is, and whose. */
  readonly frames: PageFrames
  /** How many CPUs there are. */
  readonly cpus: number
  /** The pages that reclaim may take. */
  readonly lru: Lru
  /** The shadows of evicted pages. */
  readonly workingset: Workingset
  /** The memory cgroups, and which page is charged to which. */
  readonly memcgs: MemCgroups
  /** Ranges of pages, and pages of CMA areas. */
  readonly contig: ContigAllocator
  /** Who asks: numbers for names. */
  readonly callSites = new CallSites()
  readonly #hooks: MemoryHooks
  readonly #vmscan: Vmscan
  readonly #compaction: Compaction
  readonly #charging: PageCharging
  readonly #requests: RequestSteps
  #gfpAllowedMask = 0xffffffff
  // Private by type only, for speed: see buddy.ts.
  /** The flags that are allowed at all, but for those for which more is to be done. */
  private plain = ~__GFP_ACCOUNT
  private readonly events: VmEvents = vmEvents()
  private readonly owners: Uint16Array
  private readonly pfmemalloc = new PfmemallocBlocks()

  /**
   * @param options zones by node, in pages of 4 KiB; CPUs; sysctls
   * @throws RangeError for memory without pages, or for a size that is none.
   */
  constructor(options: MemoryOptions, hooks: MemoryHooks = {}) {
    const { memcgs: most = MOST_GROUPS, swappiness = 60, lruGen = false } = options
    const order = { groups: most, lruGen }
    const lists = lruLists(options.nodes.length, order)
    this.zones = new Zones(options, (site) => this.callSites.name(site), lists)
    this.frames = this.zones.frames
    this.owners = this.frames.owner
    this.cpus = this.zones.cpus
    this.lru = new Lru(this.zones, order)
    this.#hooks = hooks
    const { zones, frames, lru, cpus, events } = this
    this.memcgs = new MemCgroups(frames, { cpus, most, swappiness })
    const stats = new LruvecStats(lru, this.memcgs, zones.nodes)
    const costs = new ScanCost(stats, zones.nodes * (most + 1))
    this.workingset = new Workingset(lru, zones.nodes, {
      groups: this.memcgs,
      stats,
      costs,
      swapPages: () => hooks.swapPages?.() ?? 0,
    })
    for (const zone of zones.all) {
      zone.onBoosted = () => hooks.wakeKswapd?.(zone.node, 0, zone.index)
    }
    const { workingset, memcgs: groups } = this
    this.#vmscan = new Vmscan({ zones, lru, stats, workingset, costs, groups, events, hooks })
    const { nodeDirtyOk } = hooks
    if (nodeDirtyOk !== undefined) zones.nodeDirtyOk = (node) => nodeDirtyOk.call(hooks, node)
    const { zoneReclaimMode: mode = 0 } = options
    if (mode !== 0) {
      const reclaim = new NodeReclaim({ zones, lru, vmscan: this.#vmscan, events, hooks, mode })
      zones.nodeReclaim = (zone, request) => reclaim.reclaim(zone, request)
    }
    this.#compaction = new Compaction({ zones, lru, events, hooks })
    this.#charging = new PageCharging({ frames, groups, vmscan: this.#vmscan, events, hooks })
    this.contig = new ContigAllocator({
      zones,
      lru,
      hooks,
      events,
      steps: (request) => this.steps(request),
      free: (page, order, cpu) => this.free(page, order, cpu),
      reclaimClean: (page, cpu) => this.#vmscan.reclaimClean(page, cpu),
    })
    const performer = stepPerformer({
      zones,
      vmscan: this.#vmscan,
      charging: this.#charging,
      compaction: this.#compaction,
      retry: new RetryPolicy(zones, this.#vmscan),
      events,
      hooks,
      warn: (gfp, request) => this.#warnAlloc(gfp, request),
    })
    this.#requests = new RequestSteps({
      zones,
      performer,
      events,
      callSites: this.callSites,
      pfmemalloc: this.pfmemalloc,
      allocated: (page, site) => this.allocated(page, site),
    })
  }

  /** The flags that are allowed at all (gfp_allowed_mask): without `__GFP_IO` and `__GFP_FS` during suspend, when storage is off. */
  get gfpAllowedMask(): number {
    return this.#gfpAllowedMask
  }

  /** All requests are filtered by it from now on. */
  set gfpAllowedMask(mask: number) {
    this.#gfpAllowedMask = mask
    this.plain = mask & ~__GFP_ACCOUNT
  }

  /**
   * Allocates a block at once (__alloc_pages); its pages are in use until {@link free}, or on an LRU list until reclaim takes them.
   *
   * @param gfp as the caller passes it: it is filtered here
   * @param order the pages wanted are 2 to this power: 0 to 10
   * @param site who asks, from {@link callSites}: it owns the pages
   * @param cpu where the task runs
   * @returns the first page, or {@link NO_PAGE}
   * @throws LivelockError for a request that would be retried for ever: `__GFP_NOFAIL`, or one without `__GFP_FS` that cannot
   * have anybody killed, when nothing can be reclaimed.
   * @throws RangeError for what is not an order. Orders above 10 get no page.
   */
  alloc(task: Task, gfp: number, order: number, site = 0, cpu = 0): number {
    // What is rare is done elsewhere: V8 inlines only so much code, and calls are a third of the costs here.
    const isPlain =
      currentGfpContext(task.mask, gfp & this.plain) === gfp && !gfpMobilityInvalid(gfp)
    if (isPlain) {
      const page = this.zones.allocFast(gfp, order, cpu)
      if (page >= 0) return this.allocated(page, site)
    }
    return this.allocOtherwise({ task, gfp, order, site, cpu }, isPlain)
  }

  /** Allocates for a request that is not a plain one, or for which there is no page at hand. */
  private allocOtherwise(call: Required<AllocCall>, isPlain: boolean): number {
    const { task, gfp, order, site, cpu } = call
    const allowed = this.#filter(task, gfp, site)
    if (!isPlain && isOrder(order) && !this.#isCharged(allowed)) {
      const page = this.zones.allocFast(allowed, order, cpu)
      if (page >= 0) return this.allocated(page, site)
    }
    const request = { ...call, gfp: (gfp & this.gfpAllowedMask) >>> 0 }
    return this.#requests.atOnce(request, this.#requests.steps(request, this.gfpAllowedMask))
  }

  /**
   * Allocates single pages, many at once, into the places of an array that have none (alloc_pages_bulk): as many as one zone has at hand, and
   * at least one if there is any. Whoever needs them all asks again.
   *
   * @param pages what has NO_PAGE is filled, from the beginning
   * @returns how many places are filled from the beginning on, those included that were before
   */
  allocBulk(task: Task, gfp: number, pages: Int32Array, site = 0, cpu = 0): number {
    let filled = 0
    while (filled < pages.length && pages[filled] !== NO_PAGE) filled++
    const wanted = pages.length - filled
    if (wanted === 0) return filled
    const allowed = currentGfpContext(task.mask, gfp & this.gfpAllowedMask)
    // What is charged is charged one by one.
    const bulk = wanted > 1 && !this.#isCharged(allowed) && !gfpMobilityInvalid(gfp)
    const zone = bulk ? this.zones.bulkZone(allowed, pages.length, cpu) : undefined
    const first = filled
    if (zone !== undefined) {
      const migratetype = gfpMigratetype(allowed)
      const flags = this.zones.bulkFlags(allowed)
      for (; filled < pages.length; filled++) {
        if (pages[filled] !== NO_PAGE) continue
        const page = zone.allocKept(migratetype, flags, cpu)
        if (page === NO_PAGE) break
        pages[filled] = this.allocated(page, site)
      }
      if (filled > first) {
        this.zones.served(zone, zone, cpu, filled - first)
        return filled
      }
    }
    const page = this.alloc(task, gfp, 0, site, cpu)
    if (page === NO_PAGE) return filled
    pages[filled] = page
    return filled + 1
  }

  /**
   * The first try alone: a block that is free above the low watermark, or {@link NO_PAGE}. Whoever gets none goes on with
   * {@link steps}, which begin with it.
   * @throws RangeError for what is not an order.
   */
  tryAlloc(task: Task, gfp: number, order: number, site = 0, cpu = 0): number {
    if (!isOrder(order)) throw new RangeError(`orders are 0 to ${MAX_ORDER - 1}, not ${order}`)
    if (gfpMobilityInvalid(gfp)) this.#ofBothMobilities(site, gfp)
    const allowed = currentGfpContext(task.mask, gfp & this.gfpAllowedMask)
    if (this.#isCharged(allowed)) return NO_PAGE
    const page = this.zones.allocFast(allowed, order, cpu)
    return page < 0 ? NO_PAGE : this.allocated(page, site)
  }

  /**
   * The second try alone, of a request for one page whose first has failed: wakes kswapd, and takes a page that is free above the min
   * watermark, or {@link NO_PAGE}. That is how the slow path begins (__alloc_pages_slowpath); whoever gets none goes on with
   * {@link steps}, to which it makes no difference.
   */
  tryAgain(task: Task, gfp: number, site = 0, cpu = 0): number {
    const asked = (gfp & this.gfpAllowedMask) >>> 0
    const allowed = currentGfpContext(task.mask, asked)
    if (this.#isCharged(allowed)) return NO_PAGE
    // Nodes are reclaimed in the first try, which the short one has left to the steps.
    if (this.zones.nodeReclaim !== null) return NO_PAGE
    const node = this.zones.nodeOf(cpu)
    const allocFlags = gfpToAllocFlags(allowed, 0, DEFAULT_PRIO, 0, this.zones.cma)
    if ((allocFlags & ALLOC_KSWAPD) !== 0) {
      wakeAllKswapds({ zones: this.zones, hooks: this.#hooks }, { gfp: allowed, node, order: 0 })
    }
    const page = this.zones.alloc(allowed, 0, allocFlags, { cpu, node, nodemask: -1, cpuset: -1 })
    if (page < 0) return NO_PAGE
    if (allowed !== asked) this.#unsafe(site, asked, allowed)
    return this.allocated(page, site)
  }

  /**
   * The same in steps. Each is yielded before it is done; `next()` lets the allocator do it, and `next(answer)` says that the
   * caller has done it, and what came of it. Whoever steps sees to it that a request that is retried for ever ends.
   * @throws RangeError as alloc() does.
   */
  *steps(request: PageRequest): Generator<AllocStep, number, number | undefined> {
    const { task, site = 0 } = request
    this.#filter(task, request.gfp, site)
    const gfp = (request.gfp & this.gfpAllowedMask) >>> 0
    for (const each of this.tries({ ...request, gfp })) {
      const page = yield* this.#requests.steps(each, this.gfpAllowedMask)
      if (page === NO_PAGE) continue
      if (each.interleaved === true) this.#interleaved(page, each.node)
      return page
    }
    return NO_PAGE
  }

  /**
   * What a request becomes under its memory policy: one or two requests without one, the second for when the first gets nothing. Whoever does the
   * steps of a request, and has to know on which nodes, takes the steps of these. A turn that is interleaved is over then.
   */
  tries({ mempolicy, ...request }: PageRequest): PageRequest[] {
    return triesOf(request, mempolicy, this.zones)
  }

  /** It was the turn of a node, and a page came from there: that is counted (alloc_page_interleave). */
  #interleaved(page: number, node: number | undefined): void {
    const zone = this.zones.zoneOf(page)
    if (zone.node === node) zone.numa.interleave++
  }

  /**
   * The same at once, for a request that says more than {@link alloc} takes: a node, a memory policy, a cpuset.
   * @throws LivelockError and RangeError as alloc() does.
   */
  allocFor(request: PageRequest): number {
    return this.#requests.atOnce(request, this.steps(request))
  }

  /**
   * Gives a block back.
   * @throws PageError that names the page, its order and its owner, when it is not the first page of a block in use, or of
   * another order. Nothing has changed then.
   */
  free(page: number, order: number, cpu = 0): void {
    this.zones.zoneOf(page).free(page, order, cpu)
    if (this.frames.memcg !== null || this.pfmemalloc.count > 0) this.#forget(page, order)
    this.count(PGFREE, 1 << order)
  }

  #forget(page: number, order: number): void {
    if (this.frames.memcg !== null) this.memcgs.uncharge(page, order)
    this.pfmemalloc.delete(page)
  }

  /**
   * Charges a block in use to a memory cgroup, before it gets on a list (mem_cgroup_charge); it is uncharged when it is freed. What
   * `__GFP_ACCOUNT` asks for is charged by itself. Returns false when the group has no room, and the caller gives the block back.
   * @throws PageError for what is not a block in use, or charged already.
   */
  charge(charge: PageCharge): boolean {
    return this.#charging.charge(charge)
  }

  /** The same in steps, which may be answered by whoever steps, as those of a request. */
  charging(charge: PageCharge): Generator<ChargeStep, boolean, number | undefined> {
    return this.#charging.steps(charge)
  }

  /**
   * Charges an object of a slab to a memory cgroup in steps, before it is allocated; {@link MemCgroups.unchargeObject} takes the charge
   * back. Returns false when the group has no room.
   */
  chargingObject(charge: ObjectChargeRequest): Generator<ChargeStep, boolean, number | undefined> {
    return this.#charging.objectSteps(charge)
  }

  /**
   * What a task does before it returns to user space, in steps: it reclaims what it has charged to a group above memory.high, and sleeps
   * if that does not help (mem_cgroup_handle_over_high).
   */
  returningToUser(
    charge: Pick<PageCharge, 'task' | 'gfp' | 'cpu'>,
  ): Generator<ChargeStep, void, number | undefined> {
    return this.#charging.returning(charge)
  }

  /** Does the step `memcg-reclaim` of a charge in steps; what it returns is the answer to that step. */
  memcgReclaiming(
    step: Extract<ChargeStep, { readonly kind: 'memcg-reclaim' }>,
    charge: Pick<PageCharge, 'task' | 'cpu'>,
  ): ReclaimSteps<number> {
    return this.#charging.reclaiming(step, charge)
  }

  /**
   * Returns true if a block in use was to be had without any watermark only (page_is_pfmemalloc): it is there to free memory, and nothing else
   * should be done with it.
   */
  isPfmemalloc(page: number): boolean {
    return this.pfmemalloc.has(page)
  }

  /** From now on reclaim asks this cache too. Disposing takes it out again. */
  registerShrinker(shrinker: Shrinker): Disposable {
    return this.#vmscan.registerShrinker(shrinker)
  }

  /**
   * Reclaims until a node has enough, as kswapd does while it is awake.
   * @returns true if it has enough now
   */
  balance(node: number, order = 0): boolean {
    return this.#vmscan.balance(node, order)
  }

  /** The same in steps, each of which has been done when it is yielded. */
  balancing(node: number, order = 0, highest?: number): ReclaimSteps<boolean> {
    return this.#vmscan.balancing(node, order, highest)
  }

  /**
   * Returns true if a zone of the node has a block of this order above its high watermark, as far as fragmentation has raised it
   * (pgdat_balanced).
   */
  balanced(node: number, order = 0, highest?: number): boolean {
    return this.#vmscan.balanced(node, order, highest)
  }

  /**
   * Returns true if kswapd of a node has something to do (the test of wakeup_kswapd): less is free than the high watermark, or watermarks
   * have been raised after fragmentation, which it reclaims for; and it has not given up.
   */
  kswapdNeeded(node: number, order = 0, highest?: number): boolean {
    if (this.kswapdHopeless(node)) return false
    return !this.#vmscan.balanced(node, order, highest) || this.#vmscan.boosted(node, highest)
  }

  /** Returns true if kswapd has failed so often in a row to balance a node that it leaves it to the requests. */
  kswapdHopeless(node: number): boolean {
    return this.#vmscan.kswapdFailures(node) >= MAX_RECLAIM_RETRIES
  }

  /** How often kswapd has failed in a row to balance a node. */
  kswapdFailures(node: number): number {
    return this.#vmscan.kswapdFailures(node)
  }

  /**
   * Does the step `reclaim` of a request in steps (try_to_free_pages); what it returns is the answer to that step.
   * @param gfp of the step: it goes through the filter once more, since the task may have entered a scope
   */
  *reclaiming(request: PageRequest, gfp: number): ReclaimSteps<number> {
    const { task, cpu = 0, node = this.zones.nodeOf(cpu), nodemask, order } = request
    const allowed = currentGfpContext(task.mask, gfp)
    return (yield* this.#vmscan.directReclaim({ gfp: allowed, node, nodemask, cpu, order })).pages
  }

  /**
   * Does the step `compact` of a request in steps (try_to_compact_pages); what it returns is the answer to that step.
   * @param step the one that was yielded
   */
  compacting(request: PageRequest, step: StepOf<'compact'>): CompactionSteps<number> {
    const { cpu = 0, node = this.zones.nodeOf(cpu) } = request
    return this.#compaction.compacting(compactRequest(step, { request, node }))
  }

  /**
   * What kcompactd of a node does when it is awake, in steps: makes blocks of an order by moving pages.
   * @param highest the index of the highest zone that matters; by default all do
   * @returns the best of what came of the zones: see compact-result.ts
   */
  kcompactd(node: number, order: number, highest: number = HIGHEST_ZONE): CompactionSteps<number> {
    return this.#compaction.kcompactd(node, order, highest)
  }

  /**
   * What a write to /proc/sys/vm/compact_memory does to a node, in steps: moves what can be moved to its end (compact_node).
   * @returns the best of what came of the zones: see compact-result.ts
   */
  compactingNode(node: number): CompactionSteps<number> {
    return this.#compaction.compactingNode(node)
  }

  /**
   * Notes that a request whose step `compact` was done with {@link compacting} has got its block: failures before are forgotten
   * (compaction_defer_reset). Whoever lets {@link steps} search the free lists need not say so.
   */
  compacted(page: number, order: number): void {
    this.#compaction.allocated(page, order)
  }

  /** Returns true if kcompactd of a node would have something to do (kcompactd_node_suitable). */
  kcompactdSuitable(node: number, order: number, highest: number = HIGHEST_ZONE): boolean {
    return this.#compaction.nodeSuitable(node, order, highest)
  }

  /** Returns true if kcompactd of a node is to compact it without being asked (should_proactive_compact_node). */
  compactsProactively(node: number): boolean {
    return this.#compaction.proactive(node)
  }

  /**
   * What kcompactd of a node does then, in steps (proactive_compact_node).
   * @param kswapdRuns returns true if kswapd of the node runs: it is given way to
   * @returns true if the node is less fragmented afterwards: if not, kcompactd leaves it alone for 32 s
   */
  compactingProactively(node: number, kswapdRuns: () => boolean): CompactionSteps<boolean> {
    return this.#compaction.compactingProactively(node, kswapdRuns)
  }

  /** kswapd of a node goes to sleep: what compaction has found not worth a look is looked at anew (reset_isolation_suitable). */
  kswapdSleeps(node: number): void {
    this.#compaction.forget(node)
  }

  /**
   * Somebody used a page: the second time it becomes active (mark_page_accessed).
   * @throws PageError for a page that is on no list.
   */
  markAccessed(page: number): void {
    if (!this.lru.markAccessed(page)) return
    this.count(PGACTIVATE, 1)
    this.workingset.activation(this.lru.lruvecOf(page))
  }

  /** Pages of a zone that reclaim could free. */
  reclaimable(zone: Zone): number {
    return this.#vmscan.reclaimable(zone)
  }

  /** What /proc and the OOM report tell beside the free lists, for the views. */
  counters(): VmCounters {
    const { zones, lru, workingset, events } = this
    return vmCounters({ zones, lru, workingset, vmscan: this.#vmscan, events })
  }

  /** A copy of everything, 12 bytes a page. */
  snapshot(): PageAllocatorState {
    return {
      zones: this.zones.save(),
      lru: this.lru.save(),
      vmscan: this.#vmscan.save(),
      compaction: this.#compaction.save(),
      workingset: this.workingset.save(),
      memcgs: this.memcgs.save(),
      pfmemalloc: this.pfmemalloc.save(),
      events: this.events.slice(),
      unsafe: this.callSites.save(),
    }
  }

  /**
   * Puts everything back as it was.
   * @throws RangeError for a snapshot of a memory of another size.
   */
  restore(state: PageAllocatorState): void {
    this.zones.load(state.zones)
    this.lru.load(state.lru)
    this.#vmscan.load(state.vmscan)
    this.#compaction.load(state.compaction)
    this.workingset.load(state.workingset)
    this.memcgs.load(state.memcgs)
    this.pfmemalloc.load(state.pfmemalloc)
    this.events.set(state.events)
    this.callSites.load(state.unsafe)
  }

  /** @throws InvariantError for the first page that is not in exactly one place, or for counters that do not count the lists. */
  validate(): void {
    this.zones.validate()
    this.lru.validate()
    this.memcgs.validate()
  }

  /** Returns true if a request is charged to a memory cgroup: then its steps are taken, the last of which that is. */
  #isCharged(gfp: number): boolean {
    return (gfp & __GFP_ACCOUNT) !== 0 && this.frames.memcg !== null
  }

  private allocated(page: number, site: number): number {
    this.owners[page] = site
    // What reclaim has freed of them is forgotten here.
    if (this.pfmemalloc.count > 0) this.pfmemalloc.delete(page)
    return page
  }

  /** What is left of a request; what is wrong with it is reported. */
  #filter(task: Task, gfp: number, site: number): number {
    if (gfpMobilityInvalid(gfp)) this.#ofBothMobilities(site, gfp)
    const asked = (gfp & this.gfpAllowedMask) >>> 0
    const allowed = currentGfpContext(task.mask, asked)
    if (allowed !== asked) this.#unsafe(site, asked, allowed)
    return allowed
  }

  #unsafe(site: number, gfp: number, allowed: number): void {
    const report = this.callSites.countUnsafe(site, gfp, allowed)
    if (report === undefined) return
    if (this.#hooks.unsafe === undefined) this.#hooks.log?.(report)
    else this.#hooks.unsafe(report)
  }

  /** The kernel warns of it with CONFIG_DEBUG_VM, and goes on (gfp_migratetype). */
  #ofBothMobilities(site: number, gfp: number): void {
    const report = this.callSites.contradiction(site, gfp)
    if (report !== undefined) this.#hooks.log?.(report)
  }

  #warnAlloc(gfp: number, { task, order, nodemask, cpuset, cpu = 0 }: PageRequest): void {
    if (this.#hooks.log === undefined || this.#hooks.mayWarn?.() === false) return
    const line = warnAlloc({
      comm: task.name,
      order,
      gfp,
      nodemask: nodemask ?? null,
      memsAllowed: cpuset ?? 0xffffffff >>> (32 - this.zones.nodes),
    })
    this.#hooks.log(`${line}\n${memInfo(this.zones, this.counters(), cpu)}`)
  }

  private count(event: number, by: number): void {
    this.events[event] = (this.events[event] as number) + by
  }
}
