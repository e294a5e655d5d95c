/**
 * Predict: the flags with which the slab allocator asks the page allocator, to serve a request. The filter of the task's
 * scope comes after it.
 *
 * Facts from Linux 6.18, and 6.1 where that differs: mm/slub.c (new_slab, allocate_slab, ___slab_alloc, ___kmalloc_large_node, calculate_sizes),
 * mm/internal.h (GFP_RECLAIM_MASK, GFP_CONSTRAINT_MASK), include/linux/slab.h (kmalloc_type).
 */
import {
  __GFP_COMP,
  __GFP_DIRECT_RECLAIM,
  __GFP_DMA,
  __GFP_DMA32,
  __GFP_HIGHMEM,
  __GFP_KSWAPD_RECLAIM,
  __GFP_NOFAIL,
  __GFP_NOMEMALLOC,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_RECLAIM,
  __GFP_RECLAIMABLE,
  __GFP_THISNODE,
  linux6_18,
} from '@scopemask/allocator/gfp'
import type { PageAllocEvent, RequestEvent } from '../trace/event.js'

/** What of a request's flags a slab's pages are allocated with: how to reclaim, and from where. */
const PASSED_ON = linux6_18.masks.GFP_RECLAIM_MASK | linux6_18.masks.GFP_CONSTRAINT_MASK

/** GFP_NOWAIT: before 6.17 without `__GFP_NOWARN`, which allocate_slab adds anyway. */
const NOWAIT = __GFP_KSWAPD_RECLAIM | __GFP_NOWARN

/** What a cache may add of its own: whether its objects can be reclaimed, and from which zone its pages come. */
const CACHE_FLAGS = __GFP_RECLAIMABLE | __GFP_DMA | __GFP_DMA32

/** x86 and most others. */
const PAGE_SIZE = 4096

/** The functions of the slab allocator that ask for pages: for a slab, and for one large object. */
const SLAB_BACKENDS = new Set(['allocate_slab', 'new_slab'])
const LARGE_BACKENDS = new Set([
  '___kmalloc_large_node',
  '__kmalloc_large_node',
  'kmalloc_large_node',
  'kmalloc_order',
])

/** What the pages are for: objects of a cache, one large object, or nothing of the slab allocator's. */
export type Backend = 'slab' | 'large' | undefined

/** What the pages of an allocation are for. */
export function backendOf({ stack }: PageAllocEvent): Backend {
  if (stack?.functions.some((name) => SLAB_BACKENDS.has(name))) return 'slab'
  if (stack?.functions.some((name) => LARGE_BACKENDS.has(name))) return 'large'
  return undefined
}

/** The flags that the caches add. Their events do not tell them, so the first page of each cache does. */
export class Caches {
  readonly #flags = new Map<string, number>()
  /** What was learned of all kernels. */
  readonly #learned = new Map<string, number>()
  /** True if this kernel asks for a compound page where a slab has one page; undefined until a slab tells. */
  #onePageIsCompound: boolean | undefined

  /** How many caches there are whose flags were learned, and how many of them are reclaimable. */
  get learned(): { readonly caches: number; readonly reclaimable: number } {
    const flags = [...this.#learned.values()]
    return {
      caches: flags.length,
      reclaimable: flags.filter((gfp) => gfp & __GFP_RECLAIMABLE).length,
    }
  }

  /**
   * What the cache of a request adds.
   * @param failures how many calls for the same slab failed before this one.
   */
  flagsOf(request: RequestEvent, page: PageAllocEvent, failures: number): number {
    return this.#ownFlags(request, page) | this.#compound(page, failures)
  }

  /** Another kernel: the same cache may add something else there. */
  forget(): void {
    this.#flags.clear()
    this.#onePageIsCompound = undefined
  }

  #ownFlags(request: RequestEvent, page: PageAllocEvent): number {
    const { gfp } = request
    // For kmalloc the request tells which cache it takes.
    if (request.event === 'kmalloc') return gfp & __GFP_DMA || gfp & __GFP_RECLAIMABLE
    const cache = request.cache ?? `${UNNAMED}${request.site} ${request.bytes}`
    let flags = this.#flags.get(cache)
    if (flags === undefined) {
      flags = page.gfp & CACHE_FLAGS
      if (this.#flags.size < LIMIT) this.#flags.set(cache, flags)
      if (this.#learned.size < LIMIT) this.#learned.set(cache, flags)
    }
    return flags
  }

  /**
   * `__GFP_COMP`, which makes one of several pages. Linux 6.18 asks for it always, 6.1 only where a slab of the cache should have
   * several, even if one has to do in the end (mm/slub.c, calculate_sizes). The first slab of one page tells which kernel it is.
   */
  #compound({ order, gfp }: PageAllocEvent, failures: number): number {
    if (order > 0 || failures > 0) return __GFP_COMP
    this.#onePageIsCompound ??= (gfp & __GFP_COMP) !== 0
    return this.#onePageIsCompound ? __GFP_COMP : 0
  }
}

/** Begins the key of a cache that the event does not name (6.1, and before): a call site allocates from one. */
const UNNAMED = '?'

/** No machine has as many caches. */
const LIMIT = 1 << 14

/** A call of the page allocator that serves a request. */
export interface Serving {
  readonly request: RequestEvent
  readonly page: PageAllocEvent
  readonly backend: 'slab' | 'large'
  /** How many calls for the same slab failed before this one: after each the slab allocator asks for less. */
  readonly failures: number
  /** What the request's cache adds, `__GFP_COMP` among it. */
  readonly cacheFlags: number
}

/** The flags with which the slab allocator asks for pages to serve a request, before the filter. */
export function allocatedWith(serving: Serving): number {
  return serving.backend === 'large'
    ? (serving.request.gfp & ~(__GFP_HIGHMEM | __GFP_DMA32)) | __GFP_COMP
    : slabFlags(serving)
}

function slabFlags({ request, page, failures, cacheFlags }: Serving): number {
  // A node that is preferred but not demanded is tried first, without waiting for its memory.
  const prefersNode = request.node >= 0 && !(request.gfp & __GFP_THISNODE)
  const onNode = prefersNode && failures < 2
  const passed = onNode ? NOWAIT | __GFP_THISNODE : request.gfp & PASSED_ON
  const flags = passed | cacheFlags
  // Of every two attempts the second takes the smallest slab there can be, and the flags as they are.
  if (failures % 2 === 1) return flags
  const first = (flags | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL
  // A slab larger than needed is not worth any reclaim.
  const larger = PAGE_SIZE << page.order > pagesFor(request.bytes)
  return larger && first & __GFP_DIRECT_RECLAIM
    ? (first | __GFP_NOMEMALLOC) & ~__GFP_RECLAIM
    : first
}

/** The size of the smallest run of pages that holds so many bytes. */
function pagesFor(bytes: number): number {
  let size = PAGE_SIZE
  while (size < bytes) size *= 2
  return size
}
