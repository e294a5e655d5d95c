/**
 * Slab cache: objects of one size, cut from blocks of pages, the slabs (mm/slub.c, 6.1.192, in its simplest faithful form). Each CPU
 * allocates from one slab of its own and keeps some more at hand; other slabs with free objects are on a partial list;
 * full ones are on no list.
 *
 * Each node has a partial list of its own. A CPU takes from that of its node, and from another's only when that has many slabs.
 *
 * Unlike the kernel's, what another CPU frees in the slab that this one allocates from can be allocated again at once.
 */
import { __GFP_COMP, __GFP_DMA, __GFP_RECLAIMABLE } from '../gfp/flags.js'
import { InvariantError, Kind, type PageFrames } from '../pages/page-frames.js'
import { objectsOf, PAGE_SIZE, type SlabLayout, slabLayout } from './slab-layout.js'
import {
  ACTIVE,
  CPU_PARTIAL,
  FULL,
  NO_INDEX,
  NO_SLAB,
  PARTIAL,
  SlabTable,
  type SlabTableState,
  UNUSED,
} from './slab-table.js'

/** No object: there was no memory. */
export const NO_OBJECT = -1

/** What a cache is made of. */
export interface SlabCacheOptions {
  /** The name of the cache, as /proc/slabinfo prints it. */
  readonly name: string
  /** Of an object, bytes. */
  readonly size: number
  /** Of an object, bytes, a power of two. By default 8. */
  readonly align?: number
  /** SLAB_HWCACHE_ALIGN: objects begin with a cache line, as far as they are not much smaller. */
  readonly hwcacheAlign?: boolean
  /** SLAB_RECLAIM_ACCOUNT: a shrinker can free the objects, so their pages are kept together. */
  readonly reclaimAccount?: boolean
  /** SLAB_ACCOUNT: objects are charged to the memory cgroup. */
  readonly account?: boolean
  /** SLAB_CACHE_DMA: pages come from ZONE_DMA. */
  readonly dma?: boolean
}

/** The nodes of a machine, as a cache asks for them. */
export interface SlabNodes {
  /** How many nodes there are. */
  readonly nodes: number
  /** The node of a CPU. */
  nodeOf(cpu: number): number
  /** The zone that a page is in. */
  zoneOf(page: number): {
    /** Its node. */
    readonly node: number
  }
  /** How nodes come to each other's aid. */
  readonly numa: {
    /** The nodes that serve requests of a node, nearest first. */
    fallbackOrder(node: number): readonly number[]
  }
}

/** All on one node. */
const ONE_NODE: SlabNodes = {
  nodes: 1,
  nodeOf: () => 0,
  zoneOf: () => ({ node: 0 }),
  numa: { fallbackOrder: () => [0] },
}

/** Gives the pages of a slab back, on a CPU. */
export type ReleaseSlab = (page: number, order: number, cpu: number) => void

/** What a cache works on. */
export interface SlabCacheParts {
  /** The number that pages of its slabs carry. */
  readonly number: number
  /** The pages of the machine: those of slabs say so. */
  readonly frames: PageFrames
  /** CPUs of the machine: each keeps slabs of its own. */
  readonly cpus: number
  /** Gives the pages of a slab back. */
  readonly release: ReleaseSlab
  /** The nodes of the machine; by default there is one. */
  readonly nodes?: SlabNodes | undefined
}

/** What is known beside the pages: a copy. */
export interface SlabCacheState {
  /** What is known of each slab. */
  readonly slabs: SlabTableState
  /** By CPU: the slab that it allocates from. */
  readonly active: Int32Array
  /** By CPU: the first slab of those that it keeps. */
  readonly kept: Int32Array
  /** By CPU: how many slabs it keeps. */
  readonly keptCount: Int32Array
  /** By node, the list of slabs with free objects: both ends, and how many. */
  readonly partial: readonly (readonly [first: number, last: number, count: number])[]
  /** The slabs that were made of the reserves. */
  readonly pfmemalloc: readonly number[]
  /** How much there is in all. */
  readonly totals: readonly [slabs: number, objects: number]
  /** By node: how many pages its slabs have there. */
  readonly pages: readonly number[]
}

/** What /proc/slabinfo says of a cache (struct slabinfo). */
export interface SlabInfo {
  /** The name of the cache. */
  readonly name: string
  /** Objects that are in use, or free in a slab that a CPU has. */
  readonly activeObjects: number
  /** All objects, in use and free. */
  readonly objects: number
  /** The bytes of an object, with what alignment adds. */
  readonly objectSize: number
  /** How many objects a slab has. */
  readonly objectsPerSlab: number
  /** How many pages a slab has. */
  readonly pagesPerSlab: number
  /** How many slabs there are. */
  readonly slabs: number
}

/**
 * A cache of objects of one size (struct kmem_cache, SLUB). An object is its address in bytes: its page times 4096,
 * and its place there.
 */
export class SlabCache {
  /** Its name, as /proc/slabinfo prints it. */
  readonly name: string
  /** The size of an object, and the order of a slab. */
  readonly layout: SlabLayout
  /** How many objects a slab has. */
  readonly objectsPerSlab: number
  /** What is added to the flags of a request for pages. */
  readonly gfp: number
  /** SLAB_ACCOUNT: objects are charged to the memory cgroup. */
  readonly account: boolean
  /** True if its pages count as reclaimable (SLAB_RECLAIM_ACCOUNT). */
  readonly reclaimable: boolean
  /** The number that pages of its slabs carry. */
  readonly number: number
  readonly #frames: PageFrames
  readonly #release: ReleaseSlab
  readonly #slabs: SlabTable
  /** By CPU: the slab that it allocates from; the first that it keeps; and how many those are. */
  readonly #active: Int32Array
  readonly #kept: Int32Array
  readonly #keptCount: Int32Array
  readonly #nodes: SlabNodes
  /** By node: the partial list. */
  readonly #first: Int32Array
  readonly #last: Int32Array
  readonly #partialCount: Int32Array
  #slabCount = 0
  #objectCount = 0
  /** By node. */
  readonly #pageCounts: Int32Array
  /** Slabs that were made of the reserves (PageSlabPfmemalloc). */
  readonly #pfmemalloc = new Set<number>()
  readonly #blank: SlabCacheState

  /** @throws RangeError for a size that objects cannot have */
  constructor(options: SlabCacheOptions, parts: SlabCacheParts) {
    const { number, frames, cpus, release, nodes = ONE_NODE } = parts
    const { name, size, align = 8, hwcacheAlign = false } = options
    this.name = name
    this.number = number
    this.layout = slabLayout(size, align, hwcacheAlign, cpus)
    this.objectsPerSlab = objectsOf(this.layout.order, this.layout.size)
    this.gfp =
      (this.layout.order > 0 ? __GFP_COMP : 0) |
      (options.dma ? __GFP_DMA : 0) |
      (options.reclaimAccount ? __GFP_RECLAIMABLE : 0)
    this.account = options.account ?? false
    this.reclaimable = options.reclaimAccount ?? false
    this.#frames = frames
    this.#release = release
    this.#slabs = new SlabTable(this.objectsPerSlab)
    this.#active = new Int32Array(cpus).fill(NO_SLAB)
    this.#kept = new Int32Array(cpus).fill(NO_SLAB)
    this.#keptCount = new Int32Array(cpus)
    this.#nodes = nodes
    this.#first = new Int32Array(nodes.nodes).fill(NO_SLAB)
    this.#last = new Int32Array(nodes.nodes).fill(NO_SLAB)
    this.#partialCount = new Int32Array(nodes.nodes)
    this.#pageCounts = new Int32Array(nodes.nodes)
    this.#blank = this.save()
  }

  /** How many pages its slabs have. */
  get pages(): number {
    return this.#pageCounts.reduce((sum, pages) => sum + pages, 0)
  }

  /** How many of them are of a node. */
  pagesOf(node: number): number {
    return this.#pageCounts[node] ?? 0
  }

  /** How many objects are in use. */
  get inUse(): number {
    const { inUse, place, size } = this.#slabs
    let used = 0
    for (let slab = 0; slab < size; slab++) {
      if (place[slab] !== UNUSED) used += inUse[slab] as number
    }
    return used
  }

  /**
   * Takes an object from the slabs that there are.
   * @param owner the call site
   * @param reserves the request may use the reserves (gfp_pfmemalloc_allowed): others leave slabs alone that were made of those. By
   * default it may.
   * @returns its address, or {@link NO_OBJECT} when a new slab is needed
   */
  take(cpu: number, owner: number, reserves = true): number {
    const slabs = this.#slabs
    let slab = this.#active[cpu] as number
    if (slab === NO_SLAB || slabs.free[slab] === NO_INDEX || !this.#matches(slab, reserves)) {
      slab = this.#refill(cpu, reserves)
      if (slab === NO_SLAB) return NO_OBJECT
    }
    const index = slabs.take(slab, owner)
    return (slabs.page[slab] as number) * PAGE_SIZE + index * this.layout.size
  }

  /**
   * Makes a block of pages, in use, a slab, from which this CPU allocates next.
   * @param pfmemalloc the pages are of the reserves: see {@link take}. By default they are not.
   */
  add(cpu: number, page: number, order: number, pfmemalloc = false): void {
    const slab = this.#slabs.add(page, order, objectsOf(order, this.layout.size))
    this.#slabCount++
    this.#objectCount += this.#slabs.objects[slab] as number
    this.#countPages(slab, 1 << order)
    // Nobody else uses the links of a block that is in use.
    this.#frames.state[page] = Kind.SLAB | order
    this.#frames.next[page] = slab
    this.#frames.previous[page] = this.number
    if (pfmemalloc) this.#pfmemalloc.add(slab)
    this.#deactivate(cpu)
    this.#activate(cpu, slab)
  }

  /**
   * Says why an address is not that of an object in use, in words that follow its name; undefined when it is.
   * @param page the first of a slab of this cache
   */
  fault(page: number, address: number): string | undefined {
    const slab = this.#frames.next[page] as number
    const offset = address - page * PAGE_SIZE
    const index = Math.floor(offset / this.layout.size)
    if (offset % this.layout.size !== 0 || index >= (this.#slabs.objects[slab] as number)) {
      return 'is not where an object begins'
    }
    return this.#slabs.isUsed(slab, index) ? undefined : 'is free already: freed twice?'
  }

  /** The call site that last allocated the object that an address is in. */
  owner(page: number, address: number): number {
    const index = Math.floor((address - page * PAGE_SIZE) / this.layout.size)
    return this.#slabs.owner(this.#frames.next[page] as number, index)
  }

  /** Puts an object in use back (__slab_free). The pages of a slab that is not worth keeping are released. */
  put(cpu: number, page: number, address: number): void {
    const slabs = this.#slabs
    const slab = this.#frames.next[page] as number
    slabs.put(slab, (address - page * PAGE_SIZE) / this.layout.size)
    const place = slabs.place[slab] as number
    if (place === FULL) this.#keep(cpu, slab)
    else if (place === PARTIAL && slabs.inUse[slab] === 0 && this.#enough(this.#nodeOf(slab))) {
      this.#unlist(slab)
      this.#discard(slab, cpu)
    }
  }

  /** Gives up what CPUs keep, and the pages of all slabs without objects in use (kmem_cache_shrink). */
  shrink(cpu = 0): void {
    for (let each = 0; each < this.#active.length; each++) {
      this.#deactivate(each)
      this.#giveUpKept(each)
    }
    const { inUse, next } = this.#slabs
    for (const first of [...this.#first]) {
      for (let slab = first; slab !== NO_SLAB; ) {
        const after = next[slab] as number
        if (inUse[slab] === 0) {
          this.#unlist(slab)
          this.#discard(slab, cpu)
        }
        slab = after
      }
    }
  }

  /** What /proc/slabinfo says. Free objects count as active while a CPU has their slab: nobody else can use them. */
  info(): SlabInfo {
    const { objects, inUse, next } = this.#slabs
    let free = 0
    for (const first of this.#first) {
      for (let slab = first; slab !== NO_SLAB; slab = next[slab] as number) {
        free += (objects[slab] as number) - (inUse[slab] as number)
      }
    }
    return {
      name: this.name,
      activeObjects: this.#objectCount - free,
      objects: this.#objectCount,
      objectSize: this.layout.size,
      objectsPerSlab: this.objectsPerSlab,
      pagesPerSlab: 1 << this.layout.order,
      slabs: this.#slabCount,
    }
  }

  /** Forgets all slabs, whose pages are somebody else's now. */
  clear(): void {
    this.load(this.#blank)
  }

  /** What is known beside the pages. */
  save(): SlabCacheState {
    return {
      slabs: this.#slabs.save(),
      active: this.#active.slice(),
      kept: this.#kept.slice(),
      keptCount: this.#keptCount.slice(),
      partial: Array.from(
        this.#first,
        (first, node) =>
          [first, this.#last[node] as number, this.#partialCount[node] as number] as const,
      ),
      pfmemalloc: [...this.#pfmemalloc],
      totals: [this.#slabCount, this.#objectCount],
      pages: [...this.#pageCounts],
    }
  }

  /** Puts it back. */
  load(state: SlabCacheState): void {
    this.#slabs.load(state.slabs)
    this.#active.set(state.active)
    this.#kept.set(state.kept)
    this.#keptCount.set(state.keptCount)
    for (const [node, [first, last, count]] of state.partial.entries()) {
      this.#first[node] = first
      this.#last[node] = last
      this.#partialCount[node] = count
    }
    this.#pfmemalloc.clear()
    for (const slab of state.pfmemalloc) this.#pfmemalloc.add(slab)
    ;[this.#slabCount, this.#objectCount] = state.totals
    this.#pageCounts.set(state.pages)
  }

  /** @throws InvariantError for the first slab that is not in exactly one place, or miscounted. */
  validate(): void {
    const slabs = this.#slabs
    const seen = new Uint8Array(slabs.size)
    for (const [node, first] of this.#first.entries()) {
      let before = NO_SLAB
      let partial = 0
      for (let slab = first; slab !== NO_SLAB; slab = slabs.next[slab] as number) {
        this.#prove(slab, PARTIAL, seen)
        if (slabs.previous[slab] !== before) this.#broken(slab, 'its list is broken')
        if (this.#nodeOf(slab) !== node) this.#broken(slab, 'it is on the list of another node')
        before = slab
        partial++
      }
      const counted = this.#partialCount[node]
      if (before !== this.#last[node] || partial !== counted) {
        this.#broken(before, `${partial} slabs are partial, and ${counted} counted`)
      }
    }
    for (let cpu = 0; cpu < this.#active.length; cpu++) {
      const active = this.#active[cpu] as number
      if (active !== NO_SLAB) this.#prove(active, ACTIVE, seen)
      let kept = 0
      let slab = this.#kept[cpu] as number
      for (; slab !== NO_SLAB; slab = slabs.next[slab] as number) {
        this.#prove(slab, CPU_PARTIAL, seen)
        kept++
      }
      if (kept !== this.#keptCount[cpu]) {
        this.#broken(slab, `CPU ${cpu} keeps ${kept} slabs, and counted ${this.#keptCount[cpu]}`)
      }
    }
    const pages = this.#pageCounts.map(() => 0)
    let objects = 0
    let count = 0
    for (let slab = 0; slab < slabs.size; slab++) {
      if (slabs.place[slab] === UNUSED) continue
      if (seen[slab] === 0) this.#prove(slab, FULL, seen)
      const node = this.#nodeOf(slab)
      pages[node] = (pages[node] as number) + (1 << (slabs.order[slab] as number))
      objects += slabs.objects[slab] as number
      count++
    }
    const isCounted = pages.every((each, node) => each === this.#pageCounts[node])
    if (!isCounted || objects !== this.#objectCount || count !== this.#slabCount) {
      this.#broken(
        NO_SLAB,
        `${count} slabs, ${objects} objects and ${pages.join(' + ')} pages are miscounted`,
      )
    }
  }

  /** The slab that this CPU allocates from now: from those that it keeps, or from the partial list (___slab_alloc). */
  #refill(cpu: number, reserves: boolean): number {
    const slabs = this.#slabs
    this.#deactivate(cpu)
    for (let kept = this.#kept[cpu] as number; kept !== NO_SLAB; kept = this.#kept[cpu] as number) {
      this.#kept[cpu] = slabs.next[kept] as number
      this.#keptCount[cpu] = (this.#keptCount[cpu] as number) - 1
      if (this.#matches(kept, reserves)) {
        this.#activate(cpu, kept)
        return kept
      }
      this.#list(kept, true)
    }
    const node = this.#partialNode(cpu)
    if (node < 0) return NO_SLAB
    // One to allocate from, and some more, so that the list is left alone for a while (get_partial_node).
    const most = Math.floor(this.layout.cpuPartialSlabs / 2) + 2
    let found = NO_SLAB
    let taken = 0
    for (let slab = this.#first[node] as number; slab !== NO_SLAB && taken < most; ) {
      const after = slabs.next[slab] as number
      if (this.#matches(slab, reserves)) {
        taken++
        this.#unlist(slab)
        if (found === NO_SLAB) {
          found = slab
          this.#activate(cpu, slab)
        } else this.#pushKept(cpu, slab)
      }
      slab = after
    }
    return found
  }

  /** Returns true if a request may have objects of a slab (pfmemalloc_match). */
  #matches(slab: number, reserves: boolean): boolean {
    return reserves || this.#pfmemalloc.size === 0 || !this.#pfmemalloc.has(slab)
  }

  /** The node whose list a CPU takes from: its own, or one that has more slabs than it keeps (get_any_partial); -1 for none. */
  #partialNode(cpu: number): number {
    const own = this.#nodes.nodeOf(cpu)
    if (this.#first[own] !== NO_SLAB) return own
    if (this.#nodes.nodes === 1) return -1
    const { minPartial } = this.layout
    const order = this.#nodes.numa.fallbackOrder(own)
    return order.find((node) => (this.#partialCount[node] as number) > minPartial) ?? -1
  }

  /** The node of a slab: that of its pages. */
  #nodeOf(slab: number): number {
    const { nodes } = this.#nodes
    return nodes === 1 ? 0 : this.#nodes.zoneOf(this.#slabs.page[slab] as number).node
  }

  #countPages(slab: number, pages: number): void {
    const node = this.#nodeOf(slab)
    this.#pageCounts[node] = (this.#pageCounts[node] as number) + pages
  }

  /** This CPU keeps a slab that was full; if it has many, it gives up those (put_cpu_partial). */
  #keep(cpu: number, slab: number): void {
    if ((this.#keptCount[cpu] as number) >= this.layout.cpuPartialSlabs) this.#giveUpKept(cpu)
    this.#pushKept(cpu, slab)
  }

  #pushKept(cpu: number, slab: number): void {
    this.#slabs.place[slab] = CPU_PARTIAL
    this.#slabs.next[slab] = this.#kept[cpu] as number
    this.#kept[cpu] = slab
    this.#keptCount[cpu] = (this.#keptCount[cpu] as number) + 1
  }

  /** unfreeze_partials. */
  #giveUpKept(cpu: number): void {
    const { next, inUse } = this.#slabs
    let slab = this.#kept[cpu] as number
    this.#kept[cpu] = NO_SLAB
    this.#keptCount[cpu] = 0
    while (slab !== NO_SLAB) {
      const after = next[slab] as number
      if (inUse[slab] === 0 && this.#enough(this.#nodeOf(slab))) this.#discard(slab, cpu)
      else this.#list(slab, false)
      slab = after
    }
  }

  #activate(cpu: number, slab: number): void {
    this.#slabs.place[slab] = ACTIVE
    this.#active[cpu] = slab
  }

  /** deactivate_slab. */
  #deactivate(cpu: number): void {
    const slab = this.#active[cpu] as number
    if (slab === NO_SLAB) return
    this.#active[cpu] = NO_SLAB
    if (this.#slabs.free[slab] === NO_INDEX) this.#slabs.place[slab] = FULL
    else if (this.#slabs.inUse[slab] === 0 && this.#enough(this.#nodeOf(slab)))
      this.#discard(slab, cpu)
    else this.#list(slab, true)
  }

  /** Returns true if so many slabs are on the partial list of a node that an empty one is not kept. */
  #enough(node: number): boolean {
    return (this.#partialCount[node] as number) >= this.layout.minPartial
  }

  /** Puts a slab on the partial list of its node: at the front what was used just now. */
  #list(slab: number, front: boolean): void {
    const { next, previous, place } = this.#slabs
    const node = this.#nodeOf(slab)
    place[slab] = PARTIAL
    const before = front ? NO_SLAB : (this.#last[node] as number)
    const after = front ? (this.#first[node] as number) : NO_SLAB
    previous[slab] = before
    next[slab] = after
    if (before === NO_SLAB) this.#first[node] = slab
    else next[before] = slab
    if (after === NO_SLAB) this.#last[node] = slab
    else previous[after] = slab
    this.#partialCount[node] = (this.#partialCount[node] as number) + 1
  }

  #unlist(slab: number): void {
    const { next, previous } = this.#slabs
    const node = this.#nodeOf(slab)
    const before = previous[slab] as number
    const after = next[slab] as number
    if (before === NO_SLAB) this.#first[node] = after
    else next[before] = after
    if (after === NO_SLAB) this.#last[node] = before
    else previous[after] = before
    this.#partialCount[node] = (this.#partialCount[node] as number) - 1
  }

  #discard(slab: number, cpu: number): void {
    const slabs = this.#slabs
    const order = slabs.order[slab] as number
    this.#slabCount--
    this.#objectCount -= slabs.objects[slab] as number
    this.#countPages(slab, -(1 << order))
    slabs.remove(slab)
    this.#pfmemalloc.delete(slab)
    this.#release(slabs.page[slab] as number, order, cpu)
  }

  #prove(slab: number, place: number, seen: Uint8Array): void {
    const slabs = this.#slabs
    if (seen[slab] !== 0) this.#broken(slab, 'it is in two places')
    seen[slab] = 1
    if (slabs.place[slab] !== place) this.#broken(slab, 'it is not where its list says')
    const fault = slabs.fault(slab)
    if (fault !== undefined) this.#broken(slab, fault)
    const full = slabs.free[slab] === NO_INDEX
    if (place === FULL ? !full : place !== ACTIVE && full) {
      this.#broken(slab, full ? 'it is full, and listed' : 'it has free objects, and is not listed')
    }
    const page = slabs.page[slab] as number
    const { state, next, previous } = this.#frames
    if (
      state[page] !== (Kind.SLAB | (slabs.order[slab] as number)) ||
      next[page] !== slab ||
      previous[page] !== this.number
    ) {
      this.#broken(slab, 'its pages are not its own')
    }
  }

  #broken(slab: number, why: string): never {
    const page = this.#slabs.page[slab] ?? 0
    throw new InvariantError(page, `in the cache ${this.name}, slab ${slab}: ${why}`)
  }
}
