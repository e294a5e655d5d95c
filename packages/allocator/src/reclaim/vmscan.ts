/**
 * Vmscan: reclaim, direct and by kswapd (mm/vmscan.c, 6.1.192): scans a little of each list, then more and more, until enough pages
 * are free. What it may do follows from the gfp of the request, filtered by the scopes of the task; kswapd may do all.
 *
 * It runs in two ways. tryToFreePages() and balance() do all at once; directReclaim() and balancing() stop after each cluster of
 * pages, so that a simulation can charge time and let others run.
 */
import { GFP_KERNEL } from '../gfp/flags.js'
import { gfpZoneIndex } from '../gfp/zone.js'
import { zoneWatermarkOk } from '../pages/watermark.js'
import type { Zone } from '../pages/zone.js'
import type { Zones } from '../pages/zones.js'
import { ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE, type Lru } from './lru.js'
import type { ReclaimHooks } from './reclaim-hooks.js'
import { DEF_PRIORITY, type ReclaimSteps, ScanControl, SWAP_CLUSTER_MAX } from './scan-control.js'
import { ShrinkLists } from './shrink-lists.js'
import { type Shrinker, Shrinking } from './shrinker.js'
import { ALLOCSTALL_DMA, PAGEOUTRUN, PGFREE, SLABS_SCANNED, type VmEvents } from './vm-events.js'
import type { Workingset } from './workingset.js'

const HIGHEST_ZONE = 3

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
}

/** What is known beside the pages: a copy. */
export interface VmscanState {
  /** By node: how many runs of kswapd in a row reclaimed nothing. It gives up at 16. */
  readonly failures: readonly number[]
  /** By node: reclaim has met many dirty pages that nobody writes. */
  readonly dirty: readonly boolean[]
  /** By node: reclaim has met many pages under writeback. */
  readonly writeback: readonly boolean[]
  /** By shrinker, by node. */
  readonly deferred: readonly (readonly number[])[]
}

export class Vmscan {
  readonly #zones: Zones
  readonly #lru: Lru
  readonly #workingset: Workingset
  readonly #events: VmEvents
  readonly #hooks: ReclaimHooks
  readonly #lists: ShrinkLists
  readonly #shrinkers: Shrinking[] = []
  /** By node: how often kswapd has failed in a row. */
  #failures: number[]

  constructor(
    zones: Zones,
    { lru, workingset }: { readonly lru: Lru; readonly workingset: Workingset },
    events: VmEvents,
    hooks: ReclaimHooks,
  ) {
    this.#zones = zones
    this.#lru = lru
    this.#workingset = workingset
    this.#events = events
    this.#hooks = hooks
    this.#lists = new ShrinkLists({ zones, lru, workingset, events, hooks })
    this.#failures = new Array<number>(zones.nodes).fill(0)
  }

  /** From now on reclaim asks this cache too. Disposing takes it out again. */
  registerShrinker(shrinker: Shrinker): Disposable {
    const shrinking = new Shrinking(shrinker, this.#zones.nodes)
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
      this.#lru.pagesOf(node, index, INACTIVE_FILE) + this.#lru.pagesOf(node, index, ACTIVE_FILE)
    if ((this.#hooks.swapPages?.() ?? 0) === 0) return file
    return (
      file +
      this.#lru.pagesOf(node, index, INACTIVE_ANON) +
      this.#lru.pagesOf(node, index, ACTIVE_ANON)
    )
  }

  /** Returns true if a zone up to `highest` has a block of this order above its high watermark (pgdat_balanced). */
  balanced(node: number, order: number, highest: number = HIGHEST_ZONE): boolean {
    let none = true
    for (const zone of this.#zones.all) {
      if (zone.node !== node || zone.index > highest) continue
      none = false
      // Boosted watermarks are kswapd's own business: what they ask for beyond the real ones has been reclaimed by the end.
      if (zoneWatermarkOk(zone, order, zone.watermarks.high, zone.lowmemReserve[highest] ?? 0, 0)) {
        return true
      }
    }
    // A node without such a zone needs nothing.
    return none
  }

  /** Reclaims for one request at once (try_to_free_pages). */
  tryToFreePages(request: ReclaimRequest): Reclaimed {
    return atOnce(this.directReclaim(request))
  }

  /** The same in steps. */
  *directReclaim(request: ReclaimRequest): ReclaimSteps<Reclaimed> {
    const { gfp, node, nodemask = -1, cpu = 0 } = request
    const highest = gfpZoneIndex(gfp)
    const control = new ScanControl({
      gfp,
      highest,
      cpu,
      kswapd: false,
      toReclaim: SWAP_CLUSTER_MAX,
    })
    const nodes = this.#nodes(gfp, node, nodemask)
    for (;;) {
      this.#count(ALLOCSTALL_DMA + Math.min(highest, HIGHEST_ZONE), 1)
      for (;;) {
        control.scanned = 0
        for (const each of nodes) yield* this.#shrinkNode(each, control)
        // With 12% of what it looks at it makes progress; without any, others may get further meanwhile.
        if (
          control.reclaimed <= control.scanned >> 3 &&
          control.priority === 1 &&
          control.reclaimed === 0
        ) {
          yield { kind: 'throttle', reason: 'noprogress' }
        }
        if (control.reclaimed >= SWAP_CLUSTER_MAX || control.priority === 0) break
        control.priority--
      }
      for (const each of nodes) this.#workingset.look(each)
      // Nothing found, and active pages were left alone: once more, with them.
      if (control.reclaimed > 0 || !control.skippedDeactivate) break
      control.priority = DEF_PRIORITY
      control.forceDeactivate = true
      control.skippedDeactivate = false
    }
    return { pages: control.reclaimed, priority: control.priority }
  }

  /**
   * What kswapd does when it is awake: reclaims until a zone of the node that matters has a block of this order above its high
   * watermark (balance_pgdat).
   * @returns whether it has
   */
  balance(node: number, order: number, highest: number = HIGHEST_ZONE): boolean {
    return atOnce(this.balancing(node, order, highest))
  }

  /** The same in steps. */
  *balancing(node: number, order: number, highest: number = HIGHEST_ZONE): ReclaimSteps<boolean> {
    const zones = this.#zones.all.filter((zone) => zone.node === node && zone.index <= highest)
    this.#count(PAGEOUTRUN, 1)
    const boosted = zones.reduce((sum, { boost }) => sum + boost, 0)
    let toUnboost = boosted
    const control = new ScanControl({
      gfp: GFP_KERNEL,
      highest,
      cpu: this.#zones.numa.firstCpuOf(node),
      kswapd: true,
      toReclaim: zones.reduce(
        (sum, { watermarks, boost }) => sum + Math.max(watermarks.high + boost, SWAP_CLUSTER_MAX),
        0,
      ),
    })
    for (const zone of zones) zone.reclaiming = true
    try {
      while (control.priority > 0) {
        const balanced = this.balanced(node, order, highest)
        // Boosted for nothing: the node is short of memory itself.
        if (!balanced && toUnboost > 0) {
          toUnboost = 0
          control.priority = DEF_PRIORITY
        }
        if (toUnboost <= 0 && balanced) return this.#rested(node)
        // For the boost alone it does not try hard.
        const lightly = toUnboost > 0 && control.priority === DEF_PRIORITY - 2
        control.scanned = 0
        const before = control.reclaimed
        yield* this.#shrinkNode(node, control)
        const reclaimed = control.reclaimed - before
        if (toUnboost > 0) {
          toUnboost -= reclaimed
          if (reclaimed === 0) break
        }
        // As long as it looks at as many pages as it wants there is no need to try harder.
        const enough = control.scanned >= control.toReclaim || lightly
        if (!enough || reclaimed === 0) control.priority--
      }
      if (control.reclaimed === 0) this.#failures[node] = this.kswapdFailures(node) + 1
      return this.balanced(node, order, highest) && this.#rested(node)
    } finally {
      for (const zone of zones) {
        zone.boost = 0
        zone.boosted = false
        zone.reclaiming = false
      }
      this.#workingset.look(node)
    }
  }

  /** Reclaims a node until so many pages are free, with more and more effort (__node_reclaim). Returns true if they are. */
  shrinkNodeFor(node: number, pages: number, control: ScanControl): boolean {
    do atOnce(this.#shrinkNode(node, control))
    while (control.reclaimed < pages && --control.priority >= 0)
    return control.reclaimed >= pages
  }

  /** What is known beside the pages. */
  save(): VmscanState {
    return {
      failures: [...this.#failures],
      dirty: [...this.#lists.dirty],
      writeback: [...this.#lists.writeback],
      deferred: this.#shrinkers.map((shrinking) => [...shrinking.deferred]),
    }
  }

  /** Puts it back. */
  load(state: VmscanState): void {
    this.#failures = [...state.failures]
    for (let node = 0; node < this.#zones.nodes; node++) {
      this.#lists.dirty[node] = state.dirty[node] ?? false
      this.#lists.writeback[node] = state.writeback[node] ?? false
    }
    for (const [index, deferred] of state.deferred.entries()) {
      this.#shrinkers[index]?.deferred.set(deferred)
    }
  }

  /** The nodes that a request may have pages of, its own first. */
  #nodes(gfp: number, node: number, nodemask: number): readonly number[] {
    const nodes: number[] = []
    for (const zone of this.#zones.zonelist(gfp, node)) {
      if ((nodemask & (1 << zone.node)) !== 0 && !nodes.includes(zone.node)) nodes.push(zone.node)
    }
    return nodes
  }

  /** The node has enough: what kswapd has met is history (clear_pgdat_congested). */
  #rested(node: number): true {
    this.#lists.dirty[node] = false
    this.#lists.writeback[node] = false
    return true
  }

  /** shrink_node: the lists, then the shrinkers. */
  *#shrinkNode(node: number, control: ScanControl): ReclaimSteps<void> {
    const before = control.reclaimed
    const { met } = control
    met.clear()
    this.#lists.prepare(node, control)
    control.rounds++
    if (this.#lists.share(node, control)) yield* this.#lists.shrink(node, control)
    let scanned = 0
    let freed = 0
    const events = this.#events
    for (let i = 0; i < this.#shrinkers.length; i++) {
      const pages = events[PGFREE] as number
      const shrunk = (this.#shrinkers[i] as Shrinking).shrink(control.gfp, node, control.priority)
      scanned += shrunk.scanned
      freed += shrunk.freed
      control.reclaimed += (events[PGFREE] as number) - pages
    }
    if (met.taken > 0 || scanned > 0 || control.priority <= 1) {
      this.#count(SLABS_SCANNED, scanned)
      const { rounds, priority } = control
      control.rounds = 0
      yield { kind: 'slab', rounds, priority, scanned, freed }
    }
    if (control.kswapd && met.taken > 0) {
      if (met.writeback > 0 && met.writeback === met.taken) this.#lists.writeback[node] = true
      if (met.fileTaken > 0 && met.unqueuedDirty === met.fileTaken) this.#lists.dirty[node] = true
      if (met.immediate > 0) yield { kind: 'throttle', reason: 'writeback' }
    }
    // Whoever gets memory from this node shows that kswapd may hope for more.
    if (control.reclaimed > before) this.#failures[node] = 0
  }

  #count(event: number, by: number): void {
    this.#events[event] = (this.#events[event] as number) + by
  }
}

/** Takes all steps, with nobody else about: there is no use in waiting. */
function atOnce<R>(steps: ReclaimSteps<R>): R {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
