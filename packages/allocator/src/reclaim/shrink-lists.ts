/**
 * Shrink lists: one round over the LRU lists of a node (mm/vmscan.c, prepare_scan_count and shrink_lruvec, 6.1.192). A list of n
 * pages gives n >> priority of them to be looked at, in clusters of 32 from its end.
 *
 * Simpler than the kernel: pages are not mapped, so that only markAccessed() says that one is used.
 */
import { __GFP_FS, __GFP_IO, GFP_KERNEL } from '../gfp/flags.js'
import { mayEnterFs } from '../gfp/reclaim.js'
import type { MemCgroup } from '../memcg/mem-cgroup.js'
import type { MemCgroups } from '../memcg/mem-cgroups.js'
import { NO_PAGE } from '../pages/page-frames.js'
import { ZONES } from '../pages/zone.js'
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
  PG_SWAPCACHE,
  PG_WORKINGSET,
  PG_WRITEBACK,
} from './lru.js'
import type { ReclaimHooks } from './reclaim-hooks.js'
import { scanBalance } from './scan-balance.js'
import { DEF_PRIORITY, type ReclaimSteps, ScanControl, SWAP_CLUSTER_MAX } from './scan-control.js'
import type { ScanCost } from './scan-cost.js'
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

/** What reclaim works on. */
export interface ReclaimParts {
  readonly zones: Zones
  readonly lru: Lru
  readonly workingset: Workingset
  readonly costs: ScanCost
  readonly groups: MemCgroups
  readonly events: VmEvents
  readonly hooks: ReclaimHooks
}

export class ShrinkLists {
  readonly #parts: ReclaimParts
  /** PGDAT_DIRTY, by node: kswapd has met nothing but dirty pages. */
  readonly dirty: boolean[]
  /** PGDAT_WRITEBACK, by node: kswapd has met nothing but pages in writing. */
  readonly writeback: boolean[]

  constructor(parts: ReclaimParts) {
    this.#parts = parts
    this.dirty = new Array<boolean>(parts.zones.nodes).fill(false)
    this.writeback = new Array<boolean>(parts.zones.nodes).fill(false)
  }

  /** Decides on the balance of a round, and whether active pages may be touched (prepare_scan_count). */
  prepare(node: number, control: ScanControl): void {
    const { target, priority } = control
    const root = target ?? this.#parts.groups.root
    const lruvec = this.#parts.lru.lruvec(root.number, node)
    control.anonCost = this.#parts.costs.anon(lruvec)
    control.fileCost = this.#parts.costs.file(lruvec)
    const forced = control.forceDeactivate
    control.mayDeactivateAnon =
      forced ||
      this.#parts.workingset.changing(node, false) ||
      this.#inactiveIsLow(root, node, INACTIVE_ANON)
    control.mayDeactivateFile =
      forced ||
      this.#parts.workingset.changing(node, true) ||
      this.#inactiveIsLow(root, node, INACTIVE_FILE)
    const inactiveFile = this.#pages(root, node, INACTIVE_FILE)
    control.cacheTrim = inactiveFile >> priority > 0 && !control.mayDeactivateFile
    if (target === null) control.fileIsTiny = this.#fileIsTiny(node, control)
  }

  /**
   * Decides how many pages of each list of a group are to be looked at in the round (get_scan_count).
   * @returns whether there are any
   */
  share(group: MemCgroup, node: number, control: ScanControl): boolean {
    const canSwap = this.#canSwap(control)
    const { left, priority, target, anonCost, fileCost, cacheTrim, fileIsTiny } = control
    const balance = scanBalance({
      canSwap,
      swappiness: group.swappiness,
      priority,
      cgroup: target !== null,
      fileIsTiny,
      cacheTrim,
      anonCost,
      fileCost,
    })
    const lruvec = this.#parts.lru.lruvec(group.number, node)
    let any = 0
    for (let list = INACTIVE_ANON; list <= ACTIVE_FILE; list++) {
      const size = this.#parts.lru.size(lruvec, list, control.highest)
      const scan = Math.floor(this.#unprotected(group, size, control) / 2 ** priority)
      // The last pages of a group that has been removed go too.
      const wanted = scan === 0 && group.isOffline ? Math.min(size, SWAP_CLUSTER_MAX) : scan
      const part = list >= INACTIVE_FILE ? balance.file : balance.anon
      const shared = (wanted * part) / balance.denominator
      const pages = group.isOffline ? Math.ceil(shared) : Math.floor(shared)
      left[list] = pages
      any |= pages
    }
    return any !== 0 || canSwap
  }

  /** One round over the lists of a group on a node (shrink_lruvec), once they have their shares. */
  *shrink(group: MemCgroup, node: number, control: ScanControl): ReclaimSteps<void> {
    const { left } = control
    // A request that has just begun takes its share of all lists, so that they age alike.
    const proportional =
      !control.kswapd && control.target === null && control.priority === DEF_PRIORITY
    const before = control.reclaimed
    const targets = left.slice()
    let adjusted = proportional
    const of = (list: number): number => left[list] as number
    while (of(INACTIVE_ANON) > 0 || of(INACTIVE_FILE) > 0 || of(ACTIVE_FILE) > 0) {
      for (let list = INACTIVE_ANON; list <= ACTIVE_FILE; list++) {
        if (of(list) === 0) continue
        const some = Math.min(of(list), SWAP_CLUSTER_MAX)
        left[list] = of(list) - some
        yield* this.#shrinkList(group, node, list, some, control)
      }
      if (control.reclaimed - before < control.toReclaim || adjusted) continue
      // Enough. What is left of one kind of list alone is not worth while.
      const file = of(INACTIVE_FILE) + of(ACTIVE_FILE)
      const anon = of(INACTIVE_ANON) + of(ACTIVE_ANON)
      if (file === 0 || anon === 0) break
      // The shorter kind is done; the other one is scanned as far, in percent, as that was.
      if (file > anon) finish(left, targets, INACTIVE_ANON, INACTIVE_FILE)
      else finish(left, targets, INACTIVE_FILE, INACTIVE_ANON)
      adjusted = true
    }
    if (this.#swap() > 0) yield* this.ageAnon(group, node, control)
  }

  /** Pages of programs that have not been used become inactive, so that some are known when they are needed (kswapd_age_node). */
  *ageAnon(group: MemCgroup, node: number, control: ScanControl): ReclaimSteps<void> {
    if (!this.#inactiveIsLow(group, node, INACTIVE_ANON)) return
    const lruvec = this.#parts.lru.lruvec(group.number, node)
    const pages = this.#deactivate(lruvec, ACTIVE_ANON, SWAP_CLUSTER_MAX, control)
    if (pages > 0) yield { kind: 'deactivate', pages }
  }

  /** Frees a clean page of a file that is in the way, if that can be done at once (reclaim_clean_pages_from_list). */
  reclaimClean(page: number, cpu: number): boolean {
    const { node } = this.#parts.zones.zoneOf(page)
    const highest = ZONES.length - 1
    const control = new ScanControl({ gfp: GFP_KERNEL, highest, cpu, kswapd: false, toReclaim: 1 })
    return this.#freed(page, 1 << this.#parts.zones.frames.order(page), node, control)
  }

  /** Returns true if pages of programs can be reclaimed (can_reclaim_anon_pages, sc->may_swap). */
  #canSwap(control: ScanControl): boolean {
    return control.maySwap && control.mayUnmap && this.#swap() > 0
  }

  /** What is left of a list without what protects its group (mem_cgroup_protection). */
  #unprotected(group: MemCgroup, size: number, control: ScanControl): number {
    const { target } = control
    if (group === (target ?? this.#parts.groups.root)) return size
    const { effectiveMin: min, effectiveLow: low, usage } = group
    if (min === 0 && low === 0) return size
    let protection = min
    if (!control.memcgLowReclaim && low > min) {
      protection = low
      control.memcgLowSkipped = true
    }
    const most = Math.max(usage, protection)
    return Math.max(size - Math.floor((size * protection) / (most + 1)), SWAP_CLUSTER_MAX)
  }

  /** Returns true if pages of files alone would not do, and there are others (sc->file_is_tiny). */
  #fileIsTiny(node: number, { priority, mayDeactivateAnon }: ScanControl): boolean {
    let free = 0
    let high = 0
    for (const zone of this.#parts.zones.all) {
      if (zone.node !== node) continue
      free += zone.freePages
      high += zone.watermarks.high + zone.boost
    }
    const file =
      this.#parts.lru.pages(node, ACTIVE_FILE) + this.#parts.lru.pages(node, INACTIVE_FILE)
    const anon = this.#parts.lru.pages(node, INACTIVE_ANON)
    return file + free <= high && !mayDeactivateAnon && anon >> priority > 0
  }

  *#shrinkList(
    group: MemCgroup,
    node: number,
    list: number,
    pages: number,
    control: ScanControl,
  ): ReclaimSteps<void> {
    const lruvec = this.#parts.lru.lruvec(group.number, node)
    if (list === INACTIVE_ANON || list === INACTIVE_FILE) {
      if (this.#tooManyIsolated(node, list, control)) {
        yield { kind: 'throttle', reason: 'isolated' }
        if (this.#tooManyIsolated(node, list, control)) return
      }
      const reclaimed = control.reclaimed
      const scanned = this.#shrinkInactive(group, node, list, pages, control)
      if (scanned > 0) {
        yield { kind: 'scan', scanned, reclaimed: control.reclaimed - reclaimed }
      }
      return
    }
    if (!(list === ACTIVE_FILE ? control.mayDeactivateFile : control.mayDeactivateAnon)) {
      control.skippedDeactivate = true
      return
    }
    const deactivated = this.#deactivate(lruvec, list, pages, control)
    if (deactivated > 0) yield { kind: 'deactivate', pages: deactivated }
  }

  /** Returns true if so many pages are in others' hands that it had better wait (too_many_isolated). kswapd and groups do not. */
  #tooManyIsolated(node: number, list: number, control: ScanControl): boolean {
    if (control.kswapd || control.target !== null) return false
    const inactive = this.#parts.lru.pages(node, list)
    // Whoever may not enter the filesystem must not wait for those who may.
    const full = (control.gfp & (__GFP_IO | __GFP_FS)) === (__GFP_IO | __GFP_FS)
    const most = full ? inactive >> 3 : inactive
    return this.#parts.lru.isolated(node, list === INACTIVE_FILE) > most
  }

  /** Pages of a group and those below it (lruvec_page_state). */
  #pages(group: MemCgroup, node: number, list: number): number {
    if (group.parent === null) return this.#parts.lru.pages(node, list)
    let pages = 0
    for (const { number } of group.subtree()) {
      pages += this.#parts.lru.size(this.#parts.lru.lruvec(number, node), list)
    }
    return pages
  }

  /** Returns true if too few pages are on the inactive list to tell which are used (inactive_is_low). */
  #inactiveIsLow(group: MemCgroup, node: number, list: number): boolean {
    const inactive = this.#pages(group, node, list)
    const active = this.#pages(group, node, list + 1)
    const gigabytes = (inactive + active) >> 18
    const ratio = gigabytes > 0 ? Math.floor(Math.sqrt(10 * gigabytes)) : 1
    return inactive * ratio < active
  }

  /** shrink_active_list; returns how many pages it moved. */
  #deactivate(lruvec: number, list: number, pages: number, control: ScanControl): number {
    let moved = 0
    while (moved < pages) {
      const page = this.#parts.lru.last(lruvec, list)
      if (page === NO_PAGE) break
      const flags = this.#parts.lru.flags(page)
      this.#parts.lru.setFlags(page, (flags & ~(PG_ACTIVE | PG_REFERENCED)) | PG_WORKINGSET)
      moved++
    }
    if (control.target === null) this.#count(PGREFILL, moved)
    this.#count(PGDEACTIVATE, moved)
    return moved
  }

  /** shrink_inactive_list: takes pages from the end and frees those that it may; returns how many it looked at. */
  #shrinkInactive(
    group: MemCgroup,
    node: number,
    list: number,
    pages: number,
    control: ScanControl,
  ): number {
    const { met } = control
    const file = list === INACTIVE_FILE
    // Reclaim for a limit does not count as reclaim of the machine.
    const global = control.target === null
    const lruvec = this.#parts.lru.lruvec(group.number, node)
    const unqueued = met.unqueuedDirty
    const pageouts = met.pageouts
    let taken = 0
    let skipped = 0
    const most = this.#parts.lru.size(lruvec, list)
    while (taken < pages && taken + skipped < most) {
      const page = this.#parts.lru.last(lruvec, list)
      if (page === NO_PAGE) break
      const zone = this.#parts.zones.zoneOf(page)
      const size = 1 << this.#parts.zones.frames.order(page)
      if (zone.index > control.highest) {
        this.#parts.lru.rotate(page)
        this.#count(PGSKIP_DMA + zone.index, size)
        skipped += size
        continue
      }
      taken += size
      if (global) this.#count(control.kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, size)
      this.#count(file ? PGSCAN_FILE : PGSCAN_ANON, size)
      if (this.#freed(page, size, node, control)) {
        control.reclaimed += size
        if (global) this.#count(control.kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, size)
        this.#count(file ? PGSTEAL_FILE : PGSTEAL_ANON, size)
      }
    }
    control.scanned += taken
    met.taken += taken
    if (file) met.fileTaken += taken
    this.#parts.costs.note(this.#lruvecsUp(group, node), file, met.pageouts - pageouts)
    // Nothing but dirty pages, and nobody writes them yet.
    if (taken > 0 && met.unqueuedDirty - unqueued === taken) this.#parts.hooks.wakeFlushers?.()
    return taken
  }

  /** shrink_folio_list, for one: frees it, or puts it where it is not met again at once. */
  #freed(page: number, size: number, node: number, control: ScanControl): boolean {
    const { gfp, kswapd, met } = control
    const lru = this.#parts.lru
    let flags = lru.flags(page)
    const file = (flags & PG_FILE) !== 0
    if (this.#parts.hooks.locked?.(page) === true) return this.#keep(page, flags)
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
    if (!file && !this.#mayGoToSwap(flags, control)) return this.#keep(page, flags)
    if (!file && (flags & PG_SWAPCACHE) === 0 && this.#parts.hooks.addToSwap !== undefined) {
      if (!this.#parts.hooks.addToSwap(page, gfp)) return this.#activate(page, flags)
      flags |= PG_SWAPCACHE | PG_DIRTY
    }
    if ((flags & PG_DIRTY) !== 0) {
      const late = kswapd && (flags & PG_RECLAIM) !== 0 && this.dirty[node] === true
      // Writing pages of files here and there is slow: the flusher threads do it in order, unless they cannot keep up.
      if (file && !late) return this.#activate(page, flags | PG_RECLAIM)
      if (!control.mayWritepage) return this.#keep(page, flags)
      const result = this.#parts.hooks.pageout?.(page, gfp) ?? 'clean'
      if (result === 'keep') return this.#keep(page, flags)
      flags &= ~PG_DIRTY
      if (result === 'writeback') {
        met.pageouts += size
        return this.#keep(page, flags | PG_WRITEBACK | PG_RECLAIM)
      }
    }
    if (file && (flags & PG_PRIVATE) !== 0) {
      const release = this.#parts.hooks.release
      if (release === undefined) {
        if (!mayEnterFs(gfp, false, false)) return this.#keep(page, flags)
      } else if (!release.call(this.#parts.hooks, page, gfp)) return this.#activate(page, flags)
    }
    this.#free(page, flags, node, control)
    return true
  }

  #free(page: number, flags: number, node: number, { cpu }: ScanControl): void {
    const { frames } = this.#parts.zones
    const order = frames.order(page)
    this.#parts.lru.remove(page)
    this.#parts.hooks.reclaimed?.(page, order, this.#parts.workingset.evict(node, flags))
    this.#parts.groups.uncharge(page, order)
    this.#parts.zones.zoneOf(page).free(page, order, cpu)
    this.#count(PGFREE, 1 << order)
  }

  /** Returns true if a page of a program can be written to swap, or has been. */
  #mayGoToSwap(flags: number, control: ScanControl): boolean {
    const hasSlot = (flags & PG_SWAPCACHE) !== 0
    return (hasSlot || this.#swap() > 0) && (control.gfp & __GFP_IO) !== 0
  }

  /** The lists of a group and of those above it, on a node. */
  *#lruvecsUp(group: MemCgroup, node: number): Generator<number, void, void> {
    for (let each: MemCgroup | null = group; each !== null; each = each.parent) {
      yield this.#parts.lru.lruvec(each.number, node)
    }
  }

  #activate(page: number, flags: number): false {
    this.#parts.lru.setFlags(page, flags | PG_ACTIVE)
    this.#count(PGACTIVATE, 1)
    return false
  }

  #keep(page: number, flags: number): false {
    this.#parts.lru.setFlags(page, flags)
    this.#parts.lru.rotate(page)
    return false
  }

  #swap(): number {
    return this.#parts.hooks.swapPages?.() ?? 0
  }

  #count(event: number, by: number): void {
    this.#parts.events[event] = (this.#parts.events[event] as number) + by
  }
}

/** Ends the scan of the shorter kind of lists, and leaves of the longer one what brings it as far. */
function finish(left: Int32Array, targets: Int32Array, shorter: number, longer: number): void {
  const of = (array: Int32Array, list: number): number => array[list] as number
  const rest = of(left, shorter) + of(left, shorter + 1)
  const target = of(targets, shorter) + of(targets, shorter + 1) + 1
  const percentage = Math.floor((rest * 100) / target)
  left.fill(0, shorter, shorter + 2)
  for (let list = longer; list < longer + 2; list++) {
    const scanned = of(targets, list) - of(left, list)
    const wanted = Math.floor((of(targets, list) * (100 - percentage)) / 100)
    left[list] = Math.max(0, wanted - scanned)
  }
}
