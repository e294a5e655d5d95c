/**
 * Slab: caches of objects, kmalloc, and mempools, on pages.
 * @module slab
 */
export { KMALLOC_MAX_CACHE_SIZE } from './slab/kmalloc-caches.js'
export { Mempool, type MempoolSleep, type MempoolSource, NO_ELEMENT } from './slab/mempool.js'
export { type MempoolResult, type MempoolStep, mempoolAlloc } from './slab/mempool-alloc.js'
export {
  SlabAllocator,
  SlabError,
  type SlabPageRequest,
  type SlabPages,
  type SlabState,
  ZERO_SIZE_PTR,
} from './slab/slab-allocator.js'
export {
  NO_OBJECT,
  type ReleaseSlab,
  type SlabCache,
  type SlabCacheOptions,
  type SlabCacheParts,
  type SlabCacheState,
  type SlabInfo,
  type SlabNodes,
} from './slab/slab-cache.js'
export type { SlabLayout } from './slab/slab-layout.js'
export type { SlabColumn, SlabTableState } from './slab/slab-table.js'
