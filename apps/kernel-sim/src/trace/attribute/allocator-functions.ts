/**
 * Allocator functions: those that allocate on behalf of their caller. Who is to blame for a request is the first
 * function on its stack that is not one of them. The list is data: a function that is missing here shows up as a
 * call site itself, which is coarse but not wrong; nothing is ever hidden.
 */
import { FunctionNames } from './function-names.js'
import { plainName } from './plain-name.js'

/** Names, or beginnings of names where they end in `*`, by what they belong to. Linux 4.6 to 6.18. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  'slab allocator (mm/slub.c, mm/slab_common.c)': [
    'kmem_cache_alloc*',
    '__kmem_cache_alloc*',
    'kmem_cache_prefill_sheaf*',
    'kmem_cache_refill_sheaf*',
    'kmalloc*',
    '__kmalloc*',
    '___kmalloc*',
    'kzalloc*',
    'krealloc*',
    '__do_krealloc',
    '__do_kmalloc_node',
    'slab_alloc*',
    '__slab_alloc*',
    '___slab_alloc*',
    'allocate_slab',
    'new_slab',
    'alloc_slab_page',
    'alloc_slab_obj_exts',
    'prepare_slab_obj_exts_hook',
    '__memcg_slab_post_alloc_hook',
    'memcg_slab_post_alloc_hook',
    'memcg_alloc_page_obj_cgroups',
    'memcg_list_lru_alloc*',
    'alloc_from_new_slab',
    'refill_sheaf',
    'alloc_full_sheaf',
    '__pcs_replace_empty_main',
  ],
  'copies in new memory (mm/util.c, lib/kasprintf.c)': [
    'kmemdup*',
    'kmemdup_array*',
    'kvmemdup*',
    'kstrdup*',
    'kstrndup*',
    'memdup_user*',
    'vmemdup_user*',
    'strndup_user',
    'memdup_user_nul',
    'kasprintf',
    'kvasprintf*',
  ],
  // Until 6.8; a filesystem's own names for kmalloc, under which most of its requests came.
  'XFS (fs/xfs/kmem.c)': [
    'kmem_alloc',
    'kmem_alloc_io',
    'kmem_alloc_large',
    'kmem_zalloc',
    'kmem_zalloc_large',
    'kmem_realloc',
    'kmem_zone_alloc',
    'kmem_zone_zalloc',
  ],
  'virtually contiguous memory (mm/vmalloc.c, mm/util.c)': [
    'kvmalloc*',
    '__kvmalloc*',
    'kvrealloc*',
    'vmalloc*',
    '__vmalloc*',
    'vzalloc*',
    'alloc_vmap_area',
    '__get_vm_area_node',
  ],
  'memory for each CPU (mm/percpu.c)': ['pcpu_*', '__alloc_percpu*', 'alloc_percpu*'],
  'pools (mm/mempool.c)': ['mempool_*'],
  'page allocator (mm/page_alloc.c, mm/mempolicy.c)': [
    '__alloc_pages*',
    'alloc_pages*',
    '__alloc_frozen_pages*',
    'alloc_frozen_pages*',
    '__folio_alloc*',
    'folio_alloc*',
    'vma_alloc_folio*',
    '__get_free_pages*',
    'get_free_pages*',
    'get_zeroed_page*',
    'alloc_contig*',
  ],
  'containers that allocate their nodes (lib/xarray.c, lib/maple_tree.c, lib/radix-tree.c, lib/idr.c)':
    [
      'xas_*',
      '__xas_*',
      '__xa_*',
      'xa_*',
      'mas_*',
      'mtree_*',
      '__mt_dup',
      'radix_tree_*',
      '__radix_tree_*',
      'idr_*',
      'ida_*',
    ],
}

const ALLOCATOR = new FunctionNames(Object.values(FAMILIES).flat())

/** Returns true if a function allocates on behalf of its caller. */
export function isAllocatorFunction(name: string): boolean {
  return ALLOCATOR.has(plainName(name))
}
