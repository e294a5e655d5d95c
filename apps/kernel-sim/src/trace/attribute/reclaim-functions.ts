/**
 * Reclaim functions: those between a request and reclaim that are neither the allocator's nor whoever asked: reclaim
 * itself, the charge to a memory cgroup, and the insertion into the page cache.
 */
import { isAllocatorFunction } from './allocator-functions.js'
import type { CallSite } from './call-site.js'

/** Names, or beginnings of names where they end in `*`. */
const BETWEEN = [
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
]

const NAMES = new Set(BETWEEN.filter((name) => !name.endsWith('*')))
const BEGINNINGS = BETWEEN.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))

/** On whose behalf a task is in reclaim. */
export function reclaimSiteOn(functions: readonly string[]): CallSite {
  const asking = functions.filter(
    (name) =>
      !NAMES.has(name) &&
      !BEGINNINGS.some((beginning) => name.startsWith(beginning)) &&
      !isAllocatorFunction(name),
  )
  return { site: asking[0] ?? '?', caller: asking[1] ?? '?' }
}
