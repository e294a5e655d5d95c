/**
 * Zones: the memory of a machine, node by node, and the search for a free block in it (mm/page_alloc.c, get_page_from_freelist,
 * 6.1.192). A request walks the zones of its zonelist from the highest that it may use downwards, its own node first.
 */

import {
  ALLOC_CPUSET,
  ALLOC_HIGHATOMIC,
  ALLOC_NO_WATERMARKS,
  ALLOC_NOFRAGMENT,
  ALLOC_WMARK_LOW,
  allocFlagsNofragment,
  gfpToAllocFlagsCma,
} from '../gfp/alloc-flags.js'
import { __GFP_KSWAPD_RECLAIM, __GFP_WRITE } from '../gfp/flags.js'
import { linux6_1 } from '../gfp/kernels.js'
import { gfpMigratetype, MIGRATE_HIGHATOMIC } from '../gfp/migratetype.js'
import { gfpZonelist } from '../gfp/predicates.js'
import { gfpZoneIndex, ZONE_NORMAL } from '../gfp/zone.js'
import { type AllocatorRules, RULES_6_1 } from './allocator-rules.js'
import { CmaArea, type CmaAreaOptions, type CmaAreaState } from './cma-area.js'
import { MIGRATE_CMA } from './cma-migratetypes.js'
import { FirstTry, firstTryFlags, firstTryIndex } from './first-try.js'
import { Numa, type NumaOptions } from './numa.js'
import { isOrder, Order } from './order.js'
import { PageError } from './page-error.js'
import { type FramesState, InvariantError, Kind, NO_PAGE, PageFrames } from './page-frames.js'
import { startIsolatePageRange, undoIsolatePageRange } from './page-isolation.js'
import { calculateMinFreeKbytes, setupZoneReserves, totalReservePages } from './watermark.js'
import {
  ZONE_DEVICE_LABEL,
  ZONES,
  Zone,
  type ZoneLabel,
  type ZoneState,
  zoneLists,
} from './zone.js'

/** Gone since 6.3. */
const { __GFP_ATOMIC } = linux6_1.flags
/** Zones begin at multiples of the largest block. */
const ALIGN = 1 << Order.HIGHEST
/** Debian's amd64: DMA, DMA32, Normal, Movable, Device. */
const LOWMEM_RESERVE_RATIO = [256, 256, 32, 0, 0]
const NO_ZONE = 0xff
/** Sets of nodes are masks of 32 bits. */
const MOST_NODES = 32

/** A machine's memory. All sizes are pages of 4 KiB. */
export interface MemoryOptions extends NumaOptions {
  /**
   * By node: the pages of each zone that it has. A node may have none, and so may the whole machine: then each request fails. The pages of
   * `Device` have numbers, and are never allocated.
   */
  readonly nodes: readonly Readonly<Partial<Record<ZoneLabel | typeof ZONE_DEVICE_LABEL, number>>>[]
  /**
   * CMA areas: pageblocks where movable pages may be until a device wants them. Left out, the kernel is one without CONFIG_CMA, as Debian's for
   * amd64 is.
   */
  readonly cma?: readonly CmaAreaOptions[]
  /** The sysctl, KiB; by default what the kernel chooses. */
  readonly minFreeKbytes?: number
  /** The sysctl, in 1/10000 of a zone: the distance between watermarks. By default 10. */
  readonly watermarkScaleFactor?: number
  /** The sysctl, in 1/10000 of the high watermark: how far fragmentation raises the watermarks. By default 15,000; 0 for never. */
  readonly watermarkBoostFactor?: number
  /** The sysctl: 1 reclaims a node before going on to another, 2 writes dirty pages for it, 4 takes pages of programs. By default 0. */
  readonly zoneReclaimMode?: number
  /** The rules of which kernel hold where kernels differ; by default those of 6.1.192, `RULES_6_1`. */
  readonly rules?: AllocatorRules
  /** The sysctl: how much cheaper a page of a file is to reclaim than one of a program, 0 to 200. By default 60; 100 is equal. */
  readonly swappiness?: number
  /** How many memory cgroups there can be beside the root; by default 64. */
  readonly memcgs?: number
  /**
   * Pages that reclaim may take are in generations (MGLRU, /sys/kernel/mm/lru_gen/enabled), instead of on active and inactive lists. By default they
   * are not, as in Debian's 6.1.
   */
  readonly lruGen?: boolean
  /** The sysctl, for DMA, DMA32, Normal, Movable and Device. By default 256, 256, 32, 0, 0. */
  readonly lowmemReserveRatio?: readonly number[]
}

/** From where a search starts, and where it may take pages from. */
export interface From {
  /** Where the task runs. */
  readonly cpu: number
  /** The node to begin with. */
  readonly node: number
  /** A bit per node that the search may use; by default any. */
  readonly nodemask?: number
  /** A bit per node that ALLOC_CPUSET allows; by default any. */
  readonly cpuset?: number
  /** Nodes with more than their share of dirty pages are passed over; by default they are not. */
  readonly spreadDirtyPages?: boolean
  /** The flags of the task: one that allocates to free memory (PF_MEMALLOC) does not reclaim a node. By default none. */
  readonly taskFlags?: number
}

/** A zone that has not enough, and who wants it: what {@link Zones.nodeReclaim} is asked. */
export interface NodeReclaimRequest {
  /** Filtered by the scopes of the task. */
  readonly gfp: number
  /** Of the block that is wanted. */
  readonly order: number
  /** Where the task runs. */
  readonly cpu: number
  /** The flags of the task. */
  readonly taskFlags: number
}

/** The memory of a device: pages that have numbers, and that the page allocator never has (ZONE_DEVICE). */
export interface DeviceMemory {
  /** The node that the device is at. */
  readonly node: number
  /** Its first page. */
  readonly start: number
  /** How many pages it has. */
  readonly pages: number
}

/** All that {@link Zones} know: a copy. */
export interface ZonesState {
  /** What each page is. */
  readonly frames: FramesState
  /** What each zone knows, in the order of {@link Zones.all}. */
  readonly zones: readonly ZoneState[]
  /** What each CMA area has handed out. */
  readonly cmaAreas: readonly CmaAreaState[]
}

/**
 * All zones of a machine, and the search for a page that goes through them (get_page_from_freelist, mm/page_alloc.c,
 * 6.1.192).
 */
export class Zones {
  /** What each page of the machine is. */
  readonly frames: PageFrames
  /** Those that have pages: by node, lowest first. */
  readonly all: readonly Zone[]
  /** The memory of devices, by node. */
  readonly devices: readonly DeviceMemory[]
  /** There may be CMA areas (CONFIG_CMA). */
  readonly cma: boolean
  /** Them. */
  readonly cmaAreas: readonly CmaArea[]
  /** How many nodes there are. */
  readonly nodes: number
  /** How many CPUs there are. */
  readonly cpus: number
  /** Which CPUs nodes have, and how far they are from each other. */
  readonly numa: Numa
  /** Where kernels differ. */
  readonly rules: AllocatorRules
  /** A bit for each index for which some zone has pages. */
  readonly populated: number
  /** The sysctl that the watermarks follow from, KiB. */
  readonly minFreeKbytes: number
  /** Pages that the zones keep in all. */
  readonly totalReserve: number
  /**
   * Reclaims a node whose zone has not enough, rather than take pages from another (node_reclaim); returns true if the zone is to be
   * looked at once more. Without it, as with the sysctl zone_reclaim_mode of 0, the search goes on.
   */
  nodeReclaim: ((zone: Zone, request: NodeReclaimRequest) => boolean) | null = null
  /** Returns true while a node has no more than its share of dirty pages; null where nobody looks. */
  nodeDirtyOk: ((node: number) => boolean) | null = null
  /** The zones that requests walk: by node, by whether another node will do, and by the highest zone. */
  readonly #zonelists: readonly (readonly Zone[])[]
  /** By {@link firstTryIndex}. (Private by type only, for speed: see buddy.ts.) */
  private readonly firstTries: readonly (FirstTry | undefined)[]
  /** Of {@link numa}: each request asks for it. */
  private readonly cpuNodes: Uint16Array
  readonly #reserveOf: readonly number[]
  /** By node: a bit for each zone that has pages. */
  readonly #populatedOf: readonly number[]
  /** Which of `all` a page is in, by 1024 pages. */
  private readonly zoneNumbers: Uint8Array

  /**
   * @param owner names the owner of pages in errors
   * @param lists how many lists the frames have to have besides
   * @throws RangeError for memory without pages, for a size that is none, and for nodes that do not fit each other.
   */
  constructor(options: MemoryOptions, owner: (owner: number) => string, lists = 0) {
    const { nodes, watermarkBoostFactor: boostFactor = 15_000, rules = RULES_6_1 } = options
    this.rules = rules
    const plan: { name: ZoneLabel; node: number; start: number; pages: number }[] = []
    const devices: DeviceMemory[] = []
    let end = 0
    for (const [node, sizes] of nodes.entries()) {
      for (const name of [...ZONES, ZONE_DEVICE_LABEL] as const) {
        const pages = sizes[name] ?? 0
        if (!Number.isInteger(pages) || pages < 0) {
          throw new RangeError(`zone ${name} of node ${node} has 0 pages or more, not ${pages}`)
        }
        if (pages === 0) continue
        if (name === ZONE_DEVICE_LABEL) devices.push({ node, start: end, pages })
        else plan.push({ name, node, start: end, pages })
        end = Math.ceil((end + pages) / ALIGN) * ALIGN
      }
    }
    if (plan.length >= NO_ZONE) {
      throw new RangeError(`memory has 0 to ${NO_ZONE - 1} zones with pages, not ${plan.length}`)
    }
    if (nodes.length < 1 || nodes.length > MOST_NODES) {
      throw new RangeError(`a machine has 1 to ${MOST_NODES} nodes, not ${nodes.length}`)
    }
    this.numa = new Numa(
      nodes.map((_, node) => plan.some((zone) => zone.node === node)),
      options,
    )
    const { numa } = this
    const { cpus } = numa
    const cma = options.cma !== undefined
    this.cma = cma
    this.cpus = cpus
    this.cpuNodes = numa.cpuNodes
    this.nodes = numa.nodes
    this.frames = new PageFrames(end, plan.length * zoneLists(cpus) + lists)
    this.all = plan.map((zone) => {
      const splitCpus = numa.splitCpus(zone.node)
      return new Zone(this.frames, { ...zone, cpus, splitCpus, owner, boostFactor, rules, cma })
    })
    this.devices = devices
    for (const { start, pages } of devices)
      this.frames.state.fill(Kind.DEVICE, start, start + pages)
    this.#populatedOf = nodes.map((_, node) =>
      this.all.reduce((bits, zone) => (zone.node === node ? bits | (1 << zone.index) : bits), 0),
    )
    this.populated = this.#populatedOf.reduce((bits, zones) => bits | zones, 0)
    this.zoneNumbers = new Uint8Array(this.frames.pages >> Order.HIGHEST).fill(NO_ZONE)
    for (const [index, zone] of this.all.entries()) {
      const first = zone.start >> Order.HIGHEST
      this.zoneNumbers.fill(index, first, first + Math.ceil(zone.managed / ALIGN))
    }
    this.#zonelists = nodes.flatMap((_, node) => {
      const list = numa.fallbackOrder(node).flatMap((each) => {
        return this.all.filter((zone) => zone.node === each).reverse()
      })
      return [list, list.filter((zone) => zone.node === node)].flatMap((zones) =>
        ZONES.map((_, highest) => zones.filter((zone) => zone.index <= highest)),
      )
    })
    this.firstTries = this.#firstTries()
    this.cmaAreas = (options.cma ?? []).map((area, number) => new CmaArea(area, number))
    this.#addCmaAreas()
    const { minFreeKbytes, reserves } = this.#setReserves(options)
    this.minFreeKbytes = minFreeKbytes
    this.#reserveOf = reserves
    this.totalReserve = reserves.reduce((sum, pages) => sum + pages, 0)
  }

  /** How many pages are free, in zones of this node or of all. */
  freePages(node?: number): number {
    let free = 0
    for (const zone of this.all)
      if (node === undefined || zone.node === node) free += zone.freePages
    return free
  }

  /**
   * The zone that a page is in.
   * @throws PageError when it is in none.
   */
  zoneOf(page: number): Zone {
    const zone = this.all[this.zoneNumbers[page >> Order.HIGHEST] as number]
    if (zone === undefined) throw this.#inNoZone(page)
    return zone
  }

  /**
   * The node of a CPU.
   * @throws RangeError for a CPU that there is not.
   */
  nodeOf(cpu: number): number {
    const node = this.cpuNodes[cpu]
    return node === undefined ? this.numa.nodeOf(cpu) : node
  }

  /** Pages of a node that are kept from what programs can have (pgdat->totalreserve_pages). */
  reserveOf(node: number): number {
    return this.#reserveOf[node] ?? 0
  }

  /** A bit for each zone of a node that has pages. */
  populatedOf(node: number): number {
    return this.#populatedOf[node] ?? 0
  }

  /**
   * The zones that a request walks, all of which it may use.
   * @param nodemask a bit per node; by default all
   */
  zonelist(gfp: number, node: number, nodemask = -1): readonly Zone[] {
    const place = (2 * node + gfpZonelist(gfp)) * ZONES.length + gfpZoneIndex(gfp)
    const zones = this.#zonelists[place] ?? []
    return nodemask === -1 ? zones : zones.filter((zone) => (nodemask & (1 << zone.node)) !== 0)
  }

  /**
   * The first try of a request: above the low watermark, and without fragments if a lower zone can serve it. Most find a page
   * in the first zone; the others are searched for one. Where nodes are reclaimed ({@link nodeReclaim}), a request that does not find
   * plenty gets nothing here: that is the business of {@link alloc}, which knows whose it is.
   *
   * @param gfp filtered
   * @returns the first page, or {@link NO_PAGE}
   * @throws RangeError for a CPU that there is not.
   */
  allocFast(gfp: number, order: number, cpu: number): number {
    const first = this.firstTries[firstTryIndex(gfp, cpu)]
    if (first !== undefined && ((gfp & __GFP_WRITE) === 0 || this.nodeDirtyOk === null)) {
      const page = first.alloc(gfp, order)
      if (page >= 0) return page
    }
    return this.#searchFirst(gfp, order, cpu)
  }

  /** The rest of the first try: the zones are gone through. */
  #searchFirst(gfp: number, order: number, cpu: number): number {
    const node = this.nodeOf(cpu)
    if (this.nodeReclaim !== null || !isOrder(order)) return NO_PAGE
    const flags = this.#firstFlags(this.zonelist(gfp, node)[0]) | (gfp & __GFP_KSWAPD_RECLAIM)
    const allocFlags = gfpToAllocFlagsCma(gfp, flags, this.cma)
    const spreadDirtyPages = (gfp & __GFP_WRITE) !== 0 && this.nodeDirtyOk !== null
    return this.alloc(gfp, order, allocFlags, { cpu, node, spreadDirtyPages })
  }

  /** The alloc flags of the first try of requests that begin with a zone, all but ALLOC_KSWAPD. */
  #firstFlags(zone: Zone | undefined): number {
    if (zone === undefined) return ALLOC_WMARK_LOW
    if (this.rules.defragMode) return ALLOC_WMARK_LOW | ALLOC_NOFRAGMENT
    const populated = this.populatedOf(zone.node)
    return ALLOC_WMARK_LOW | allocFlagsNofragment(0, zone.index, this.nodes, populated)
  }

  /** What {@link firstTryIndex} counts. */
  #firstTries(): (FirstTry | undefined)[] {
    const tries: (FirstTry | undefined)[] = []
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      for (const gfp of firstTryFlags()) {
        const [zone] = this.zonelist(gfp, this.nodeOf(cpu))
        const migratetype = gfpMigratetype(gfp)
        // Both kinds of mobility at once are a contradiction, which the search knows how to serve. It also counts what crosses nodes: all that
        // a CPU of a node without memory gets.
        const missing =
          zone === undefined || migratetype === MIGRATE_HIGHATOMIC || zone.node !== this.nodeOf(cpu)
        tries[firstTryIndex(gfp, cpu)] = missing
          ? undefined
          : new FirstTry({
              zone,
              cpu,
              highest: gfpZoneIndex(gfp),
              migratetype,
              allocFlags: gfpToAllocFlagsCma(gfp, this.#firstFlags(zone), this.cma),
            })
      }
    }
    return tries
  }

  /**
   * Searches for a free block (get_page_from_freelist).
   *
   * @param gfp filtered: it decides on zones, migratetype and whether another node will do
   * @param allocFlags which watermark it has to leave, and which reserves it may use
   * @returns the first page, or {@link NO_PAGE}
   */
  alloc(gfp: number, order: number, allocFlags: number, from: From): number {
    const { cpu, node, nodemask = -1, cpuset = -1, spreadDirtyPages = false } = from
    const highest = gfpZoneIndex(gfp)
    const migratetype = gfpMigratetype(gfp)
    const atomic = (gfp & __GFP_ATOMIC) !== 0
    const allowed = (allocFlags & ALLOC_CPUSET) !== 0 ? nodemask & cpuset : nodemask
    const zonelist = this.zonelist(gfp, node)
    const { defragMode } = this.rules
    let flags = allocFlags
    for (;;) {
      // The cpuset does not decide on it, a nodemask does.
      let preferred: Zone | null = null
      for (let i = 0; i < zonelist.length; i++) {
        const zone = zonelist[i] as Zone
        if ((nodemask & (1 << zone.node)) === 0) continue
        if (preferred === null) preferred = zone
        if ((allowed & (1 << zone.node)) === 0) continue
        if (spreadDirtyPages && this.nodeDirtyOk?.(zone.node) === false) continue
        // Better fragments here than pages from afar.
        if ((flags & ALLOC_NOFRAGMENT) !== 0 && zone.node !== preferred.node && !defragMode) break
        const unbounded = (flags & ALLOC_NO_WATERMARKS) !== 0
        if (!unbounded && !zone.hasRoom(order, highest, flags, atomic)) {
          if (!this.#reclaimed(zone, preferred.node, { gfp, order, from })) continue
          if (!zone.hasRoom(order, highest, flags, false)) continue
        }
        const page = zone.alloc(order, migratetype, flags, cpu)
        if (page === NO_PAGE) continue
        if (this.nodes > 1) this.served(zone, preferred, cpu)
        if (order > 0 && (flags & ALLOC_HIGHATOMIC) !== 0) zone.reserveHighatomic(page, order)
        return page
      }
      if ((flags & ALLOC_NOFRAGMENT) === 0 || defragMode) return NO_PAGE
      flags &= ~ALLOC_NOFRAGMENT
    }
  }

  /**
   * The zone that several single pages can come from at once: of the nearest node, and above its low watermark without them; undefined when
   * there is none, and they had better be asked for one by one (__alloc_pages_bulk).
   * @param gfp filtered
   */
  bulkZone(gfp: number, pages: number, cpu: number): Zone | undefined {
    const zonelist = this.zonelist(gfp, this.nodeOf(cpu))
    const [preferred] = zonelist
    const atomic = (gfp & __GFP_ATOMIC) !== 0
    const allocFlags = this.bulkFlags(gfp)
    return zonelist.find(
      (zone) =>
        zone.node === preferred?.node &&
        zone.hasRoom(0, preferred.index, allocFlags, atomic, pages),
    )
  }

  /** The alloc flags of several pages at once: kswapd is not woken for them (__alloc_pages_bulk, prepare_alloc_pages). */
  bulkFlags(gfp: number): number {
    return gfpToAllocFlagsCma(gfp, ALLOC_WMARK_LOW, this.cma)
  }

  /**
   * Counts blocks that have been taken from a zone, where they cross nodes (zone_statistics).
   * @param preferred the first zone that the request could use
   * @param cpu where the task runs
   */
  served(zone: Zone, preferred: Zone, cpu: number, blocks = 1): void {
    if (zone.node !== preferred.node) {
      zone.numa.miss += blocks
      preferred.numa.foreign += blocks
    }
    if (zone.node !== this.nodeOf(cpu)) zone.numa.other += blocks
  }

  /** Gives what CPUs keep back to the free lists (drain_all_pages). */
  drain(): void {
    for (const zone of this.all) zone.drain()
  }

  /** A copy of everything: 12 bytes a page. */
  save(): ZonesState {
    return {
      frames: this.frames.save(),
      zones: this.all.map((zone) => zone.save()),
      cmaAreas: this.cmaAreas.map((area) => area.save()),
    }
  }

  /** Puts everything back as it was. */
  load(state: ZonesState): void {
    this.frames.load(state.frames)
    for (const [index, saved] of state.zones.entries()) this.all[index]?.load(saved)
    for (const [index, saved] of state.cmaAreas.entries()) this.cmaAreas[index]?.load(saved)
  }

  /** @throws InvariantError for the first page that is not in exactly one place. */
  validate(): void {
    let end = 0
    for (const zone of this.all) {
      zone.validate()
      this.#assertUnused(end, zone.start)
      end = zone.start + zone.managed
    }
    this.#assertUnused(end, this.frames.pages)
  }

  #addCmaAreas(): void {
    let end = 0
    for (const { name, start, pages } of [...this.cmaAreas].sort((a, b) => a.start - b.start)) {
      const zone = this.all.find((each) => start >= each.start && start < each.start + each.managed)
      if (zone === undefined || start + pages > zone.start + zone.managed) {
        throw new RangeError(
          `CMA area ${name} lies in one zone: pages ${start} to ${start + pages - 1} do not`,
        )
      }
      if (start < end) throw new RangeError(`CMA area ${name} overlaps the one before it`)
      end = start + pages
      // Made of what is free, and all is (init_cma_reserved_pageblock).
      startIsolatePageRange(zone, { start, end }, MIGRATE_CMA)
      undoIsolatePageRange(zone, { start, end }, MIGRATE_CMA)
      zone.cmaPages += pages
    }
  }

  /** Between zones there is nothing but memory of devices. */
  #assertUnused(from: number, to: number): void {
    const { state } = this.frames
    for (let page = from; page < to; page++) {
      if (state[page] === (this.#deviceOf(page) === undefined ? 0 : Kind.DEVICE)) continue
      throw new InvariantError(page, 'it is in no zone')
    }
  }

  #deviceOf(page: number): DeviceMemory | undefined {
    return this.devices.find(({ start, pages }) => page >= start && page < start + pages)
  }

  #inNoZone(page: number): PageError {
    const device = this.#deviceOf(page)
    if (device === undefined) return new PageError(`page ${page} is in no zone`)
    return new PageError(
      `page ${page} is memory of a device of node ${device.node} (ZONE_DEVICE): its driver has it, not the page allocator`,
    )
  }

  /** Reclaims the node of a zone that has not enough, if that is wanted there. Returns true if the zone is worth another look. */
  #reclaimed(
    zone: Zone,
    preferred: number,
    wanted: { readonly gfp: number; readonly order: number; readonly from: From },
  ): boolean {
    if (this.nodeReclaim === null || !this.numa.allowsReclaim(preferred, zone.node)) return false
    const { gfp, order, from } = wanted
    return this.nodeReclaim(zone, { gfp, order, cpu: from.cpu, taskFlags: from.taskFlags ?? 0 })
  }

  #setReserves(options: MemoryOptions): { minFreeKbytes: number; reserves: number[] } {
    const { watermarkScaleFactor = 10, lowmemReserveRatio = LOWMEM_RESERVE_RATIO } = options
    const total = this.all.reduce((sum, zone) => sum + zone.managed, 0)
    const buffers = this.all.reduce((sum, { index, managed }) => {
      return index <= ZONE_NORMAL ? sum + managed : sum
    }, 0)
    const minFreeKbytes = options.minFreeKbytes ?? calculateMinFreeKbytes(buffers, -1, 1024).kbytes
    const reserveOf: number[] = []
    for (let node = 0; node < this.nodes; node++) {
      const zones = this.all.filter((zone) => zone.node === node)
      const managed = lowmemReserveRatio.map(
        (_, index) => zones.find((zone) => zone.index === index)?.managed ?? 0,
      )
      const reserves = setupZoneReserves(
        minFreeKbytes,
        managed,
        watermarkScaleFactor,
        lowmemReserveRatio,
        total,
      )
      for (const zone of zones) {
        const marks = reserves.watermarks[zone.index]
        if (marks) zone.setReserves(marks, reserves.lowmemReserve[zone.index] ?? [])
      }
      reserveOf.push(totalReservePages(managed, reserves))
    }
    return { minFreeKbytes, reserves: reserveOf }
  }
}
