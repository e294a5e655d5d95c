/**
 * Shrink generations: reclaim by generations (MGLRU; mm/vmscan.c, from sort_folio to lru_gen_shrink_lruvec, 6.1.192). Batches of pages are taken from
 * the end of the oldest generation, and sorted lazily: whatever turns out to belong into another generation, or cannot be evicted now, moves on.
 *
 * What page tables know of accesses is what `Lru.access` was told: those pages are promoted when a new generation is made, and one that is met
 * meanwhile is spared. A task that is killed while it reclaims goes on to the end of its round: reclaim does not know of signals. That its neighbours in the page table are looked at then, too (lru_gen_look_around), has no counterpart: memory has no
 * addresses here.
 */
import { __GFP_IO } from '../gfp/flags.js'
import type { MemCgroup } from '../memcg/mem-cgroup.js'
import { calculateProtection, isBelowLow, isBelowMin } from '../memcg/protection.js'
import { NO_PAGE } from '../pages/page-frames.js'
import { ZONES } from '../pages/zone.js'
import {
  PG_ACTIVE,
  PG_DIRTY,
  PG_RECLAIM,
  PG_REFERENCED,
  PG_SWAPCACHE,
  PG_WORKINGSET,
  PG_WRITEBACK,
} from './lru-flags.js'
import {
  GEN_ANON,
  GEN_FILE,
  type GenType,
  LRU_REFS_FLAGS,
  LRU_REFS_WIDTH,
  type LruGen,
  MAX_LRU_BATCH,
  MAX_NR_GENS,
  MIN_LRU_BATCH,
  MIN_NR_GENS,
  tierOf,
  typeOf,
} from './lru-gen.js'
import { Fate, type PageReclaim, type ReclaimParts } from './page-reclaim.js'
import type { ReclaimPolicy } from './reclaim-policy.js'
import { DEF_PRIORITY, type ReclaimSteps, type ScanControl } from './scan-control.js'
import { type Eviction, tierToEvict, typeToEvict } from './tier-control.js'
import {
  PGREFILL,
  PGSCAN_ANON,
  PGSCAN_DIRECT,
  PGSCAN_KSWAPD,
  PGSKIP_DMA,
  PGSTEAL_ANON,
  PGSTEAL_DIRECT,
  PGSTEAL_KSWAPD,
} from './vm-events.js'

/** How many pages a round has to look at in a group, and whether that is so because it needs aging. */
interface Wanted {
  readonly pages: number
  readonly needsAging: boolean
}

/** What a batch came to. */
interface Evicted {
  readonly type: GenType
  /** Pages that were looked at. */
  readonly looked: number
  /** Some of them were taken. */
  readonly taken: boolean
  /** What counts of it: one more if the oldest generation is another now, and nothing if no more than two are left. */
  readonly delta: number
}

/** Generations as a policy of reclaim. */
export class ShrinkGenerations implements ReclaimPolicy {
  readonly #parts: ReclaimParts
  readonly #pageReclaim: PageReclaim
  readonly #gens: LruGen
  /** The pages that reclaim has in its hands, in the order in which they were taken. */
  readonly #taken = new Int32Array(MIN_LRU_BATCH)
  #isolated = 0

  constructor(parts: ReclaimParts, pageReclaim: PageReclaim, gens: LruGen) {
    this.#parts = parts
    this.#pageReclaim = pageReclaim
    this.#gens = gens
  }

  /** Nothing: tiers and generations say what is reclaimed (prepare_scan_count returns at once). */
  prepare(): void {}

  /** lru_gen_shrink_lruvec. */
  *shrink(group: MemCgroup, node: number, control: ScanControl): ReclaimSteps<void> {
    const lruvec = this.#parts.lru.lruvec(group.number, node)
    const began = this.#gens.maxSeq(lruvec)
    const before = control.reclaimed
    let scanned = 0
    let swapped = false
    for (;;) {
      const swappiness = this.#swappinessOf(group, control)
      const aged = this.#gens.maxSeq(lruvec)
      const { pages, needsAging } = this.#toScan(group, lruvec, control, swappiness > 0)
      if (this.#gens.maxSeq(lruvec) !== aged) yield { kind: 'age' }
      if (pages === 0) return
      const reclaimed = control.reclaimed
      const { type, looked, taken, delta } = this.#evict(lruvec, control, swappiness)
      if (looked > 0) {
        yield { kind: 'scan', scanned: looked, reclaimed: control.reclaimed - reclaimed }
      }
      if (delta === 0) return
      if (type === GEN_ANON && taken) swapped = true
      scanned += delta
      const enough =
        scanned >= pages ||
        this.#shouldAbort(node, control, { aged: this.#gens.maxSeq(lruvec) - began, swapped })
      if (!enough) continue
      if (control.reclaimed - before >= MIN_LRU_BATCH && !needsAging) control.needsAging = false
      return
    }
  }

  /** lru_gen_age_node: groups get a new generation where the oldest ones have too few pages. Reclaim that went well saves kswapd the look. */
  *age(node: number, control: ScanControl): ReclaimSteps<void> {
    control.lastReclaimed = control.reclaimed
    if (!control.needsAging) {
      control.needsAging = true
      return
    }
    const { groups, lru } = this.#parts
    for (const group of groups.root.subtree()) {
      calculateProtection(groups.root, group)
      if (isBelowMin(groups.root, group)) continue
      const lruvec = lru.lruvec(group.number, node)
      const canSwap = this.#swappiness(group) > 0
      if (!this.#shouldAge(group, lruvec, control, canSwap).needsAging) continue
      this.#makeOlder(lruvec, canSwap)
      yield { kind: 'age' }
    }
  }

  putBack(page: number, activated: boolean): void {
    this.#gens.remove(page, true)
    this.#putAway(page, activated)
  }

  /** The swappiness that counts in a round: 0 if no memory of programs can go. */
  #swappinessOf(group: MemCgroup, control: ScanControl): number {
    if (control.maySwap) return this.#swappiness(group)
    return control.target === null && this.#swappiness(group) > 0 ? 1 : 0
  }

  /** get_swappiness: without room for a batch in swap space nothing could be swapped out. */
  #swappiness(group: MemCgroup): number {
    const room = group.swapRoom(this.#parts.hooks.swapPages?.() ?? 0)
    return room < MIN_LRU_BATCH ? 0 : group.swappiness
  }

  /** get_nr_to_scan: looked at anew for each batch, since a group may have come down to what protects it. */
  #toScan(group: MemCgroup, lruvec: number, control: ScanControl, canSwap: boolean): Wanted {
    const root = control.target ?? this.#parts.groups.root
    if (isBelowMin(root, group) || (isBelowLow(root, group) && !control.memcgLowReclaim)) {
      return { pages: 0, needsAging: false }
    }
    const wanted = this.#shouldAge(group, lruvec, control, canSwap)
    if (!wanted.needsAging) return wanted
    const none = { pages: 0, needsAging: true }
    if (control.priority !== DEF_PRIORITY) {
      // kswapd has its own time for it.
      if (control.kswapd) return none
      this.#makeOlder(lruvec, canSwap)
      return wanted
    }
    const min = this.#gens.minSeq(lruvec, canSwap ? GEN_ANON : GEN_FILE)
    return min + MIN_NR_GENS <= this.#gens.maxSeq(lruvec) ? wanted : none
  }

  /** should_run_aging: a new generation is needed when only two are left, or when the pages of three are spread too unevenly. */
  #shouldAge(group: MemCgroup, lruvec: number, control: ScanControl, canSwap: boolean): Wanted {
    const gens = this.#gens
    const max = gens.maxSeq(lruvec)
    let old = 0
    let young = 0
    let total = 0
    for (const type of canSwap ? ([GEN_ANON, GEN_FILE] as const) : ([GEN_FILE] as const)) {
      for (let seq = gens.minSeq(lruvec, type); seq <= max; seq++) {
        const size = gens.size(lruvec, seq, type)
        total += size
        if (seq === max) young += size
        else if (seq + MIN_NR_GENS === max) old += size
      }
    }
    // A group that was removed is scraped to its last page.
    const pages = group.isOffline ? total : Math.floor(total / 2 ** control.priority)
    const last = gens.minSeq(lruvec, canSwap ? GEN_ANON : GEN_FILE) + MIN_NR_GENS
    const needsAging =
      last > max ||
      (last === max && (young * MIN_NR_GENS > total || old * (MIN_NR_GENS + 2) < total))
    return { pages, needsAging }
  }

  /** try_to_inc_max_seq: what has been used since the last time is promoted, and a new generation begins. */
  #makeOlder(lruvec: number, canSwap: boolean): void {
    const { lru } = this.#parts
    if (lru.anyAccessed) this.#gens.promoteAccessed(lruvec, (page) => lru.takeAccessed(page))
    this.#gens.incMaxSeq(lruvec, canSwap)
  }

  /** evict_folios: takes a batch, and frees what may be freed. */
  #evict(lruvec: number, control: ScanControl, swappiness: number): Evicted {
    this.#isolated = 0
    const { type, scanned } = this.#isolate(lruvec, control, swappiness)
    const canSwap = swappiness > 0
    let delta = scanned + (this.#gens.tryToIncMinSeq(lruvec, canSwap) ? 1 : 0)
    if (this.#gens.generations(lruvec, canSwap ? GEN_ANON : GEN_FILE) === MIN_NR_GENS) delta = 0
    const { frames } = this.#parts.zones
    let reclaimed = 0
    for (let i = 0; i < this.#isolated; i++) {
      const page = this.#taken[i] as number
      const size = 1 << frames.order(page)
      const fate = this.#shrink(page, control)
      if (fate === Fate.FREED) reclaimed += size
      else this.#putAway(page, fate === Fate.ACTIVATED)
    }
    control.reclaimed += reclaimed
    if (control.target === null) {
      this.#count(control.kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, reclaimed)
    }
    this.#count(PGSTEAL_ANON + type, reclaimed)
    return { type, looked: scanned, taken: this.#isolated > 0, delta }
  }

  /** shrink_folio_list: a clean page that was only in the way of somebody gets a second chance at once. */
  #shrink(page: number, control: ScanControl): Fate {
    const fate = this.#pageReclaim.shrink(page, control)
    return fate === Fate.KEPT && this.#mayRetry(page)
      ? this.#pageReclaim.shrink(page, control)
      : fate
  }

  #mayRetry(page: number): boolean {
    const { lru, hooks } = this.#parts
    const flags = lru.flags(page)
    if ((flags & (PG_REFERENCED | PG_DIRTY | PG_WRITEBACK)) !== 0) return false
    // A page of a program is mapped.
    return typeOf(flags) === GEN_FILE && hooks.locked?.(page) !== true
  }

  /** What could not be freed does not go back to the oldest generation: it waits for its writing, or is as young as any. */
  #putAway(page: number, activated: boolean): void {
    const { lru } = this.#parts
    const flags = lru.flags(page)
    if ((flags & PG_RECLAIM) !== 0 && (flags & (PG_DIRTY | PG_WRITEBACK)) !== 0) {
      const referenced = (flags & PG_WORKINGSET) === 0 ? 0 : PG_REFERENCED
      lru.setFlags(page, flags | referenced | (activated ? PG_ACTIVE : 0))
    } else {
      this.#gens.clearRefs(page)
      lru.setFlags(page, (flags & ~LRU_REFS_FLAGS) | PG_ACTIVE)
    }
    this.#gens.add(page, false)
  }

  /** isolate_folios: pages of the type that refaults less, or of the other if that has none. */
  #isolate(
    lruvec: number,
    control: ScanControl,
    swappiness: number,
  ): { type: GenType; scanned: number } {
    let { type, tier } = this.#obvious(lruvec, swappiness)
    let scanned = 0
    for (let tries = swappiness > 0 ? 2 : 1; tries > 0; tries--) {
      if (tier < 0) tier = tierToEvict(this.#gens, lruvec, type)
      scanned = this.#scan(lruvec, { type, tier }, control)
      if (scanned > 0 || tries === 1) break
      type = type === GEN_ANON ? GEN_FILE : GEN_ANON
      tier = -1
    }
    return { type, scanned }
  }

  /** Which type comes first: the one with the older generation, else what swappiness and refaults say. Tier -1 has yet to be found. */
  #obvious(lruvec: number, swappiness: number): Eviction {
    if (swappiness === 0) return { type: GEN_FILE, tier: -1 }
    if (this.#gens.minSeq(lruvec, GEN_ANON) < this.#gens.minSeq(lruvec, GEN_FILE)) {
      return { type: GEN_ANON, tier: -1 }
    }
    if (swappiness === 1) return { type: GEN_FILE, tier: -1 }
    if (swappiness === 200) return { type: GEN_ANON, tier: -1 }
    return typeToEvict(this.#gens, lruvec, swappiness)
  }

  /** scan_folios: sorts the end of the oldest generation, and takes what can be evicted. Returns how many pages were looked at, 0 for in vain. */
  #scan(lruvec: number, { type, tier }: Eviction, control: ScanControl): number {
    const gens = this.#gens
    if (gens.generations(lruvec, type) === MIN_NR_GENS) return 0
    const { frames } = this.#parts.zones
    let remaining = MAX_LRU_BATCH
    let scanned = 0
    let sorted = 0
    let isolated = 0
    for (let i = ZONES.length; i > 0; i--) {
      const zone = (control.highest + i) % ZONES.length
      let firstSkipped = NO_PAGE
      let skipped = 0
      for (;;) {
        const page = gens.oldest(lruvec, type, zone)
        if (page === NO_PAGE || page === firstSkipped) break
        const size = 1 << frames.order(page)
        scanned += size
        if (this.#sort(page, lruvec, { type, tier }, control)) sorted += size
        else if (this.#take(page, control)) isolated += size
        else {
          gens.place(page, false)
          if (firstSkipped === NO_PAGE) firstSkipped = page
          skipped += size
        }
        if (--remaining === 0 || Math.max(isolated, skipped) >= MIN_LRU_BATCH) break
      }
      if (skipped > 0) this.#count(PGSKIP_DMA + zone, skipped)
      if (remaining === 0 || isolated >= MIN_LRU_BATCH) break
    }
    if (control.target === null) {
      this.#count(control.kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, isolated)
      this.#count(PGREFILL, sorted)
    }
    this.#count(PGSCAN_ANON + type, isolated)
    return isolated > 0 || remaining === 0 ? scanned : 0
  }

  /** sort_folio: moves a page on that does not belong to the oldest generation, or had better stay in memory. Returns true if it has. */
  #sort(page: number, lruvec: number, { type, tier }: Eviction, control: ScanControl): boolean {
    const gens = this.#gens
    const { lru, zones, hooks } = this.#parts
    const oldest = gens.minSeq(lruvec, type) % MAX_NR_GENS
    // Promoted by page tables.
    if (gens.gen(page) !== oldest) {
      gens.place(page, false)
      return true
    }
    const refs = gens.refs(page)
    if (tierOf(refs) > tier || refs === 1 << LRU_REFS_WIDTH) {
      const size = 1 << zones.frames.order(page)
      gens.countProtected(lruvec, type, tierOf(refs), size)
      this.#parts.workingset.protected(lruvec, type === GEN_FILE, size)
      gens.moveOn(page, false)
      gens.place(page, true)
      return true
    }
    if (zones.zoneOf(page).index > control.highest) {
      gens.moveOn(page, false)
      gens.place(page, true)
      return true
    }
    const flags = lru.flags(page)
    const busy = hooks.locked?.(page) === true || (flags & PG_WRITEBACK) !== 0
    if (busy || (type === GEN_FILE && (flags & PG_DIRTY) !== 0)) {
      gens.moveOn(page, true)
      gens.place(page, false)
      return true
    }
    return false
  }

  /** isolate_folio. Returns false for a page that this reclaim must not take. */
  #take(page: number, control: ScanControl): boolean {
    const { lru } = this.#parts
    let flags = lru.flags(page)
    const isAnon = typeOf(flags) === GEN_ANON
    if (!control.mayUnmap && isAnon) return false
    if (!control.mayWritepage || (control.gfp & __GFP_IO) === 0) {
      if ((flags & PG_DIRTY) !== 0 || (isAnon && (flags & PG_SWAPCACHE) === 0)) return false
    }
    if ((flags & PG_REFERENCED) === 0) {
      flags &= ~LRU_REFS_FLAGS
      this.#gens.clearRefs(page)
    }
    lru.setFlags(page, flags & ~(PG_RECLAIM | PG_REFERENCED))
    this.#gens.remove(page, true)
    this.#taken[this.#isolated++] = page
    return true
  }

  /** Returns true if a round over a group had better end here (should_abort_scan). */
  #shouldAbort(
    node: number,
    control: ScanControl,
    { aged, swapped }: { readonly aged: number; readonly swapped: boolean },
  ): boolean {
    if (!control.kswapd) {
      // Each group ages once at most, and more swapping than needed makes a request wait.
      if (aged > 1) return true
      if (control.reclaimed >= control.toReclaim && swapped) return true
      if (control.target !== null) return false
    } else if (control.reclaimed - control.lastReclaimed < control.toReclaim) return false
    if (control.priority > DEF_PRIORITY - 2) return false
    for (const zone of this.#parts.zones.all) {
      if (zone.node !== node || zone.index > control.highest) continue
      const { high, low } = zone.watermarks
      if ((control.kswapd ? high + zone.boost : low + zone.boost) > zone.freePages) return false
    }
    // It looks like progress, as the kernel has it: whoever asked may find that zones have enough.
    control.reclaimed += MIN_LRU_BATCH
    return true
  }

  #count(event: number, by: number): void {
    this.#parts.events[event] = (this.#parts.events[event] as number) + by
  }
}
