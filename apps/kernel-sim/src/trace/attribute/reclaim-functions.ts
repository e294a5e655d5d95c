/**
 * Reclaim functions: those between a request and reclaim that are neither the allocator's nor whoever asked: reclaim
 * itself, the charge to a memory cgroup, and the insertion into the page cache.
 */
import { isAllocatorFunction } from './allocator-functions.js'
import type { CallSite } from './call-site.js'
import { FunctionNames } from './function-names.js'

/** Names, or beginnings of names where they end in `*`. */
const BETWEEN = new FunctionNames([
  'try_to_free_*',
  'do_try_to_free_pages',
  'shrink_*',
  'do_shrink_slab',
  '__perform_reclaim',
  'throttle_direct_reclaim',
  'node_reclaim',
  '__node_reclaim',
  'try_charge*',
  'charge_memcg',
  '__mem_cgroup_charge*',
  'mem_cgroup_charge*',
  'obj_cgroup_charge*',
  '__memcg_kmem_charge*',
  'filemap_add_folio',
  '__filemap_add_folio',
  '__filemap_get_folio*',
  'filemap_alloc_folio*',
  'reclaim_high',
  'mem_cgroup_handle_over_high',
])

/** On whose behalf a task is in reclaim. */
export function reclaimSiteOn(functions: readonly string[]): CallSite {
  const asking = functions.filter((name) => !BETWEEN.has(name) && !isAllocatorFunction(name))
  return { site: asking[0] ?? '?', caller: asking[1] ?? '?' }
}
