/**
 * Slab allocator: kmalloc, and caches with a name (mm/slab_common.c and mm/slub.c, 6.1.192). Objects have addresses: bytes, counted
 * from the beginning of memory.
 */
import type { AllocStep } from '../alloc/steps.js'
import { gfpPfmemallocAllowed } from '../gfp/alloc-flags.js'
import {
  __GFP_COMP,
  __GFP_DIRECT_RECLAIM,
  __GFP_NOFAIL,
  __GFP_NOMEMALLOC,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_RECLAIM,
} from '../gfp/flags.js'
import { linux6_1 } from '../gfp/kernels.js'
import { Kind, NO_PAGE, type PageFrames } from '../pages/page-frames.js'
import { MAX_ORDER } from '../pages/watermark.js'
import type { Task } from '../task/memalloc.js'
import { KMALLOC_CACHES, KMALLOC_MAX_CACHE_SIZE, kmallocIndex } from './kmalloc-caches.js'
import {
  NO_OBJECT,
  SlabCache,
  type SlabCacheOptions,
  type SlabCacheState,
  type SlabInfo,
  type SlabNodes,
} from './slab-cache.js'
import { orderOf, PAGE_SIZE } from './slab-layout.js'

const { GFP_RECLAIM_MASK, GFP_CONSTRAINT_MASK } = linux6_1.masks

/** What kmalloc returns for 0 bytes: it may be freed, and is not an object. */
export const ZERO_SIZE_PTR = -16

/** Where slabs come from: the page allocator. It filters each request by the scopes of the task. */
export interface SlabPages {
  /** What each page is: pages of slabs say so. */
  readonly frames: PageFrames
  /** How many CPUs there are. */
  readonly cpus: number
  /**
   * Returns true if a block was to be had without any watermark only (page_is_pfmemalloc): its objects are for requests that free memory.
   * By default none is.
   */
  isPfmemalloc?(page: number): boolean
  /** The nodes that CPUs and pages are on; by default there is one. */
  readonly zones?: SlabNodes
  /**
   * A block of pages, NO_PAGE when there is none.
   * @param site the call site, which owns the pages
   */
  alloc(task: Task, gfp: number, order: number, site: number, cpu: number): number
  /** Gives a block back. */
  free(page: number, order: number, cpu: number): void
  /** The same in steps. Without it, slabs are allocated at once. */
  steps?(request: SlabPageRequest): Generator<AllocStep, number, number | undefined>
}

/** A request for the pages of a slab. */
export interface SlabPageRequest {
  /** Who asks: its scopes filter the flags. */
  readonly task: Task
  /** The flags as the cache passes them. */
  readonly gfp: number
  /** The pages wanted are 2 to this power. */
  readonly order: number
  /** The call site, which owns the pages. */
  readonly site: number
  /** Where the task runs. */
  readonly cpu: number
}

/** Somebody freed what is not an object in use, or not of this cache. Names the address, the cache and the owner. Nothing has changed. */
export class SlabError extends Error {
  /** @internal */
  constructor(message: string) {
    super(message)
    this.name = 'SlabError'
  }
}

/** What is known beside the pages: a copy. */
export type SlabState = readonly (SlabCacheState | null)[]

/** kmalloc with the kernel's caches, and caches with names, on pages (SLUB, mm/slub.c, 6.1.192). */
export class SlabAllocator {
  readonly #pages: SlabPages
  readonly #owner: (site: number) => string
  /** In the order in which they were made. A cache's place is its number. */
  readonly #caches: (SlabCache | undefined)[] = []
  readonly #names = new Set<string>()

  /** @param owner names a call site in errors */
  constructor(pages: SlabPages, owner: (site: number) => string = (site) => `#${site}`) {
    this.#pages = pages
    this.#owner = owner
    for (const cache of KMALLOC_CACHES) this.createCache(cache)
  }

  /** All caches, in the order in which they were made: those of kmalloc first. */
  get caches(): readonly SlabCache[] {
    return this.#caches.filter((cache) => cache !== undefined)
  }

  /**
   * Makes a cache (kmem_cache_create). Caches are not merged.
   * @throws RangeError for a size that objects cannot have, or a name that is taken.
   */
  createCache(options: SlabCacheOptions): SlabCache {
    const { frames, cpus } = this.#pages
    if (this.#names.has(options.name)) {
      throw new RangeError(`there is a cache ${options.name} already: caches have different names`)
    }
    const number = this.#caches.length
    const cache = new SlabCache(options, {
      number,
      frames,
      cpus,
      release: (page, order, cpu) => {
        frames.state[page] = Kind.USED | order
        this.#pages.free(page, order, cpu)
      },
      nodes: this.#pages.zones,
    })
    this.#names.add(options.name)
    this.#caches.push(cache)
    return cache
  }

  /**
   * Gives a cache up, with all its slabs (kmem_cache_destroy). Its name can be used again.
   * @throws SlabError while objects of it are in use: the kernel warns then, and the cache stays. Nothing has changed.
   */
  destroyCache(cache: SlabCache): void {
    if (this.#caches[cache.number] !== cache) {
      throw new SlabError(`kmem_cache_destroy ${cache.name}: there is no such cache`)
    }
    const inUse = cache.inUse
    if (inUse > 0) {
      throw new SlabError(
        `kmem_cache_destroy ${cache.name}: Slab cache still has objects, ${inUse} of them in use`,
      )
    }
    cache.shrink()
    this.#names.delete(cache.name)
    this.#caches[cache.number] = undefined
  }

  /**
   * Allocates so many bytes (kmalloc): from a cache up to {@link KMALLOC_MAX_CACHE_SIZE}, else as pages.
   *
   * @param site the call site: it is named in errors, and owns the pages that are needed
   * @returns the address; {@link NO_OBJECT} when there is no memory; {@link ZERO_SIZE_PTR} for 0 bytes
   * @throws RangeError for a size that is none.
   */
  kmalloc(task: Task, size: number, gfp: number, site = 0, cpu = 0): number {
    if (!Number.isInteger(size) || size < 0) {
      throw new RangeError(`kmalloc allocates 0 bytes or more, not ${size}`)
    }
    if (size > KMALLOC_MAX_CACHE_SIZE) {
      const order = orderOf(size)
      if (!(order < MAX_ORDER)) return NO_OBJECT
      const page = this.#pages.alloc(task, (gfp | __GFP_COMP) >>> 0, order, site, cpu)
      return page === NO_PAGE ? NO_OBJECT : page * PAGE_SIZE
    }
    if (size === 0) return ZERO_SIZE_PTR
    return this.alloc(task, this.#caches[kmallocIndex(size, gfp)] as SlabCache, gfp, site, cpu)
  }

  /**
   * Frees what kmalloc or a cache has allocated (kfree).
   * @throws SlabError for anything else.
   */
  kfree(address: number, cpu = 0): void {
    if (address === ZERO_SIZE_PTR || address === NO_OBJECT) return
    const { frames } = this.#pages
    const page = this.#head(address)
    const kind = page === NO_PAGE ? 0 : frames.kind(page)
    if (kind === Kind.SLAB) {
      this.#free(this.#caches[frames.previous[page] as number] as SlabCache, page, address, cpu)
    } else if (kind === Kind.USED && address === page * PAGE_SIZE) {
      this.#pages.free(page, frames.order(page), cpu)
    } else
      throw new SlabError(`kfree of ${hex(address)}: it is in no slab, and no block begins there`)
  }

  /**
   * Allocates an object (kmem_cache_alloc).
   * @returns its address, {@link NO_OBJECT} when there is no memory
   */
  alloc(task: Task, cache: SlabCache, gfp: number, site = 0, cpu = 0): number {
    const reserves = gfpPfmemallocAllowed(gfp, task.mask, 0, false)
    const address = cache.take(cpu, site, reserves)
    if (address !== NO_OBJECT) return address
    for (const { gfp: flags, order } of slabRequests(cache, gfp)) {
      const page = this.#pages.alloc(task, flags, order, site, cpu)
      if (page === NO_PAGE) continue
      cache.add(cpu, page, order, this.#pages.isPfmemalloc?.(page) ?? false)
      return cache.take(cpu, site)
    }
    return NO_OBJECT
  }

  /** The same in steps: those of the page allocator when a slab is needed, none otherwise. */
  *allocSteps(
    task: Task,
    cache: SlabCache,
    gfp: number,
    site = 0,
    cpu = 0,
  ): Generator<AllocStep, number, number | undefined> {
    const reserves = gfpPfmemallocAllowed(gfp, task.mask, 0, false)
    const address = cache.take(cpu, site, reserves)
    if (address !== NO_OBJECT) return address
    const pages = this.#pages
    for (const { gfp: flags, order } of slabRequests(cache, gfp)) {
      const page = pages.steps
        ? yield* pages.steps({ task, gfp: flags, order, site, cpu })
        : pages.alloc(task, flags, order, site, cpu)
      if (page === NO_PAGE) continue
      cache.add(cpu, page, order, this.#pages.isPfmemalloc?.(page) ?? false)
      return cache.take(cpu, site)
    }
    return NO_OBJECT
  }

  /**
   * Frees an object (kmem_cache_free).
   * @throws SlabError when it is not an object in use of this cache.
   */
  free(cache: SlabCache, address: number, cpu = 0): void {
    const page = this.#head(address)
    const { frames } = this.#pages
    if (page === NO_PAGE || frames.kind(page) !== Kind.SLAB) {
      throw new SlabError(`${hex(address)} freed to the cache ${cache.name} is in no slab`)
    }
    const other = frames.previous[page] as number
    if (other !== cache.number) {
      throw new SlabError(
        `${hex(address)} freed to the cache ${cache.name} is of ${this.#describe(this.#caches[other] as SlabCache, page, address)}`,
      )
    }
    this.#free(cache, page, address, cpu)
  }

  /** Pages that slabs have, of caches whose objects a shrinker can free, or of the others: on a node, by default on all. */
  slabPages(reclaimable: boolean, node?: number): number {
    return this.caches.reduce((pages, cache) => {
      if (cache.reclaimable !== reclaimable) return pages
      return pages + (node === undefined ? cache.pages : cache.pagesOf(node))
    }, 0)
  }

  /** What /proc/slabinfo says of each cache, in the order in which they were made. */
  info(): SlabInfo[] {
    return this.caches.map((cache) => cache.info())
  }

  /** What is known beside the pages. */
  save(): SlabState {
    return this.#caches.map((cache) => cache?.save() ?? null)
  }

  /**
   * Puts it back, once the pages are as they were. Caches that were made since then stay, and are empty.
   * @throws RangeError when a cache has been destroyed since then.
   */
  load(state: SlabState): void {
    for (const [number, cache] of this.#caches.entries()) {
      if (cache === undefined) {
        if ((state[number] ?? null) === null) continue
        throw new RangeError('a snapshot from before a cache was destroyed does not fit')
      }
      const saved = state[number] ?? null
      if (saved === null) cache.clear()
      else cache.load(saved)
    }
  }

  /** @throws InvariantError for the first slab that is not in exactly one place. */
  validate(): void {
    for (const cache of this.caches) cache.validate()
  }

  /** The first page of the block that an address is in, NO_PAGE when it is not in memory. */
  #head(address: number): number {
    const { frames } = this.#pages
    const page = Math.floor(address / PAGE_SIZE)
    return page >= 0 && page < frames.pages ? frames.head(page) : NO_PAGE
  }

  #free(cache: SlabCache, page: number, address: number, cpu: number): void {
    const fault = cache.fault(page, address)
    if (fault !== undefined) {
      throw new SlabError(`${hex(address)} of ${this.#describe(cache, page, address)} ${fault}`)
    }
    cache.put(cpu, page, address)
  }

  #describe(cache: SlabCache, page: number, address: number): string {
    return `the cache ${cache.name} (owner ${this.#owner(cache.owner(page, address))})`
  }
}

/**
 * What is asked of the page allocator for a new slab: one of the best order without an effort, then one of the smallest with all that
 * the flags allow (allocate_slab).
 */
function slabRequests(cache: SlabCache, gfp: number) {
  const { order, minOrder } = cache.layout
  const full = (gfp & (GFP_RECLAIM_MASK | GFP_CONSTRAINT_MASK)) | cache.gfp
  let light = (full | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL
  if ((light & __GFP_DIRECT_RECLAIM) !== 0 && order > minOrder) {
    light = (light | __GFP_NOMEMALLOC) & ~__GFP_RECLAIM
  }
  return [
    { gfp: light >>> 0, order },
    { gfp: full >>> 0, order: minOrder },
  ]
}

const hex = (address: number) =>
  Number.isInteger(address) ? `0x${address.toString(16)}` : `${address}`
