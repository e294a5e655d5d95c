/**
 * Shrink lists: one round over the LRU lists of a node (mm/vmscan.c, prepare_scan_count and shrink_lruvec, 6.1.192). A list of n
 * pages gives n >> priority of them to be looked at, in clusters of 32 from its end.
 *
 * A task that is killed while it waits since too many pages are isolated goes on, where the kernel's returns: reclaim does not know of signals. And pages
 * in swap cache that become active keep their slots, however full swap space is (folio_free_swap).
 */
import { __GFP_FS, __GFP_IO } from '../gfp/flags.js'
import type { MemCgroup } from '../memcg/mem-cgroup.js'
import { NO_PAGE } from '../pages/page-frames.js'
import { ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE } from './lru-counts.js'
import { PG_ACTIVE, PG_WORKINGSET } from './lru-flags.js'
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
    const { workingset } = this.#parts
    control.anonCost = this.#parts.costs.anon(lruvec)
    control.fileCost = this.#parts.costs.file(lruvec)
    const forced = control.forceDeactivate
    control.mayDeactivateAnon =
      forced || workingset.changing(lruvec, false) || this.#inactiveIsLow(root, node, INACTIVE_ANON)
    control.mayDeactivateFile =
      forced || workingset.changing(lruvec, true) || this.#inactiveIsLow(root, node, INACTIVE_FILE)
    const inactiveFile = this.#parts.stats.pages(root, node, INACTIVE_FILE)
    control.cacheTrim = inactiveFile >> priority > 0 && !control.mayDeactivateFile
    if (target === null) control.fileIsTiny = this.#fileIsTiny(node, control)
  }

  /** Decides how many pages of each list of a group are to be looked at in the round (get_scan_count). */
  #share(group: MemCgroup, node: number, control: ScanControl): void {
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
    for (let list = INACTIVE_ANON; list <= ACTIVE_FILE; list++) {
      const size = this.#parts.lru.size(lruvec, list, control.highest)
      const scan = Math.floor(this.#unprotected(group, size, control) / 2 ** priority)
      // The last pages of a group that has been removed go too.
      const wanted = scan === 0 && group.isOffline ? Math.min(size, SWAP_CLUSTER_MAX) : scan
      const part = list >= INACTIVE_FILE ? balance.file : balance.anon
      const shared = (wanted * part) / balance.denominator
      left[list] = group.isOffline ? Math.ceil(shared) : Math.floor(shared)
    }
  }

  /** One round over the lists of a group on a node (shrink_lruvec), by their shares. */
  *shrink(group: MemCgroup, node: number, control: ScanControl): ReclaimSteps<void> {
    this.#share(group, node, control)
    const { left } = control
    // A request that has just begun takes its share of all lists, so that they age alike.
    const proportional =
      !control.kswapd && control.target === null && control.priority === DEF_PRIORITY
    const before = control.reclaimed
    const targets = left.slice()
    const of = (list: number): number => left[list] as number
    while (of(INACTIVE_ANON) > 0 || of(INACTIVE_FILE) > 0 || of(ACTIVE_FILE) > 0) {
      for (let list = INACTIVE_ANON; list <= ACTIVE_FILE; list++) {
        if (of(list) === 0) continue
        const some = Math.min(of(list), SWAP_CLUSTER_MAX)
        left[list] = of(list) - some
        yield* this.#shrinkList(group, node, list, some, control)
      }
      if (control.reclaimed - before < control.toReclaim || proportional) continue
      // Enough. What is left of one kind of list alone is not worth while.
      const file = of(INACTIVE_FILE) + of(ACTIVE_FILE)
      const anon = of(INACTIVE_ANON) + of(ACTIVE_ANON)
      if (file === 0 || anon === 0) break
      // The shorter kind is done; the other one is scanned as far, in percent, as that was.
      if (file > anon) finish(left, targets, INACTIVE_ANON, INACTIVE_FILE)
      else finish(left, targets, INACTIVE_FILE, INACTIVE_ANON)
    }
    if (this.#canAgeAnon() && this.#inactiveIsLow(group, node, INACTIVE_ANON)) {
      yield* this.#ageAnon(group, node, control)
    }
  }

  /** Some pages of programs become inactive before they are needed, of each group if there are too few on the node (kswapd_age_node). */
  *age(node: number, control: ScanControl): ReclaimSteps<void> {
    const { root } = this.#parts.groups
    if (!this.#canAgeAnon() || !this.#inactiveIsLow(root, node, INACTIVE_ANON)) return
    for (const group of root.subtree()) yield* this.#ageAnon(group, node, control)
  }

  putBack(page: number, activated: boolean): void {
    const { lru, workingset } = this.#parts
    if (!activated) lru.rotate(page)
    else {
      lru.setFlags(page, lru.flags(page) | PG_ACTIVE)
      // move_folios_to_lru
      workingset.activation(lru.lruvecOf(page))
    }
  }

  /** Pages of programs become inactive, so that some are known to be used or not when they are needed. */
  *#ageAnon(group: MemCgroup, node: number, control: ScanControl): ReclaimSteps<void> {
    const lruvec = this.#parts.lru.lruvec(group.number, node)
    const pages = this.#deactivate(lruvec, ACTIVE_ANON, SWAP_CLUSTER_MAX, control)
    if (pages > 0) yield { kind: 'deactivate', pages }
  }

  /** Returns true if there is swap space, be it full: it is worth while to know which pages of programs are used (can_age_anon_pages). */
  #canAgeAnon(): boolean {
    const { totalSwapPages } = this.#parts.hooks
    return (totalSwapPages?.call(this.#parts.hooks) ?? this.#swap()) > 0
  }

  /** Returns true if pages of programs can be reclaimed (can_reclaim_anon_pages, sc->may_swap). */
  #canSwap(group: MemCgroup, control: ScanControl): boolean {
    return control.maySwap && group.swapRoom(this.#swap()) > 0
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

  /** Returns true if so many pages are in others' hands that it had better wait (too_many_isolated). kswapd does not. */
  #tooManyIsolated(node: number, list: number, control: ScanControl): boolean {
    if (control.kswapd) return false
    const inactive = this.#parts.lru.pages(node, list)
    // Whoever may not enter the filesystem must not wait for those who may.
    const full = (control.gfp & (__GFP_IO | __GFP_FS)) === (__GFP_IO | __GFP_FS)
    const most = full ? inactive >> 3 : inactive
    return this.#parts.lru.isolated(node, list === INACTIVE_FILE) > most
  }

  /** Returns true if too few pages are on the inactive list to tell which are used (inactive_is_low). */
  #inactiveIsLow(group: MemCgroup, node: number, list: number): boolean {
    const inactive = this.#parts.stats.pages(group, node, list)
    const active = this.#parts.stats.pages(group, node, list + 1)
    const gigabytes = (inactive + active) >> 18
    const ratio = gigabytes > 0 ? Math.floor(Math.sqrt(10 * gigabytes)) : 1
    return inactive * ratio < active
  }

  /** shrink_active_list; returns how many pages it moved. */
  #deactivate(lruvec: number, list: number, pages: number, control: ScanControl): number {
    const { lru } = this.#parts
    let moved = 0
    const seen = this.#fromEnd(lruvec, list, pages, control, (page, size) => {
      // Pages of programs become inactive also when they have been used: else a round might end with none. What is known of their use through
      // file descriptors stays known: the next one activates them again.
      lru.takeAccessed(page)
      lru.setFlags(page, (lru.flags(page) & ~PG_ACTIVE) | PG_WORKINGSET)
      moved += size
    })
    if (control.target === null) this.#count(PGREFILL, seen)
    this.#count(PGDEACTIVATE, moved)
    return moved
  }

  /** shrink_inactive_list: takes pages from the end and frees those that it may; returns how many it took. */
  #shrinkInactive(
    group: MemCgroup,
    node: number,
    list: number,
    pages: number,
    control: ScanControl,
  ): number {
    const { met } = control
    const { costs, hooks, lru, stats } = this.#parts
    const file = list === INACTIVE_FILE
    const unqueued = met.unqueuedDirty
    const pageouts = met.pageouts
    let taken = 0
    let freed = 0
    const lruvec = lru.lruvec(group.number, node)
    const seen = this.#fromEnd(lruvec, list, pages, control, (page, size) => {
      taken += size
      const fate = this.#pageReclaim.shrink(page, control)
      if (fate === Fate.FREED) {
        freed += size
        control.reclaimed += size
      } else this.putBack(page, fate === Fate.ACTIVATED)
    })
    // Reclaim for a limit does not count as reclaim of the machine.
    if (control.target === null) {
      this.#count(control.kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, seen)
      this.#count(control.kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, freed)
    }
    this.#count(file ? PGSCAN_FILE : PGSCAN_ANON, seen)
    this.#count(file ? PGSTEAL_FILE : PGSTEAL_ANON, freed)
    met.taken += taken
    if (file) met.fileTaken += taken
    costs.note(stats.upwards(group, node), file, met.pageouts - pageouts)
    // Nothing but dirty pages, and nobody writes them yet.
    if (taken > 0 && met.unqueuedDirty - unqueued === taken) hooks.wakeFlushers?.()
    return taken
  }

  /**
   * Goes over the end of a list (isolate_lru_folios). What reclaim cannot have goes to the front: pages of zones that would not help, which do not
   * count, and mapped ones that have to stay so. The kernel takes all others off the list before it looks at the first one.
   * @param take is given the others; they leave the end of the list
   * @returns how many pages were met (nr_scanned)
   */
  #fromEnd(
    lruvec: number,
    list: number,
    pages: number,
    control: ScanControl,
    take: (page: number, size: number) => void,
  ): number {
    const { lru, zones } = this.#parts
    const most = lru.size(lruvec, list)
    const stays = !control.mayUnmap && list < INACTIVE_FILE
    let seen = 0
    let skipped = 0
    while (seen < pages && seen + skipped < most) {
      const page = lru.last(lruvec, list)
      if (page === NO_PAGE) break
      const { index } = zones.zoneOf(page)
      const size = 1 << zones.frames.order(page)
      if (index > control.highest) {
        lru.rotate(page)
        this.#count(PGSKIP_DMA + index, size)
        skipped += size
        continue
      }
      seen += size
      if (stays) lru.rotate(page)
      else take(page, size)
    }
    return seen + skipped
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
