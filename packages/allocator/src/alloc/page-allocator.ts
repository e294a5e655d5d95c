/**
 * Page allocator: the memory of a machine behind the filter (mm/page_alloc.c, 6.1.192). A request is filtered by the scopes of its
 * task, tries the free lists, and if they have nothing takes the slow path: kswapd, reclaim, compaction, the OOM killer.
 *
 * It runs in two ways. alloc() does all at once, as if nobody else ran meanwhile. steps() stops before everything that takes
 * time, so that a simulation can charge for it, a model checker interleave it, and either do a step in its own way.
 *
 * Simpler than the kernel: compaction moves no pages, since their owners know them by number; it gives back what CPUs keep, which
 * lets blocks merge.
 */
import { currentGfpContext } from '../gfp/context.js'
import { __GFP_FS, __GFP_NOWARN } from '../gfp/flags.js'
import { gfpMigratetype, gfpMobilityInvalid } from '../gfp/migratetype.js'
import { gfpZoneIndex } from '../gfp/zone.js'
import { Order } from '../pages/order.js'
import { NO_PAGE, type PageFrames } from '../pages/page-frames.js'
import { PAGE_ALLOC_COSTLY_ORDER } from '../pages/per-cpu-pages.js'
import { MAX_ORDER, zoneWatermarkOk } from '../pages/watermark.js'
import type { Zone } from '../pages/zone.js'
import { type MemoryOptions, Zones, type ZonesState } from '../pages/zones.js'
import {
  ACTIVE_ANON,
  ACTIVE_FILE,
  INACTIVE_ANON,
  INACTIVE_FILE,
  Lru,
  type LruState,
  lruLists,
} from '../reclaim/lru.js'
import type { Shrinker } from '../reclaim/shrinker.js'
import { MAX_RECLAIM_RETRIES } from '../reclaim/throttle.js'
import {
  namedVmEvents,
  OOM_KILL,
  PGALLOC_DMA,
  PGFREE,
  type VmEvents,
  vmEvents,
} from '../reclaim/vm-events.js'
import { type ReclaimHooks, Vmscan, type VmscanState } from '../reclaim/vmscan.js'
import type { Task } from '../task/memalloc.js'
import { memInfo } from '../views/mem-info.js'
import type { VmCounters } from '../views/vm-counters.js'
import { CallSites } from './call-sites.js'
import { type AllocStep, allocPages, COMPACT_COMPLETE, COMPACT_SKIPPED } from './slow-path.js'
import { warnAlloc } from './warn-alloc.js'

/** alloc() runs alone: when so many steps have freed nothing, none ever will. */
const HOPELESS_STEPS = 300
/** All nodes. */
const ANY = -1

/** A request that alloc() would retry for ever: in a kernel the task would hang, unless somebody else freed memory. */
export class LivelockError extends Error {
  /** @internal */
  constructor(message: string) {
    super(message)
    this.name = 'LivelockError'
  }
}

/** What the allocator asks of the machine around it. All may be left out. */
export interface MemoryHooks extends ReclaimHooks {
  /** The kernel log: reports of failed allocations, and of requests that ask for more than their scope allows. */
  log?(text: string): void
  /** kswapd of a node is needed, if it is not awake: run `balance` soon. */
  wakeKswapd?(node: number, order: number, highest: number): void
  /**
   * The OOM killer: kills somebody and frees memory, and returns whether it found anybody. It is asked for requests with `__GFP_FS`
   * only. By default there is nobody.
   */
  outOfMemory?(gfp: number, order: number): boolean
}

/** A request and where it is made. */
export interface PageRequest {
  /** The task that asks: its scopes are what the request is filtered by. */
  readonly task: Task
  /** As the caller passed it. */
  readonly gfp: number
  /** The pages wanted are 2 to this power: 0 to 10. */
  readonly order: number
  /** From {@link CallSites}; by default 0, no name. */
  readonly site?: number
  /** Where the task runs; by default 0. */
  readonly cpu?: number
  /** The node to begin with; by default the CPU's own. */
  readonly node?: number
  /** A bit per node that the caller wants; by default any. */
  readonly nodemask?: number
  /** A bit per node that the task's cpuset allows; by default there are no cpusets. */
  readonly cpuset?: number
  /** Below 100 is real-time; by default 120. */
  readonly prio?: number
  /** See preempt.ts; by default 0: in a task that may sleep. */
  readonly preemptCount?: number
  /** The task has been chosen by the OOM killer. */
  readonly oomVictim?: boolean
}

/** All that a {@link PageAllocator} knows: a copy. Counters of events are in it, names of call sites are not. */
export interface PageAllocatorState {
  readonly zones: ZonesState
  readonly lru: LruState
  readonly vmscan: VmscanState
  readonly events: Float64Array
  readonly unsafe: readonly number[]
}

export class PageAllocator {
  readonly zones: Zones
  readonly frames: PageFrames
  readonly cpus: number
  readonly lru: Lru
  readonly callSites = new CallSites()
  readonly #hooks: MemoryHooks
  readonly #vmscan: Vmscan
  // Private by type only, for speed: see buddy.ts.
  private readonly events: VmEvents = vmEvents()
  private readonly owners: Uint16Array

  /**
   * @param options zones by node, in pages of 4 KiB; CPUs; sysctls
   * @throws RangeError for memory without pages, or for a size that is none.
   */
  constructor(options: MemoryOptions, hooks: MemoryHooks = {}) {
    const lists = lruLists(options.nodes.length)
    this.zones = new Zones(options, (site) => this.callSites.name(site), lists)
    this.frames = this.zones.frames
    this.owners = this.frames.owner
    this.cpus = this.zones.cpus
    this.lru = new Lru(this.zones)
    this.#hooks = hooks
    this.#vmscan = new Vmscan(this.zones, this.lru, this.events, hooks)
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
   * @throws RangeError for what is no order, and for `__GFP_MOVABLE` with `__GFP_RECLAIMABLE`. Orders above 10 get no page.
   */
  alloc(task: Task, gfp: number, order: number, site = 0, cpu = 0): number {
    // What is rare is done elsewhere: V8 inlines only so much code, and calls are a third of the costs here.
    if (gfpMobilityInvalid(gfp)) throw twoMobilities(gfp)
    const allowed = currentGfpContext(task.mask, gfp)
    if (allowed !== gfp >>> 0) this.#unsafe(site, gfp, allowed)
    if (order >>> 0 === order && order <= Order.HIGHEST) {
      const page = this.zones.allocFast(allowed, order, cpu)
      if (page >= 0) return this.allocated(page, order, site)
    }
    return this.#allocSlowly(task, gfp, order, site, cpu)
  }

  /**
   * The same in steps. Each is yielded before it is done; `next()` lets the allocator do it, and `next(answer)` says that the
   * caller has done it, and what came of it. Whoever steps sees to it that a request that is retried for ever ends.
   * @throws RangeError as alloc() does.
   */
  *steps(request: PageRequest): Generator<AllocStep, number, number | undefined> {
    const { task, gfp, site = 0 } = request
    if (gfpMobilityInvalid(gfp)) throw twoMobilities(gfp)
    const allowed = currentGfpContext(task.mask, gfp)
    if (allowed !== gfp >>> 0) this.#unsafe(site, gfp, allowed)
    return yield* this.#steps(request)
  }

  /**
   * Gives a block back.
   * @throws PageError that names the page, its order and its owner, when it is not the first page of a block in use, or of
   * another order. Nothing has changed then.
   */
  free(page: number, order: number, cpu = 0): void {
    this.zones.zoneOf(page).free(page, order, cpu)
    this.count(PGFREE, 1 << order)
  }

  /** From now on reclaim asks this cache too. Disposing takes it out again. */
  registerShrinker(shrinker: Shrinker): Disposable {
    return this.#vmscan.registerShrinker(shrinker)
  }

  /**
   * What kswapd does while it is awake: reclaims until a node has enough.
   * @returns whether it has
   */
  balance(node: number, order = 0): boolean {
    return this.#vmscan.balance(node, order)
  }

  /** What /proc and the OOM report tell beside the free lists, for the views. */
  counters(): VmCounters {
    const { lru, zones } = this
    const nodes = Array.from({ length: zones.nodes }, (_, node) => ({
      nr_inactive_anon: lru.pages(node, INACTIVE_ANON),
      nr_active_anon: lru.pages(node, ACTIVE_ANON),
      nr_inactive_file: lru.pages(node, INACTIVE_FILE),
      nr_active_file: lru.pages(node, ACTIVE_FILE),
      nr_anon_pages: lru.pages(node, INACTIVE_ANON) + lru.pages(node, ACTIVE_ANON),
      nr_file_pages: lru.pages(node, INACTIVE_FILE) + lru.pages(node, ACTIVE_FILE),
      unreclaimable: this.#vmscan.kswapdFailures(node) >= MAX_RECLAIM_RETRIES,
    }))
    const byZone = (node: number) =>
      Object.fromEntries(
        zones.all
          .filter((zone) => zone.node === node)
          .map(({ name, index }) => [
            name,
            {
              nr_zone_inactive_anon: lru.pagesOf(node, index, INACTIVE_ANON),
              nr_zone_active_anon: lru.pagesOf(node, index, ACTIVE_ANON),
              nr_zone_inactive_file: lru.pagesOf(node, index, INACTIVE_FILE),
              nr_zone_active_file: lru.pagesOf(node, index, ACTIVE_FILE),
            },
          ]),
      )
    return {
      nodes,
      zones: nodes.map((_, node) => byZone(node)),
      events: namedVmEvents(this.events),
    }
  }

  /** A copy of everything, 12 bytes a page. */
  snapshot(): PageAllocatorState {
    return {
      zones: this.zones.save(),
      lru: this.lru.save(),
      vmscan: this.#vmscan.save(),
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
    this.events.set(state.events)
    this.callSites.load(state.unsafe)
  }

  /** @throws InvariantError for the first page that is not in exactly one place, or for counters that do not count the lists. */
  validate(): void {
    this.zones.validate()
    this.lru.validate()
  }

  /** Takes all the steps, with nobody else about. */
  #allocSlowly(task: Task, gfp: number, order: number, site: number, cpu: number): number {
    const steps = this.#steps({ task, gfp, order, site, cpu })
    let free = this.#progress()
    let vain = 0
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value
      const now = this.#progress()
      vain = now === free ? vain + 1 : 0
      free = now
      if (vain > HOPELESS_STEPS) {
        steps.return(NO_PAGE)
        throw this.#livelock(site, gfp, currentGfpContext(task.mask, gfp), order)
      }
    }
  }

  *#steps(request: PageRequest): Generator<AllocStep, number, number | undefined> {
    const { task, gfp, order, site = 0, cpu = 0, cpuset, nodemask } = request
    if (!Number.isInteger(order) || order < 0) {
      throw new RangeError(`orders are 0 to ${MAX_ORDER - 1}, not ${order}`)
    }
    const attempt: Attempt = { request, node: request.node ?? this.zones.nodeOf(cpu), failures: 0 }
    const path = allocPages({
      ...request,
      populated: this.zones.populated,
      cpusetsEnabled: cpuset !== undefined,
      nodemask: nodemask !== undefined,
    })
    try {
      for (let step = path.next(); ; ) {
        if (step.done) {
          return step.value === NO_PAGE ? NO_PAGE : this.allocated(step.value, order, site)
        }
        // Sent by whoever has done the step.
        const answer = yield step.value
        step = path.next(answer ?? this.#perform(step.value, attempt, task, gfp))
      }
    } finally {
      // The task leaves reclaim, also when a hook has thrown or nobody steps on.
      path.return(NO_PAGE)
    }
  }

  /** Does a step. */
  #perform(step: AllocStep, attempt: Attempt, task: Task, raw: number): number {
    const { request, node } = attempt
    const { order, cpu = 0, cpuset = ANY } = request
    const nodemask = request.nodemask ?? ANY
    switch (step.kind) {
      case 'freelist': {
        const nodes =
          step.nodemask === 'given' ? nodemask : step.nodemask === 'cpuset' ? cpuset : ANY
        return this.zones.alloc(step.gfp, order, step.allocFlags, cpu, node, nodes, cpuset)
      }
      case 'wake-kswapd': {
        this.#wakeKswapd(currentGfpContext(task.mask, raw), node, order)
        return 0
      }
      case 'compact': {
        if (!this.#compactionSuitable(step.gfp, node, order)) return COMPACT_SKIPPED
        this.zones.drain()
        return COMPACT_COMPLETE
      }
      case 'reclaim': {
        // Once more through the filter, as try_to_free_pages does: the task may have entered a scope since.
        const gfp = currentGfpContext(task.mask, step.gfp)
        return this.#vmscan.tryToFreePages(gfp, node, nodemask, cpu).pages
      }
      case 'drain': {
        this.#unreserve(raw, node, false)
        this.zones.drain()
        return 0
      }
      case 'should-reclaim-retry':
        return this.#shouldReclaimRetry(currentGfpContext(task.mask, raw), attempt, step.progress)
      case 'should-compact-retry':
        // What compaction needs is free pages; unless there were too few, it has done all that it can.
        return step.result === COMPACT_SKIPPED && this.#couldCompact(raw, node, order) ? 1 : 0
      case 'oom-lock':
        return 1
      case 'out-of-memory':
        return this.#outOfMemory(step.gfp, order)
      case 'warn-alloc': {
        this.#warnAlloc(step.gfp, request)
        return 0
      }
      default:
        return 0
    }
  }

  private allocated(page: number, order: number, site: number): number {
    this.owners[page] = site
    const zone = this.zones.zoneOf(page)
    this.count(PGALLOC_DMA + zone.index, 1 << order)
    if (zone.boosted) this.#wakeBoosted(zone)
    return page
  }

  #wakeBoosted(zone: Zone): void {
    zone.boosted = false
    this.#hooks.wakeKswapd?.(zone.node, 0, zone.index)
  }

  #unsafe(site: number, gfp: number, allowed: number): void {
    const report = this.callSites.countUnsafe(site, gfp, allowed)
    if (report !== undefined) this.#hooks.log?.(report)
  }

  /** wake_all_kswapds. */
  #wakeKswapd(gfp: number, node: number, order: number): void {
    const highest = gfpZoneIndex(gfp)
    let last = -1
    for (const zone of this.zones.zonelist(gfp, node)) {
      if (zone.node === last) continue
      last = zone.node
      this.#hooks.wakeKswapd?.(zone.node, order, highest)
    }
  }

  /** Whether any zone has free pages enough to make a block of them (compaction_suitable). */
  #compactionSuitable(gfp: number, node: number, order: number): boolean {
    const highest = gfpZoneIndex(gfp)
    return this.zones.zonelist(gfp, node).some((zone) => {
      const mark =
        (order > PAGE_ALLOC_COSTLY_ORDER ? zone.watermarks.low : zone.watermarks.min) + (2 << order)
      return zoneWatermarkOk(zone, 0, mark, zone.lowmemReserve[highest] ?? 0, 0)
    })
  }

  /** Whether it would, if all that could be reclaimed were free. */
  #couldCompact(gfp: number, node: number, order: number): boolean {
    return this.zones
      .zonelist(gfp, node)
      .some(
        (zone) =>
          Math.floor(this.#vmscan.reclaimable(zone) / (order + 1)) >
          zone.watermarks.min + (2 << order),
      )
  }

  /** should_reclaim_retry: whether the request would fit if all that can be reclaimed were free, and there is hope for that. */
  #shouldReclaimRetry(gfp: number, attempt: Attempt, progress: boolean): number {
    const { node, request } = attempt
    const { order } = request
    attempt.failures = progress && order <= PAGE_ALLOC_COSTLY_ORDER ? 0 : attempt.failures + 1
    if (attempt.failures > MAX_RECLAIM_RETRIES) return this.#unreserve(gfp, node, true) ? 1 : 0
    const highest = gfpZoneIndex(gfp)
    const fits = this.zones.zonelist(gfp, node).some((zone) => {
      const hoped = {
        freePages: zone.freePages + this.#vmscan.reclaimable(zone),
        reservedHighatomic: zone.reservedHighatomic,
        freeCma: 0,
        cma: false,
        lists: (size: number) => zone.lists(size),
      }
      return zoneWatermarkOk(
        hoped,
        order,
        zone.watermarks.min + zone.boost,
        zone.lowmemReserve[highest] ?? 0,
        0,
      )
    })
    return fits ? 1 : 0
  }

  /** Gives what is set aside for atomic requests to this one. */
  #unreserve(gfp: number, node: number, force: boolean): boolean {
    const migratetype = gfpMigratetype(gfp)
    return this.zones
      .zonelist(gfp, node)
      .some((zone) => zone.unreserveHighatomic(migratetype, force))
  }

  /**
   * out_of_memory. Reclaim without `__GFP_FS` has seen only part of what there is: that is no reason to kill. The request is told
   * that there was progress, and tries again.
   */
  #outOfMemory(gfp: number, order: number): number {
    if ((gfp & __GFP_FS) === 0) return 1
    const killed = this.#hooks.outOfMemory?.(gfp, order) ?? false
    if (killed) this.count(OOM_KILL, 1)
    return killed ? 1 : 0
  }

  #warnAlloc(gfp: number, { task, order, nodemask, cpuset, cpu = 0 }: PageRequest): void {
    if ((gfp & __GFP_NOWARN) !== 0 || this.#hooks.log === undefined) return
    const line = warnAlloc({
      comm: task.name,
      order,
      gfp,
      nodemask: nodemask ?? null,
      memsAllowed: cpuset ?? (1 << this.zones.nodes) - 1,
    })
    this.#hooks.log(`${line}\n${memInfo(this.zones, this.counters(), cpu)}`)
  }

  /** Grows whenever something has been freed or killed. */
  #progress(): number {
    return (this.events[PGFREE] as number) + (this.events[OOM_KILL] as number)
  }

  #livelock(site: number, gfp: number, allowed: number, order: number): LivelockError {
    const why =
      (allowed & __GFP_FS) === 0
        ? 'without __GFP_FS nobody is killed for it, and reclaim can free nothing'
        : 'nothing can be reclaimed, and nobody killed'
    const asked = allowed === gfp >>> 0 ? '' : ` (0x${(gfp >>> 0).toString(16)} before the filter)`
    return new LivelockError(
      `${this.callSites.name(site)} would try for ever to allocate order ${order} with 0x${allowed.toString(16)}${asked}: ${why}`,
    )
  }

  private count(event: number, by: number): void {
    this.events[event] = (this.events[event] as number) + by
  }
}

/** What is known of a request under way. */
interface Attempt {
  readonly request: PageRequest
  readonly node: number
  /** Rounds of reclaim in vain, in a row. */
  failures: number
}

function twoMobilities(gfp: number): RangeError {
  return new RangeError(
    `0x${(gfp >>> 0).toString(16)} has __GFP_MOVABLE and __GFP_RECLAIMABLE: pages are one or the other`,
  )
}
