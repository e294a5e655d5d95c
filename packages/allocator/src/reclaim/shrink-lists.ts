/**
 * Shrink lists: one round over the LRU lists of a node (mm/vmscan.c, prepare_scan_count and shrink_lruvec, 6.1.192). A list of n
 * pages gives n >> priority of them to be looked at, in clusters of 32 from its end.
 *
 * Simpler than the kernel: pages are not mapped, so that only markAccessed() says that one is used; with swap, how much is scanned
 * of each list follows from swappiness 60 alone, not from what scanning has cost.
 */
import { __GFP_IO } from '../gfp/flags.js'
import { mayEnterFs } from '../gfp/reclaim.js'
import { NO_PAGE } from '../pages/page-frames.js'
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
  PG_WORKINGSET,
  PG_WRITEBACK,
} from './lru.js'
import type { ReclaimHooks } from './reclaim-hooks.js'
import {
  DEF_PRIORITY,
  type ReclaimSteps,
  type ScanControl,
  SWAP_CLUSTER_MAX,
} from './scan-control.js'
import {
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
  type VmEvents,
} from './vm-events.js'
import type { Workingset } from './workingset.js'

/** Shares of what is scanned, of 200: swappiness 60. */
const ANON_SHARE = 60
const FILE_SHARE = 140

export class ShrinkLists {
  readonly #zones: Zones
  readonly #lru: Lru
  readonly #workingset: Workingset
  readonly #events: VmEvents
  readonly #hooks: ReclaimHooks
  /** PGDAT_DIRTY, by node: kswapd has met nothing but dirty pages. */
  readonly dirty: boolean[]
  /** PGDAT_WRITEBACK, by node: kswapd has met nothing but pages in writing. */
  readonly writeback: boolean[]

  constructor(parts: {
    readonly zones: Zones
    readonly lru: Lru
    readonly workingset: Workingset
    readonly events: VmEvents
    readonly hooks: ReclaimHooks
  }) {
    this.#zones = parts.zones
    this.#lru = parts.lru
    this.#workingset = parts.workingset
    this.#events = parts.events
    this.#hooks = parts.hooks
    this.dirty = new Array<boolean>(parts.zones.nodes).fill(false)
    this.writeback = new Array<boolean>(parts.zones.nodes).fill(false)
  }

  /** Decides whether active pages may be touched (prepare_scan_count). */
  prepare(node: number, control: ScanControl): void {
    const forced = control.forceDeactivate
    control.mayDeactivateAnon = forced || this.#inactiveIsLow(node, INACTIVE_ANON)
    control.mayDeactivateFile =
      forced || this.#workingset.changing(node) || this.#inactiveIsLow(node, INACTIVE_FILE)
  }

  /**
   * Decides how many pages of each list are to be looked at in the round (get_scan_count).
   * @returns whether there are any
   */
  share(node: number, control: ScanControl): boolean {
    const swap = control.mayUnmap && this.#swap() > 0
    const { left } = control
    let any = 0
    for (let list = INACTIVE_ANON; list <= ACTIVE_FILE; list++) {
      const pages = this.#share(node, list, control, swap)
      left[list] = pages
      any |= pages
    }
    return any !== 0 || swap
  }

  /** One round over the lists of a node (shrink_lruvec), once they have their shares. */
  *shrink(node: number, control: ScanControl): ReclaimSteps<void> {
    const { left } = control
    // A request that has just begun takes its share of all lists, so that they age alike.
    const proportional = !control.kswapd && control.priority === DEF_PRIORITY
    const before = control.reclaimed
    const of = (list: number): number => left[list] as number
    while (of(INACTIVE_ANON) > 0 || of(INACTIVE_FILE) > 0 || of(ACTIVE_FILE) > 0) {
      for (let list = INACTIVE_ANON; list <= ACTIVE_FILE; list++) {
        if (of(list) === 0) continue
        const some = Math.min(of(list), SWAP_CLUSTER_MAX)
        left[list] = of(list) - some
        yield* this.#shrinkList(node, list, some, control)
      }
      if (control.reclaimed - before < control.toReclaim || proportional) continue
      // Enough. What is left of one kind of list alone is not worth while.
      const file = of(INACTIVE_FILE) + of(ACTIVE_FILE)
      const anon = of(INACTIVE_ANON) + of(ACTIVE_ANON)
      if (file === 0 || anon === 0) break
      if (file > anon) left.fill(0, INACTIVE_ANON, ACTIVE_ANON + 1)
      else left.fill(0, INACTIVE_FILE, ACTIVE_FILE + 1)
    }
    if (this.#swap() > 0 && this.#inactiveIsLow(node, INACTIVE_ANON)) {
      const pages = this.#deactivate(node, ACTIVE_ANON, SWAP_CLUSTER_MAX)
      if (pages > 0) yield { kind: 'deactivate', pages }
    }
  }

  #share(node: number, list: number, control: ScanControl, swap: boolean): number {
    const pages = this.#lru.pages(node, list) >> control.priority
    if (!swap) return list >= INACTIVE_FILE ? pages : 0
    // The last round takes all of both.
    if (control.priority === 0) return pages
    return Math.floor((pages * (list >= INACTIVE_FILE ? FILE_SHARE : ANON_SHARE)) / 200)
  }

  *#shrinkList(
    node: number,
    list: number,
    pages: number,
    control: ScanControl,
  ): ReclaimSteps<void> {
    if (list === INACTIVE_ANON || list === INACTIVE_FILE) {
      const reclaimed = control.reclaimed
      const scanned = this.#shrinkInactive(node, list, pages, control)
      if (scanned > 0) {
        yield { kind: 'scan', scanned, reclaimed: control.reclaimed - reclaimed }
      }
      return
    }
    if (!(list === ACTIVE_FILE ? control.mayDeactivateFile : control.mayDeactivateAnon)) {
      control.skippedDeactivate = true
      return
    }
    const deactivated = this.#deactivate(node, list, pages)
    if (deactivated > 0) yield { kind: 'deactivate', pages: deactivated }
  }

  /** Returns true if too few pages are on the inactive list to tell which are used (inactive_is_low). */
  #inactiveIsLow(node: number, list: number): boolean {
    const inactive = this.#lru.pages(node, list)
    const active = this.#lru.pages(node, list + 1)
    const gigabytes = (inactive + active) >> 18
    const ratio = gigabytes > 0 ? Math.floor(Math.sqrt(10 * gigabytes)) : 1
    return inactive * ratio < active
  }

  /** shrink_active_list; returns how many pages it moved. */
  #deactivate(node: number, list: number, pages: number): number {
    let moved = 0
    while (moved < pages) {
      const page = this.#lru.last(node, list)
      if (page === NO_PAGE) break
      const flags = this.#lru.flags(page)
      this.#lru.setFlags(page, (flags & ~(PG_ACTIVE | PG_REFERENCED)) | PG_WORKINGSET)
      moved++
    }
    this.#count(PGREFILL, moved)
    this.#count(PGDEACTIVATE, moved)
    return moved
  }

  /** shrink_inactive_list: takes pages from the end and frees those that it may; returns how many it looked at. */
  #shrinkInactive(node: number, list: number, pages: number, control: ScanControl): number {
    const { met } = control
    const unqueued = met.unqueuedDirty
    let taken = 0
    let skipped = 0
    const most = this.#lru.pages(node, list)
    while (taken < pages && taken + skipped < most) {
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
      taken += size
      this.#count(control.kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, size)
      this.#count(list === INACTIVE_FILE ? PGSCAN_FILE : PGSCAN_ANON, size)
      if (this.#freed(page, size, node, control)) {
        control.reclaimed += size
        this.#count(control.kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, size)
        this.#count(list === INACTIVE_FILE ? PGSTEAL_FILE : PGSTEAL_ANON, size)
      }
    }
    control.scanned += taken
    met.taken += taken
    if (list === INACTIVE_FILE) met.fileTaken += taken
    // Nothing but dirty pages, and nobody writes them yet.
    if (taken > 0 && met.unqueuedDirty - unqueued === taken) this.#hooks.wakeFlushers?.()
    return taken
  }

  /** shrink_folio_list, for one: frees it, or puts it where it is not met again at once. */
  #freed(page: number, size: number, node: number, control: ScanControl): boolean {
    const { gfp, kswapd, met } = control
    const lru = this.#lru
    let flags = lru.flags(page)
    const file = (flags & PG_FILE) !== 0
    if (this.#hooks.locked?.(page) === true) return this.#keep(page, flags)
    if ((flags & (PG_DIRTY | PG_WRITEBACK)) !== 0) {
      met.dirty += size
      if ((flags & PG_WRITEBACK) === 0) met.unqueuedDirty += size
    }
    if ((flags & PG_WRITEBACK) !== 0) {
      // kswapd alone takes note when it meets a page again; writers are throttled elsewhere, so nobody waits for it here.
      if (kswapd && (flags & PG_RECLAIM) !== 0 && this.writeback[node]) met.immediate += size
      else {
        met.writeback += size
        flags |= PG_RECLAIM
      }
      return this.#activate(page, flags)
    }
    const referenced = (flags & PG_REFERENCED) !== 0
    if (referenced) {
      flags &= ~PG_REFERENCED
      if ((flags & PG_DIRTY) !== 0) return this.#keep(page, flags)
    }
    if (!file && (this.#swap() === 0 || (gfp & __GFP_IO) === 0)) return this.#keep(page, flags)
    if ((flags & PG_DIRTY) !== 0) {
      const late = kswapd && (flags & PG_RECLAIM) !== 0 && this.dirty[node] === true
      // Writing pages of files here and there is slow: the flusher threads do it in order, unless they cannot keep up.
      if (file && !late) return this.#activate(page, flags | PG_RECLAIM)
      if (!control.mayWritepage) return this.#keep(page, flags)
      const result = this.#hooks.pageout?.(page, gfp) ?? 'clean'
      if (result === 'keep') return this.#keep(page, flags)
      flags &= ~PG_DIRTY
      if (result === 'writeback') return this.#keep(page, flags | PG_WRITEBACK | PG_RECLAIM)
    }
    if ((flags & PG_PRIVATE) !== 0) {
      const release = this.#hooks.release
      if (release === undefined) {
        if (!mayEnterFs(gfp, false, false)) return this.#keep(page, flags)
      } else if (!release.call(this.#hooks, page, gfp)) return this.#activate(page, flags)
    }
    this.#free(page, flags, node, control)
    return true
  }

  #free(page: number, flags: number, node: number, { cpu }: ScanControl): void {
    const { frames } = this.#zones
    const order = frames.order(page)
    this.#lru.remove(page)
    this.#hooks.reclaimed?.(page, order, this.#workingset.evict(node, flags))
    this.#zones.zoneOf(page).free(page, order, cpu)
    this.#count(PGFREE, 1 << order)
  }

  #activate(page: number, flags: number): false {
    this.#lru.setFlags(page, flags | PG_ACTIVE)
    this.#count(PGACTIVATE, 1)
    return false
  }

  #keep(page: number, flags: number): false {
    this.#lru.setFlags(page, flags)
    this.#lru.rotate(page)
    return false
  }

  #swap(): number {
    return this.#hooks.swapPages?.() ?? 0
  }

  #count(event: number, by: number): void {
    this.#events[event] = (this.#events[event] as number) + by
  }
}
