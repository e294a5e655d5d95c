/**
 * Vmscan: reclaim, direct and by kswapd (mm/vmscan.c, 6.1.192): scans a little of each list, then more and more, until enough pages
 * are free. What it may do follows from the gfp of the request, filtered by the scopes of the task; kswapd may do all.
 *
 * Simpler than the kernel: pages are not mapped, so that only markAccessed() says that one is used; how much of each list is scanned
 * follows from swappiness 60 alone, not from what scanning has cost; shrinkers defer nothing.
 */
import { __GFP_IO, GFP_KERNEL } from '../gfp/flags.js'
import { mayEnterFs } from '../gfp/reclaim.js'
import { gfpZoneIndex } from '../gfp/zone.js'
import { NO_PAGE } from '../pages/page-frames.js'
import { zoneWatermarkOk } from '../pages/watermark.js'
import type { Zone } from '../pages/zone.js'
import type { Zones } from '../pages/zones.js'
import {
  ACTIVE_ANON,
  ACTIVE_FILE,
  INACTIVE_ANON,
  INACTIVE_FILE,
  type Lru,
  PG_ACTIVE,
  PG_DIRTY,
  PG_FILE,
  PG_PRIVATE,
  PG_RECLAIM,
  PG_REFERENCED,
  PG_WRITEBACK,
} from './lru.js'
import { type Shrinker, shrink } from './shrinker.js'
import { MAX_RECLAIM_RETRIES } from './throttle.js'
import {
  ALLOCSTALL_DMA,
  PAGEOUTRUN,
  PGACTIVATE,
  PGDEACTIVATE,
  PGFREE,
  PGREFILL,
  PGSCAN_ANON,
  PGSCAN_DIRECT,
  PGSCAN_FILE,
  PGSCAN_KSWAPD,
  PGSKIP_DMA,
  PGSTEAL_ANON,
  PGSTEAL_DIRECT,
  PGSTEAL_FILE,
  PGSTEAL_KSWAPD,
  SLABS_SCANNED,
  type VmEvents,
} from './vm-events.js'

/** Reclaim stops when so many pages are free. */
const SWAP_CLUSTER_MAX = 32
/** The first round scans 1/4096 of each list; each further one twice as much. */
const DEF_PRIORITY = 12
/** Shares of what is scanned, of 200: swappiness 60. */
const ANON_SHARE = 60
const FILE_SHARE = 140
const HIGHEST_ZONE = 3

/** What happens to a page that has to be written before it can be freed. */
export type Pageout =
  /** It is written already, and clean. */
  | 'clean'
  /** Writing has begun: `endWriteback` will say when it is over. */
  | 'writeback'
  /** It cannot be written now. */
  | 'keep'

/** What reclaim asks of those who own pages. All may be left out. */
export interface ReclaimHooks {
  /** Pages of swap space that are free. Without any, memory of programs cannot be reclaimed. By default 0. */
  swapPages?(): number
  /** Writes a dirty page, to its file or to swap. By default it is clean at once: a disk that takes no time. */
  pageout?(page: number, gfp: number): Pageout
  /** All pages that reclaim met were dirty: the flusher threads should write (wakeup_flusher_threads). */
  wakeFlushers?(): void
  /** A page was taken from its owner, and is about to be freed. */
  reclaimed?(page: number, order: number): void
}

/** One call for memory (struct scan_control). */
interface ScanControl {
  readonly gfp: number
  /** The highest zone that would help. */
  readonly highest: number
  /** Where it runs: the pages go to what this CPU keeps. */
  readonly cpu: number
  readonly kswapd: boolean
  priority: number
  reclaimed: number
}

/** How reclaim did. */
export interface Reclaimed {
  readonly pages: number
  /** The priority that it got to: 12 is least effort, 0 all pages. */
  readonly priority: number
}

/** What is known beside the pages: a copy. */
export interface VmscanState {
  readonly failures: readonly number[]
  readonly dirty: readonly boolean[]
}

export class Vmscan {
  readonly #zones: Zones
  readonly #lru: Lru
  readonly #events: VmEvents
  readonly #hooks: ReclaimHooks
  readonly #shrinkers: Shrinker[] = []
  /** By node: how often kswapd has failed in a row. */
  #failures: number[]
  /** PGDAT_DIRTY, by node: kswapd has met nothing but dirty pages. */
  #dirty: boolean[]

  constructor(zones: Zones, lru: Lru, events: VmEvents, hooks: ReclaimHooks) {
    this.#zones = zones
    this.#lru = lru
    this.#events = events
    this.#hooks = hooks
    this.#failures = new Array<number>(zones.nodes).fill(0)
    this.#dirty = new Array<boolean>(zones.nodes).fill(false)
  }

  /** From now on reclaim asks this cache too. Disposing takes it out again. */
  registerShrinker(shrinker: Shrinker): Disposable {
    this.#shrinkers.push(shrinker)
    return {
      [Symbol.dispose]: () => {
        const place = this.#shrinkers.indexOf(shrinker)
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
    if (this.#swap() === 0) return file
    return (
      file +
      this.#lru.pagesOf(node, index, INACTIVE_ANON) +
      this.#lru.pagesOf(node, index, ACTIVE_ANON)
    )
  }

  /**
   * Reclaims for one request (try_to_free_pages).
   * @param gfp filtered by the scopes of the task
   * @param node where the request prefers its pages
   * @param nodemask a bit per node that would help
   * @param cpu the task runs here
   */
  tryToFreePages(gfp: number, node: number, nodemask = -1, cpu = 0): Reclaimed {
    const highest = gfpZoneIndex(gfp)
    const control: ScanControl = {
      gfp,
      highest,
      cpu,
      kswapd: false,
      priority: DEF_PRIORITY,
      reclaimed: 0,
    }
    this.#count(ALLOCSTALL_DMA + Math.min(highest, HIGHEST_ZONE), 1)
    const nodes = new Set(
      this.#zones
        .zonelist(gfp, node)
        .filter((zone) => (nodemask & (1 << zone.node)) !== 0)
        .map((zone) => zone.node),
    )
    for (;;) {
      for (const each of nodes) this.#shrinkNode(each, control)
      if (control.reclaimed >= SWAP_CLUSTER_MAX || control.priority === 0) break
      control.priority--
    }
    // Whoever gets memory from this node again shows that kswapd may hope for more.
    if (control.reclaimed > 0) for (const each of nodes) this.#failures[each] = 0
    return { pages: control.reclaimed, priority: control.priority }
  }

  /**
   * What kswapd does when it is awake: reclaims until all zones of a node that matter have a block of this order above their high
   * watermark (balance_pgdat).
   * @returns whether they have
   */
  balance(node: number, order: number, highest: number = HIGHEST_ZONE): boolean {
    const zones = this.#zones.all.filter((zone) => zone.node === node && zone.index <= highest)
    this.#count(PAGEOUTRUN, 1)
    const balanced = () =>
      zones.some((zone) =>
        // Boosted watermarks are kswapd's own business: what they ask for beyond the real ones has been reclaimed by the end.
        zoneWatermarkOk(zone, order, zone.watermarks.high, zone.lowmemReserve[highest] ?? 0, 0),
      )
    const control: ScanControl = {
      gfp: GFP_KERNEL,
      highest,
      cpu: Math.ceil((node * this.#zones.cpus) / this.#zones.nodes),
      kswapd: true,
      priority: DEF_PRIORITY,
      reclaimed: 0,
    }
    while (!balanced() && control.priority > 0 && this.kswapdFailures(node) < MAX_RECLAIM_RETRIES) {
      const before = control.reclaimed
      this.#shrinkNode(node, control)
      // As long as there is progress it need not try harder.
      if (control.reclaimed === before) control.priority--
    }
    for (const zone of zones) {
      zone.boost = 0
      zone.boosted = false
    }
    if (control.reclaimed > 0) this.#failures[node] = 0
    else if (!balanced()) this.#failures[node] = this.kswapdFailures(node) + 1
    if (!balanced()) return false
    this.#dirty[node] = false
    return true
  }

  /** What is known beside the pages. */
  save(): VmscanState {
    return {
      failures: [...this.#failures],
      dirty: [...this.#dirty],
    }
  }

  /** Puts it back. */
  load(state: VmscanState): void {
    this.#failures = [...state.failures]
    this.#dirty = [...state.dirty]
  }

  #swap(): number {
    return this.#hooks.swapPages?.() ?? 0
  }

  /** shrink_node: the lists, then the shrinkers. */
  #shrinkNode(node: number, control: ScanControl): void {
    this.#shrinkLists(node, control)
    for (const shrinker of [...this.#shrinkers]) {
      const before = this.#events[PGFREE] as number
      const { scanned } = shrink(shrinker, control.gfp, node, control.priority)
      this.#count(SLABS_SCANNED, scanned)
      control.reclaimed += (this.#events[PGFREE] as number) - before
    }
  }

  /** shrink_lruvec. */
  #shrinkLists(node: number, control: ScanControl): void {
    const lru = this.#lru
    const swap = this.#swap() > 0
    const share = (list: number): number => {
      const pages = Math.floor(lru.pages(node, list) / 2 ** control.priority)
      if (!swap) return list >= INACTIVE_FILE ? pages : 0
      // The last round takes all of both.
      if (control.priority === 0) return pages
      return Math.floor((pages * (list >= INACTIVE_FILE ? FILE_SHARE : ANON_SHARE)) / 200)
    }
    for (const inactive of [INACTIVE_ANON, INACTIVE_FILE]) {
      const active = inactive + 1
      let toDeactivate = this.#inactiveIsLow(node, inactive) ? share(active) : 0
      let toScan = share(inactive)
      while (toDeactivate > 0 || toScan > 0) {
        const some = Math.min(toDeactivate, SWAP_CLUSTER_MAX)
        if (some > 0) this.#deactivate(node, active, some)
        toDeactivate -= some
        const others = Math.min(toScan, SWAP_CLUSTER_MAX)
        if (others > 0) this.#shrinkInactive(node, inactive, others, control)
        toScan -= others
        if (control.reclaimed >= SWAP_CLUSTER_MAX && control.priority > 0) break
      }
    }
  }

  /** Whether too few pages are on the inactive list to tell which are used (inactive_is_low). */
  #inactiveIsLow(node: number, list: number): boolean {
    const inactive = this.#lru.pages(node, list)
    const active = this.#lru.pages(node, list + 1)
    const gigabytes = (inactive + active) >> 18
    const ratio = gigabytes > 0 ? Math.floor(Math.sqrt(10 * gigabytes)) : 1
    return inactive * ratio < active
  }

  /** shrink_active_list. */
  #deactivate(node: number, list: number, pages: number): void {
    for (let i = 0; i < pages; i++) {
      const page = this.#lru.last(node, list)
      if (page === NO_PAGE) return
      this.#lru.setFlags(page, this.#lru.flags(page) & ~(PG_ACTIVE | PG_REFERENCED))
      this.#count(PGREFILL, 1)
      this.#count(PGDEACTIVATE, 1)
    }
  }

  /** shrink_inactive_list: takes pages from the end and frees those that it may. */
  #shrinkInactive(node: number, list: number, pages: number, control: ScanControl): void {
    let met = 0
    let dirty = 0
    let skipped = 0
    const most = this.#lru.pages(node, list)
    while (met < pages && met + skipped < most) {
      const page = this.#lru.last(node, list)
      if (page === NO_PAGE) break
      const zone = this.#zones.zoneOf(page)
      const size = 1 << this.#zones.frames.order(page)
      if (zone.index > control.highest) {
        this.#lru.rotate(page)
        this.#count(PGSKIP_DMA + zone.index, size)
        skipped += size
        continue
      }
      met += size
      const flags = this.#lru.flags(page)
      if ((flags & (PG_DIRTY | PG_WRITEBACK)) === PG_DIRTY) dirty += size
      this.#count(control.kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, size)
      this.#count(list === INACTIVE_FILE ? PGSCAN_FILE : PGSCAN_ANON, size)
      if (this.#freed(page, flags, node, control)) {
        control.reclaimed += size
        this.#count(control.kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, size)
        this.#count(list === INACTIVE_FILE ? PGSTEAL_FILE : PGSTEAL_ANON, size)
      }
    }
    if (met === 0) return
    if (dirty === met) {
      this.#hooks.wakeFlushers?.()
      if (control.kswapd) this.#dirty[node] = true
    }
  }

  /** shrink_folio_list, for one: frees it, or puts it where it is not met again at once. */
  #freed(page: number, found: number, node: number, { gfp, kswapd, cpu }: ScanControl): boolean {
    const lru = this.#lru
    const file = (found & PG_FILE) !== 0
    let flags = found
    if ((flags & PG_WRITEBACK) !== 0) {
      // Who might wait cannot do so here: nothing happens meanwhile. The page is the next to go when it has been written.
      this.#activate(page, flags | PG_RECLAIM)
      return false
    }
    const referenced = (flags & PG_REFERENCED) !== 0
    if (referenced) {
      flags &= ~PG_REFERENCED
      if ((flags & PG_DIRTY) !== 0) return this.#keep(page, flags)
    }
    if (!file && (this.#swap() === 0 || (gfp & __GFP_IO) === 0)) return this.#keep(page, flags)
    if ((flags & PG_DIRTY) !== 0) {
      const late = kswapd && (flags & PG_RECLAIM) !== 0 && (this.#dirty[node] ?? false)
      if (file && !late) {
        // Writing pages of files here and there is slow: the flusher threads do it in order, unless they cannot keep up.
        this.#activate(page, flags | PG_RECLAIM)
        return false
      }
      const result = this.#hooks.pageout?.(page, gfp) ?? 'clean'
      if (result === 'keep') return this.#keep(page, flags)
      flags &= ~PG_DIRTY
      if (result === 'writeback') return this.#keep(page, flags | PG_WRITEBACK | PG_RECLAIM)
    }
    if ((flags & PG_PRIVATE) !== 0 && !mayEnterFs(gfp, false, false)) return this.#keep(page, flags)
    const { frames } = this.#zones
    const order = frames.order(page)
    lru.remove(page)
    this.#hooks.reclaimed?.(page, order)
    this.#zones.zoneOf(page).free(page, order, cpu)
    this.#count(PGFREE, 1 << order)
    return true
  }

  #activate(page: number, flags: number): void {
    this.#lru.setFlags(page, flags | PG_ACTIVE)
    this.#count(PGACTIVATE, 1)
  }

  #keep(page: number, flags: number): false {
    this.#lru.setFlags(page, flags)
    this.#lru.rotate(page)
    return false
  }

  #count(event: number, by: number): void {
    this.#events[event] = (this.#events[event] as number) + by
  }
}
