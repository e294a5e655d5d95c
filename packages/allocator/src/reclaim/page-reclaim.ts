/**
 * Page reclaim: what becomes of one page that reclaim has in its hands (mm/vmscan.c, shrink_folio_list and folio_check_references, 6.1.192). It is
 * freed, or may not be yet; where it goes then is what the policy of reclaim decides.
 *
 * Simpler than the kernel: a page has one mapping at most, which says that it was used when `Lru.access` was told so.
 */
import { __GFP_IO } from '../gfp/flags.js'
import { mayEnterFs } from '../gfp/reclaim.js'
import type { MemCgroups } from '../memcg/mem-cgroups.js'
import type { Zones } from '../pages/zones.js'
import type { Lru } from './lru.js'
import {
  PG_DIRTY,
  PG_FILE,
  PG_PRIVATE,
  PG_RECLAIM,
  PG_REFERENCED,
  PG_SWAPCACHE,
  PG_WRITEBACK,
} from './lru-flags.js'
import type { LruvecStats } from './lruvec-stats.js'
import type { ReclaimHooks } from './reclaim-hooks.js'
import type { ScanControl } from './scan-control.js'
import type { ScanCost } from './scan-cost.js'
import { PGACTIVATE, PGFREE, type VmEvents } from './vm-events.js'
import type { Workingset } from './workingset.js'

/** What reclaim works on. */
export interface ReclaimParts {
  readonly zones: Zones
  readonly lru: Lru
  readonly stats: LruvecStats
  readonly workingset: Workingset
  readonly costs: ScanCost
  readonly groups: MemCgroups
  readonly events: VmEvents
  readonly hooks: ReclaimHooks
}

/** What has become of a page. (Why an enum: see order.ts.) */
export enum Fate {
  FREED = 0,
  /** It is met again: soon, on the list that it came from (keep_locked). */
  KEPT = 1,
  /** It is met again only after all others (activate_locked). */
  ACTIVATED = 2,
}

export class PageReclaim {
  readonly #parts: ReclaimParts
  /** PGDAT_DIRTY, by node: kswapd has met nothing but dirty pages. */
  readonly dirty: boolean[]
  /** PGDAT_WRITEBACK, by node: kswapd has met nothing but pages in writing. */
  readonly writeback: boolean[]
  /** LRUVEC_CONGESTED, of these: whoever reclaims there has met all dirty pages before, in writing. */
  readonly congested = new Set<number>()

  constructor(parts: ReclaimParts) {
    this.#parts = parts
    this.dirty = new Array<boolean>(parts.zones.nodes).fill(false)
    this.writeback = new Array<boolean>(parts.zones.nodes).fill(false)
  }

  /** Frees a page, or says where it goes; its flags are set in any case. */
  shrink(page: number, control: ScanControl): Fate {
    const { gfp, kswapd, met } = control
    const { lru, hooks, zones } = this.#parts
    const { node } = zones.zoneOf(page)
    const size = 1 << zones.frames.order(page)
    let flags = lru.flags(page)
    const file = (flags & PG_FILE) !== 0
    if (hooks.locked?.(page) === true) return Fate.KEPT
    control.scanned += size
    // Pages of programs are mapped.
    if (!file && !control.mayUnmap) return this.#keep(page, flags)
    if ((flags & (PG_DIRTY | PG_WRITEBACK)) !== 0) {
      met.dirty += size
      if ((flags & PG_WRITEBACK) === 0) met.unqueuedDirty += size
      else if ((flags & PG_RECLAIM) !== 0) met.congested += size
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
    if (lru.takeAccessed(page)) {
      // Used through its mapping: it is spared once, and active the second time.
      flags |= PG_REFERENCED
      return referenced ? this.#activate(page, flags) : this.#keep(page, flags)
    }
    flags &= ~PG_REFERENCED
    if (!file && (flags & PG_SWAPCACHE) === 0) {
      if ((gfp & __GFP_IO) === 0) return this.#keep(page, flags)
      if (!this.#addToSwap(page, gfp)) return this.#activate(page, flags)
      if (hooks.addToSwap !== undefined) flags |= PG_SWAPCACHE | PG_DIRTY
    }
    if ((flags & PG_DIRTY) !== 0) {
      const late = kswapd && (flags & PG_RECLAIM) !== 0 && this.dirty[node] === true
      // Writing pages of files here and there is slow: the flusher threads do it in order, unless they cannot keep up.
      if (file && !late) return this.#activate(page, flags | PG_RECLAIM)
      // A page of a file that was used is taken only if it is clean.
      if (file && referenced) return this.#keep(page, flags)
      if (!mayEnterFs(gfp, !file, false) || !control.mayWritepage) return this.#keep(page, flags)
      const result = hooks.pageout?.(page, gfp) ?? 'clean'
      if (result === 'keep') return this.#keep(page, flags)
      met.pageouts += size
      if (result === 'dirty') return this.#keep(page, flags & ~PG_RECLAIM)
      flags &= ~PG_DIRTY
      if (result === 'writeback') return this.#keep(page, flags | PG_WRITEBACK | PG_RECLAIM)
    }
    if (file && (flags & PG_PRIVATE) !== 0) {
      const release = hooks.release
      if (release === undefined) {
        if (!mayEnterFs(gfp, false, false)) return this.#keep(page, flags)
      } else if (!release.call(hooks, page, gfp)) return this.#activate(page, flags)
    }
    this.#free(page, flags, control)
    return Fate.FREED
  }

  #free(page: number, flags: number, { cpu, target }: ScanControl): void {
    const { zones, lru, workingset, groups, hooks } = this.#parts
    const order = zones.frames.order(page)
    const shadow = workingset.evict(page, flags, target)
    lru.remove(page)
    hooks.reclaimed?.(page, order, shadow)
    groups.uncharge(page, order)
    zones.zoneOf(page).free(page, order, cpu)
    this.#count(PGFREE, 1 << order)
  }

  /** Returns true if a page of a program has a slot of swap space from now on (add_to_swap). */
  #addToSwap(page: number, gfp: number): boolean {
    const { hooks } = this.#parts
    if ((hooks.swapPages?.() ?? 0) <= 0) return false
    return hooks.addToSwap?.(page, gfp) ?? true
  }

  #activate(page: number, flags: number): Fate {
    this.#parts.lru.setFlags(page, flags)
    this.#count(PGACTIVATE, 1)
    return Fate.ACTIVATED
  }

  #keep(page: number, flags: number): Fate {
    this.#parts.lru.setFlags(page, flags)
    return Fate.KEPT
  }

  #count(event: number, by: number): void {
    this.#parts.events[event] = (this.#parts.events[event] as number) + by
  }
}
