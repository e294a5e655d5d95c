/**
 * Shrink lists: one round over the LRU lists of a node (mm/vmscan.c, prepare_scan_count and shrink_lruvec, 6.1.192). A list of n
 * pages gives n >> priority of them to be looked at, in clusters of 32 from its end.
 */
import { __GFP_FS, __GFP_IO } from '../gfp/flags.js'
import type { MemCgroup } from '../memcg/mem-cgroup.js'
import { NO_PAGE } from '../pages/page-frames.js'
import { ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE } from './lru-counts.js'
import { PG_ACTIVE, PG_REFERENCED, PG_WORKINGSET } from './lru-flags.js'
import { Fate, type PageReclaim, type ReclaimParts } from './page-reclaim.js'
import type { ReclaimPolicy } from './reclaim-policy.js'
import { scanBalance } from './scan-balance.js'
import {
  DEF_PRIORITY,
  type ReclaimSteps,
  type ScanControl,
  SWAP_CLUSTER_MAX,
} from './scan-control.js'
import {
  PGDEACTIVATE,
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
} from './vm-events.js'

/** The active and inactive lists as a policy of reclaim. */
export class ShrinkLists implements ReclaimPolicy {
  readonly #parts: ReclaimParts
  readonly #pageReclaim: PageReclaim

  constructor(parts: ReclaimParts, pageReclaim: PageReclaim) {
    this.#parts = parts
    this.#pageReclaim = pageReclaim
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
   * @returns true if there are any
   */
  #share(group: MemCgroup, node: number, control: ScanControl): boolean {
    const canSwap = this.#canSwap(group, control)
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

  /** One round over the lists of a group on a node (shrink_lruvec), by their shares. */
  *shrink(group: MemCgroup, node: number, control: ScanControl): ReclaimSteps<void> {
    if (!this.#share(group, node, control)) return
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
    if (this.#swap() > 0) yield* this.#ageAnon(group, node, control)
  }

  /** Some pages of programs become inactive before they are needed (kswapd_age_node). */
  *age(node: number, control: ScanControl): ReclaimSteps<void> {
    if (this.#swap() === 0) return
    for (const group of this.#parts.groups.root.subtree()) {
      yield* this.#ageAnon(group, node, control)
    }
  }

  putBack(page: number, activated: boolean): void {
    const { lru } = this.#parts
    if (activated) lru.setFlags(page, lru.flags(page) | PG_ACTIVE)
    else lru.rotate(page)
  }

  /** Pages of programs that have not been used become inactive, so that some are known when they are needed. */
  *#ageAnon(group: MemCgroup, node: number, control: ScanControl): ReclaimSteps<void> {
    if (!this.#inactiveIsLow(group, node, INACTIVE_ANON)) return
    const lruvec = this.#parts.lru.lruvec(group.number, node)
    const pages = this.#deactivate(lruvec, ACTIVE_ANON, SWAP_CLUSTER_MAX, control)
    if (pages > 0) yield { kind: 'deactivate', pages }
  }

  /** Returns true if pages of programs can be reclaimed (can_reclaim_anon_pages, sc->may_swap). */
  #canSwap(group: MemCgroup, control: ScanControl): boolean {
    return control.maySwap && control.mayUnmap && group.swapRoom(this.#swap()) > 0
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
      // Pages of programs become inactive also when they have been used: else a round might end with none.
      this.#parts.lru.takeAccessed(page)
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
      const fate = this.#pageReclaim.shrink(page, control)
      if (fate !== Fate.FREED) this.putBack(page, fate === Fate.ACTIVATED)
      else {
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

  /** The lists of a group and of those above it, on a node. */
  *#lruvecsUp(group: MemCgroup, node: number): Generator<number, void, void> {
    for (let each: MemCgroup | null = group; each !== null; each = each.parent) {
      yield this.#parts.lru.lruvec(each.number, node)
    }
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
